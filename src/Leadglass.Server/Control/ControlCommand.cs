using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Leadglass.Server.Control;

/// <summary>
/// One thing that the command line can have an open archive do. It runs in the server while that runs, else in the command
/// itself with the folder's lock held: the same code either way.
/// </summary>
public abstract class ControlCommand
{
    private protected ControlCommand(string name) => Name = name;

    public string Name { get; }

    internal abstract Task<JsonElement> RunAsync(
        ArchiveHost host,
        ControlPeer peer,
        JsonElement arguments,
        IProgress<ControlProgress> progress,
        CancellationToken cancel
    );
}

/// <summary>Who runs a command, as the kernel says.</summary>
/// <param name="IsRoot">Whether it is root.</param>
public sealed record ControlPeer(bool IsRoot);

/// <summary>A command with its types.</summary>
/// <param name="run">Does it; throws <see cref="ArchiveRefusedException"/> or <see cref="ArchiveUnavailableException"/>.</param>
public sealed class ControlCommand<TArguments, TResult>(
    string name,
    JsonTypeInfo<TArguments> argumentsType,
    JsonTypeInfo<TResult> resultType,
    Func<ArchiveHost, ControlPeer, TArguments, IProgress<ControlProgress>, CancellationToken, Task<TResult>> run
) : ControlCommand(name)
    where TArguments : class
    where TResult : class
{
    /// <summary>A command for which it does not matter who runs it.</summary>
    public ControlCommand(
        string name,
        JsonTypeInfo<TArguments> argumentsType,
        JsonTypeInfo<TResult> resultType,
        Func<ArchiveHost, TArguments, IProgress<ControlProgress>, CancellationToken, Task<TResult>> run
    )
        : this(
            name,
            argumentsType,
            resultType,
            (host, _, arguments, progress, cancel) => run(host, arguments, progress, cancel)
        ) { }

    internal JsonTypeInfo<TArguments> ArgumentsType { get; } = argumentsType;

    internal JsonTypeInfo<TResult> ResultType { get; } = resultType;

    internal Task<TResult> RunAsync(
        ArchiveHost host,
        ControlPeer peer,
        TArguments arguments,
        IProgress<ControlProgress> progress,
        CancellationToken cancel
    ) => run(host, peer, arguments, progress, cancel);

    internal override async Task<JsonElement> RunAsync(
        ArchiveHost host,
        ControlPeer peer,
        JsonElement arguments,
        IProgress<ControlProgress> progress,
        CancellationToken cancel
    )
    {
        var typed =
            arguments.Deserialize(ArgumentsType)
            ?? throw new ArchiveRefusedException(isUsage: true, $"{Name} takes arguments");
        return JsonSerializer.SerializeToElement(await RunAsync(host, peer, typed, progress, cancel), ResultType);
    }
}
