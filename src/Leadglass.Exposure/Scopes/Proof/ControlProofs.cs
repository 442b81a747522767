namespace Leadglass.Exposure;

/// <summary>Proofs of control over public addresses, checked in each run.</summary>
internal static class ControlProofs
{
    /// <summary>Where the file is fetched: a port that takes a right on that machine to listen on.</summary>
    public const int FilePort = 443;
}
