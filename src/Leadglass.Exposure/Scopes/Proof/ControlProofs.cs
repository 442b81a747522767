using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace Leadglass.Exposure;

/// <summary>What checking one proof of control showed.</summary>
/// <param name="Claim">What the scope announced.</param>
/// <param name="Holds">Whether it proves anything.</param>
/// <param name="Finding">What was seen, one sentence of ours.</param>
public sealed record ProofResult(ProofClaim Claim, bool Holds, string Finding)
{
    internal ImmutableArray<AddressRange> Covered { get; init; } = [];
}

/// <summary>
/// Checks in each run whether those who control public addresses agree with the scope, digest and all, so that a scope that was
/// changed needs them again. What each kind covers is what its place can speak for, and no more: a file speaks for the address it
/// lies on; a record in a reverse zone for that zone's network; a record below a name for those of its addresses whose own reverse
/// DNS names it, since anybody can point a name at anybody's address.
/// </summary>
public static class ControlProofs
{
    /// <summary>Where the file is fetched: a port that takes a right on that machine to listen on.</summary>
    internal const int FilePort = 443;

    private const int FileBytesMax = 4_096;
    private const int AtOnce = 8;

    /// <summary>
    /// Checks what the scope announces and tells the gate what is proved. To be awaited once, before anything is probed. Files are
    /// fetched through the dialer, and thus through the gate.
    /// </summary>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public static async Task<IReadOnlyList<ProofResult>> CheckAsync(
        ScopeGate gate,
        IProbeDialer dialer,
        ProofRecords records,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        var claims = gate.Scope.ProofOfControl;
        var results = new ProofResult[claims.Length];
        await Parallel.ForEachAsync(
            claims.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            async (entry, stop) =>
            {
                var (index, claim) = entry;
                results[index] = claim.Kind switch
                {
                    ProofKind.File => await CheckFileAsync(gate.Scope, claim, dialer, clock, stop),
                    ProofKind.ReverseZone => await CheckZoneAsync(gate.Scope, claim, records, stop),
                    _ => await CheckNameAsync(gate.Scope, claim, records, stop),
                };
            }
        );
        gate.TakeProofs(results);
        return results;
    }

    private static async Task<ProofResult> CheckZoneAsync(
        ScanScope scope,
        ProofClaim claim,
        ProofRecords records,
        CancellationToken cancel
    )
    {
        var texts = await records.TextsAsync(ProofPlaces.RecordOf(claim)!, cancel);
        return Judge(scope, claim, texts, "record") is { } failed
            ? failed
            : Proved(claim, [claim.Addresses!.Value], "the record in the reverse zone names this scope");
    }

    private static async Task<ProofResult> CheckNameAsync(
        ScanScope scope,
        ProofClaim claim,
        ProofRecords records,
        CancellationToken cancel
    )
    {
        var texts = await records.TextsAsync(ProofPlaces.RecordOf(claim)!, cancel);
        if (Judge(scope, claim, texts, "record") is { } failed)
        {
            return failed;
        }

        var covered = new List<AddressRange>();
        var addresses = await records.AddressesAsync(claim.Place, cancel);
        foreach (var address in addresses)
        {
            if (
                AddressNumber.TryOf(address, out var number)
                && (await records.NamesAsync(number, cancel)).Contains(claim.Place, StringComparer.Ordinal)
            )
            {
                covered.Add(new AddressRange(number, number));
            }
        }

        return covered.Count > 0
            ? Proved(
                claim,
                covered,
                $"the record names this scope; {covered.Count} of {addresses.Length} addresses name {claim.Place} in turn"
            )
            : new ProofResult(
                claim,
                Holds: false,
                $"the record names this scope, but none of the {addresses.Length} addresses of the name has reverse DNS that names it in turn"
            );
    }

    private static async Task<ProofResult> CheckFileAsync(
        ScanScope scope,
        ProofClaim claim,
        IProbeDialer dialer,
        TimeProvider clock,
        CancellationToken cancel
    )
    {
        var range = claim.Addresses!.Value;
        await using var conversation = new WebConversation(
            dialer,
            new ProbeTarget(range.FirstAddress, FilePort),
            isTls: true,
            WebProbe.UserAgent(scope.Authorisation.Contact),
            clock
        );
        try
        {
            using var answer = await conversation.AskAsync(
                HttpMethod.Get,
                ProofPlaces.FilePath,
                "text/plain",
                Rung.Identify,
                FileBytesMax,
                isEnough: null,
                cancel
            );
            if (answer.Outcome != WebOutcome.Answered || answer.Status != (int)HttpStatusCode.OK)
            {
                var redirects = answer.Status is >= 300 and < 400 ? ", and redirects are not followed" : string.Empty;
                return new ProofResult(claim, Holds: false, $"no file there: {answer.Response}{redirects}");
            }

            var lines = Encoding.ASCII.GetString(answer.Body).Split('\n');
            return Judge(scope, claim, lines, "file") is { } failed
                ? failed
                : Proved(claim, [range], "the file names this scope");
        }
        catch (OutOfScopeException refused)
        {
            return new ProofResult(claim, Holds: false, $"not asked: {refused.Reason}");
        }
    }

    // What is missing, or names another digest; null when it names this one.
    private static ProofResult? Judge(ScanScope scope, ProofClaim claim, IReadOnlyList<string> lines, string what)
    {
        var wanted = ProofPlaces.LineFor(scope);
        if (lines.Any(line => string.Equals(line.Trim(), wanted, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        var isOther = lines.Any(line => line.TrimStart().StartsWith("sha256=", StringComparison.OrdinalIgnoreCase));
        return new ProofResult(
            claim,
            Holds: false,
            isOther
                ? $"the {what} names another digest: the scope was changed since"
                : $"no {what} there that says {wanted[..14]}..."
        );
    }

    private static ProofResult Proved(ProofClaim claim, IEnumerable<AddressRange> covered, string finding) =>
        new(claim, Holds: true, finding) { Covered = [.. covered] };
}
