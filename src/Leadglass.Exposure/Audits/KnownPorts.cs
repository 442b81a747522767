using System.Collections.Frozen;

namespace Leadglass.Exposure;

/// <summary>What is asked first at a port: the other protocol follows where the first is not spoken.</summary>
internal static class KnownPorts
{
    private static readonly FrozenSet<int> Web = new[]
    {
        80,
        443,
        8000,
        8008,
        8042,
        8043,
        8080,
        8081,
        8088,
        8443,
        8888,
        9443,
    }.ToFrozenSet();

    // IANA's, and the defaults of products.
    private static readonly FrozenSet<int> Dicom = new[] { 104, 2345, 2761, 2762, 4242, 5678 }
        .Concat(Enumerable.Range(11_112, 8))
        .ToFrozenSet();

    /// <summary>Whether HTTP is asked first.</summary>
    public static bool IsWeb(int port) => Web.Contains(port);

    /// <summary>Whether DICOM is known by this port: TLS there that asks for a certificate is DICOM's.</summary>
    public static bool IsDicom(int port) => Dicom.Contains(port);
}
