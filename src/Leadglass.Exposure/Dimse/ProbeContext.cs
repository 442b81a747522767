namespace Leadglass.Exposure;

/// <summary>An accepted presentation context.</summary>
/// <param name="Id">Its number.</param>
/// <param name="SopClassUid">Its abstract syntax.</param>
/// <param name="IsExplicit">Explicit VR Little Endian; implicit otherwise.</param>
internal sealed record ProbeContext(byte Id, string SopClassUid, bool IsExplicit);

/// <summary>How long each step of a probe may take.</summary>
internal sealed record DicomProbeTimes
{
    /// <summary>Until the association is answered.</summary>
    public TimeSpan Associate { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Until a TLS handshake is done.</summary>
    public TimeSpan Tls { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Until a C-ECHO, null query or null retrieve is answered.</summary>
    public TimeSpan Response { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For a release, an abort, and what follows a C-CANCEL.</summary>
    public TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>What a server gets that has no room just now, before it is asked once more.</summary>
    public TimeSpan Respite { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Until the first answer of a counting query; a server that is slower is left alone.</summary>
    public TimeSpan FirstMatch { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For a whole counting query.</summary>
    public TimeSpan Range { get; init; } = TimeSpan.FromSeconds(30);
}
