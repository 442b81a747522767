using System.Text.Json.Serialization;
using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Sealing;
using Leadglass.Server.Data;

namespace Leadglass.Server.Control;

/// <summary>Reading the trail, which is itself recorded.</summary>
public static class TrailCommands
{
    /// <summary>
    /// Makes the trail readable up to now and records who reads. Answers whether the reader may see patients and studies.
    /// </summary>
    public static ControlCommand<ReadTrailArguments, ReadTrailResult> Prepare { get; } =
        new(
            "trail",
            TrailCommandJson.Default.ReadTrailArguments,
            TrailCommandJson.Default.ReadTrailResult,
            async (host, arguments, _, cancel) =>
            {
                var reader = Identify(host, arguments);
                try
                {
                    await host.Trail.PrepareReadingAsync(reader.Key, cancel);
                }
                catch (TrailUnavailableException failure)
                {
                    throw new ArchiveUnavailableException(failure.Message, failure);
                }

                return new ReadTrailResult(reader.HasRecoveryKey);
            }
        );

    private static OperatorIdentity Identify(ArchiveHost host, ReadTrailArguments arguments)
    {
        if (arguments.RecoveryKey is not { } text)
        {
            return AccessPolicy.Operator(arguments.UserName);
        }

        using var shown = RecoveryKey.TryParse(text);
        var state = DurableFolder.Open(host.Folder.State);
        if (shown is not null && AccessPolicy.Operator(arguments.UserName, shown, state, host.Master) is { } known)
        {
            return known;
        }

        host.Policy.NoteOperatorRefusal(arguments.UserName);
        throw new ArchiveRefusedException(isUsage: false, "this is not the archive's recovery key");
    }
}

/// <summary>Who wants to read the trail.</summary>
/// <param name="UserName">The user's name on this machine.</param>
/// <param name="RecoveryKey">The archive's recovery key, to see patients and studies; else null.</param>
public sealed record ReadTrailArguments(string UserName, string? RecoveryKey)
{
    /// <summary>Never the key.</summary>
    public override string ToString() => UserName;
}

/// <summary>What the reader may see.</summary>
/// <param name="ShowsPatients">Patients, studies and queries too.</param>
public sealed record ReadTrailResult(bool ShowsPatients);

/// <summary>The trail's files, opened for reading beside a running server.</summary>
public sealed class TrailFiles : IDisposable
{
    private readonly MasterKey _master;

    private TrailFiles(MasterKey master, TrailReader reader)
    {
        _master = master;
        Reader = reader;
    }

    /// <summary>Reads and verifies.</summary>
    public TrailReader Reader { get; }

    /// <summary>Opens the trail of the archive in a folder.</summary>
    /// <exception cref="ArchiveUnavailableException">There is no archive, or its key is not there.</exception>
    public static TrailFiles Open(DataFolder folder, string? keys, HostEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var master = ArchiveKeys.Open(KeysFolder.Resolve(ArchiveIdentity.Read(folder), keys, environment));
        return new TrailFiles(master, new TrailReader(DurableFolder.Open(folder.Trail), master));
    }

    /// <inheritdoc/>
    public void Dispose() => _master.Dispose();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 8)]
[JsonSerializable(typeof(ReadTrailArguments))]
[JsonSerializable(typeof(ReadTrailResult))]
internal sealed partial class TrailCommandJson : JsonSerializerContext;
