namespace Leadglass.Exposure;

/// <summary>Where proofs of control lie, and what stands there.</summary>
internal static class ProofPlaces
{
    /// <summary>The label below which TXT records lie.</summary>
    public const string Label = "_leadglass-audit";

    /// <summary>The file's path.</summary>
    public const string FilePath = "/.well-known/leadglass-audit.txt";

    /// <summary>What proves: one line of a file, or one TXT record.</summary>
    public static string LineFor(ScanScope scope) => $"sha256={scope.Digest}";

    /// <summary>The name of the TXT record; null for a file.</summary>
    public static string? RecordOf(ProofClaim claim) =>
        claim.Kind switch
        {
            ProofKind.Name => $"{Label}.{claim.Place}",
            ProofKind.ReverseZone => $"{Label}.{ReverseZone.Of(claim.Addresses!.Value)}",
            _ => null,
        };

    /// <summary>The place, for a person.</summary>
    public static string Of(ProofClaim claim) =>
        claim.Kind switch
        {
            ProofKind.Name => $"TXT {RecordOf(claim)} for the addresses of {claim.Place} whose reverse DNS names it",
            ProofKind.ReverseZone => $"TXT {RecordOf(claim)} for {claim.Place}",
            _ =>
                $"file https://{(claim.Addresses!.Value.IsV4 ? claim.Place : $"[{claim.Place}]")}{FilePath} for {claim.Place}",
        };
}
