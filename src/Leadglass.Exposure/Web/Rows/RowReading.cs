using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>
/// Rung 6 over HTTP, as the auditor sees it: dials, starts the process that reads the row, carries bytes between the two and
/// clears them behind itself. Over TLS it carries only what is encrypted.
/// </summary>
internal sealed class RowReading(IProbeDialer dialer, WebFindings findings, WebProbeOptions options, TimeProvider time)
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(30);

    /// <summary>Asks for one row and notes which identifying fields it fills.</summary>
    public async ValueTask ReadAsync(string pathAndQuery, string accept, CancellationToken cancel)
    {
        using var late = new ServerTime(TimeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Over, cancel);
        var (result, problem) = await TryReadAsync(Task(pathAndQuery, accept), late, either.Token);
        cancel.ThrowIfCancellationRequested();
        if (result is { } row)
        {
            Note(row);
        }
        else
        {
            findings.Note(
                Rung.IdentifyingFields,
                Answer.Unknown,
                late.Over.IsCancellationRequested ? "time-out" : problem,
                "No row could be looked at."
            );
        }
    }

    private void Note(RowResult row)
    {
        var response = row.Status == 0 ? "no answer" : $"HTTP {row.Status}";
        if (row.Status is 401 or 403)
        {
            findings.Note(Rung.IdentifyingFields, Answer.Closed, response, "A stranger's query for a row is refused.");
        }
        else if (row is { Status: 200 or 204, Rows: 0 })
        {
            findings.RecordsVisible ??= false;
            findings.Note(
                Rung.IdentifyingFields,
                Answer.Unknown,
                response,
                "The query is answered and brings no record."
            );
        }
        else if (row.Status != 200)
        {
            findings.Note(Rung.IdentifyingFields, Answer.Unknown, response, "No row could be looked at.");
        }
        else
        {
            findings.RecordsVisible = true;
            findings.IdentifyingFields = RowFields.Keywords(row.Filled);
            findings.Note(
                Rung.IdentifyingFields,
                row.FilledCount > 0 ? Answer.Open : Answer.Closed,
                response,
                row.FilledCount > 0
                    ? "Identifying fields of a record are filled."
                    : "A record came whose identifying fields are empty."
            );
        }
    }

    private RowTask Task(string pathAndQuery, string accept) =>
        new()
        {
            Address = findings.Target.Address.ToString(),
            Port = findings.Target.Port,
            Name = findings.Target.Name,
            IsTls = findings.IsTls,
            PathAndQuery = pathAndQuery,
            Accept = accept,
            Contact = options.Contact,
        };

    private async ValueTask<(RowResult? Result, string Problem)> TryReadAsync(
        RowTask task,
        ServerTime late,
        CancellationToken deadline
    )
    {
        if (options.RowReaderCommand.Count == 0)
        {
            return (null, "no process to read it");
        }

        try
        {
            var dialled = await late.DialAsync(dialer, findings.Target, Rung.IdentifyingFields, deadline);
            if (dialled.Connection is null)
            {
                return (null, "no connection");
            }

            await using var connection = dialled.Connection;
            using var process = Process.Start(ConfinedProcess.StartInfo(options.RowReaderCommand));
            if (process is null)
            {
                return (null, "no process to read it");
            }

            try
            {
                var payload = JsonSerializer.SerializeToUtf8Bytes(task, RowTaskJson.Default.RowTask);
                var child = process.StandardInput.BaseStream;
                await RowFrames.WriteAsync(child, RowFrameKind.Task, payload, deadline);
                return (await CarryAsync(connection.Stream, process, deadline), "the process that reads it broke off");
            }
            finally
            {
                ConfinedProcess.End(process);
            }
        }
        catch (Exception problem)
            when (problem is IOException or OperationCanceledException or System.ComponentModel.Win32Exception)
        {
            return (null, "connection ended");
        }
    }

    private static async ValueTask<RowResult?> CarryAsync(Stream target, Process process, CancellationToken deadline)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        var inwards = CarryInwardsAsync(target, process.StandardInput.BaseStream, done.Token);
        var frame = GC.AllocateArray<byte>(RowFrames.LengthMax, pinned: true);
        try
        {
            while (true)
            {
                var (kind, length) = await RowFrames.ReadAsync(process.StandardOutput.BaseStream, frame, deadline);
                if (kind == RowFrameKind.Result)
                {
                    return RowResult.Parse(frame.AsSpan(0, length));
                }

                await target.WriteAsync(frame.AsMemory(0, length), deadline);
            }
        }
        finally
        {
            await done.CancelAsync();
            await inwards;
        }
    }

    private static async Task CarryInwardsAsync(Stream target, Stream child, CancellationToken done)
    {
        var buffer = GC.AllocateArray<byte>(RowFrames.LengthMax, pinned: true);
        try
        {
            int count;
            while ((count = await target.ReadAsync(buffer, done)) > 0)
            {
                await RowFrames.WriteAsync(child, RowFrameKind.Data, buffer.AsMemory(0, count), done);
                CryptographicOperations.ZeroMemory(buffer);
            }

            await RowFrames.WriteAsync(child, RowFrameKind.End, ReadOnlyMemory<byte>.Empty, done);
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The child is told by the end of its input, and ends.
            child.Close();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
