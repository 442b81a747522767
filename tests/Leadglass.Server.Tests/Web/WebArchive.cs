using Leadglass.Dicom.Imaging.Workers;
using Leadglass.Testing.Processes;

namespace Leadglass.Server.Tests.Web;

/// <summary>A served archive and a program that may read and write, for the tests of one class.</summary>
public sealed class WebArchive : IAsyncLifetime
{
    internal ServedArchive Archive { get; private set; } = null!;

    internal WebProgram Program { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Archive = await ServedArchive.StartAsync(options =>
            options with
            {
                ProgramPort = 0,
                DecoderCommand = ["dotnet", "exec", ArchiveProcess.ProgramPath, DecodingWorker.Verb],
            }
        );
        Program = await WebProgram.RegisterAsync(Archive);
    }

    public async ValueTask DisposeAsync()
    {
        Program.Dispose();
        await Archive.DisposeAsync();
    }
}
