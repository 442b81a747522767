using System.Net;
using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>
/// The process that reads one row of a stranger's query and ends. Rows hold names, and the buffers of the framework's TLS and
/// HTTP cannot be cleared: so they are in no other process, and this one writes no core, is not to be traced, has no socket
/// of its own and gives back three numbers.
/// </summary>
public static class RowReader
{
    /// <summary>The argument that makes the program this process.</summary>
    public const string Verb = "read-exposed-row";

    private const int RowBytesMax = 256 << 10;

    /// <summary>The command that makes this program that process; empty where the program is not beside the running code.</summary>
    public static IReadOnlyList<string> CommandOfThisProgram() => ConfinedProcess.CommandOfThisProgram(Verb);

    /// <summary>Reads the task from standard input, the row through it, and writes what was found. Exit code 3: it could not be confined.</summary>
    public static async Task<int> RunAsync(Stream standardInput, Stream standardOutput) =>
        ConfinedProcess.TryConfine() ? await RunAsync(standardInput, standardOutput, TimeProvider.System) : 3;

    /// <summary>The same over any two streams.</summary>
    internal static async Task<int> RunAsync(Stream input, Stream output, TimeProvider time)
    {
        try
        {
            var frame = new byte[RowFrames.LengthMax];
            var (kind, length) = await RowFrames.ReadAsync(input, frame, CancellationToken.None);
            if (kind != RowFrameKind.Task || Task(frame.AsSpan(0, length)) is not { } task)
            {
                return 2;
            }

            var result = await ReadAsync(task, new TunnelDialer(input, output), time);
            await RowFrames.WriteAsync(output, RowFrameKind.Result, result.ToBytes(), CancellationToken.None);
            return 0;
        }
        catch (IOException)
        {
            // The auditor has ended, or wants no more.
            return 1;
        }
    }

    private static async Task<RowResult> ReadAsync(RowTask task, TunnelDialer dialer, TimeProvider time)
    {
        var target = new ProbeTarget(IPAddress.Parse(task.Address), task.Port, task.Name);
        await using var conversation = new WebConversation(
            dialer,
            target,
            task.IsTls,
            WebProbe.UserAgent(task.Contact),
            time
        );
        using var answer = await conversation.AskAsync(
            HttpMethod.Get,
            task.PathAndQuery,
            task.Accept,
            Rung.IdentifyingFields,
            RowBytesMax,
            static body => RowFields.Scan(body.Span).IsDone,
            CancellationToken.None
        );
        if (answer.Status != 200 || answer.IsEncoded)
        {
            return new RowResult(answer.Status, 0, 0);
        }

        var (rows, filled, _) = RowFields.Scan(answer.Body);
        return new RowResult(answer.Status, rows, filled);
    }

    private static RowTask? Task(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, RowTaskJson.Default.RowTask);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
