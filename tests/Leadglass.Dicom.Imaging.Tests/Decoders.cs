using Leadglass.Dicom.Imaging.Workers;
using Leadglass.Testing.Processes;

namespace Leadglass.Dicom.Imaging.Tests;

/// <summary>Decoders as the program has them: what is foreign runs in confined processes of the built program.</summary>
internal static class Decoders
{
    /// <summary>The command of a worker of the built program.</summary>
    public static IReadOnlyList<string> WorkerCommand =>
        ["dotnet", "exec", ArchiveProcess.ProgramPath, DecodingWorker.Verb];

    public static FrameDecoder New() => new(new DecodingWorkers(WorkerCommand));
}
