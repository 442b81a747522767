namespace Leadglass.Testing.Processes;

/// <summary>
/// A private folder that goes away with the test. It lies below <c>/var/tmp</c>, because the processes under test may get a
/// <c>/tmp</c> of their own.
/// </summary>
public sealed class ScratchFolder : IDisposable
{
    public ScratchFolder(string purpose)
    {
        var parent = Environment.GetEnvironmentVariable("LEADGLASS_TEST_SCRATCH") ?? "/var/tmp";
        FullPath = Path.Combine(parent, $"leadglass-{purpose}-{Guid.NewGuid():N}"[..40]);
        Directory.CreateDirectory(FullPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public string FullPath { get; }

    /// <summary>The path of a file in this folder.</summary>
    public string File(string name) => Path.Combine(FullPath, name);

    /// <summary>Makes a folder in this one.</summary>
    public string Folder(string name) => Directory.CreateDirectory(File(name)).FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(FullPath, recursive: true);
        }
        catch (DirectoryNotFoundException) { }
    }
}
