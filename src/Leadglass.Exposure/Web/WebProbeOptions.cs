namespace Leadglass.Exposure;

/// <summary>What a web probe is told beside its targets.</summary>
public sealed record WebProbeOptions
{
    /// <summary>Whom an operator may ask, from the scope; it stands in every request.</summary>
    public string? Contact { get; init; }

    /// <summary>Told of each redirect that leads away from its endpoint and is not followed, with the host it names.</summary>
    public Action<ProbeTarget, string?>? RedirectRefused { get; init; }

    /// <summary>Fingerprints, which also name the roots that are tried.</summary>
    public FingerprintFile Fingerprints { get; init; } = FingerprintFile.BuiltIn;

    /// <summary>
    /// The program and its arguments that run <see cref="RowReader.RunAsync(Stream, Stream)"/> for rung 6; empty where there is none, and
    /// then that rung stays unknown.
    /// </summary>
    public IReadOnlyList<string> RowReaderCommand { get; init; } = RowReader.CommandOfThisProgram();
}
