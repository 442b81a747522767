using System.Diagnostics;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Exposure;

/// <summary>A process that does TLS: where to write to it, where to read from it, how to end it.</summary>
internal sealed record CarrierProcess(Stream Input, Stream Output, Action End)
{
    /// <summary>Starts one; null where the program is not beside the running code.</summary>
    public static CarrierProcess? Start()
    {
        var command = ConfinedProcess.CommandOfThisProgram(TlsCarrier.Verb);
        if (command.Count == 0 || Process.Start(ConfinedProcess.StartInfo(command)) is not { } process)
        {
            return null;
        }

        return new CarrierProcess(
            process.StandardInput.BaseStream,
            process.StandardOutput.BaseStream,
            () =>
            {
                ConfinedProcess.End(process);
                process.Dispose();
            }
        );
    }
}

/// <summary>
/// The inside of a TLS connection whose TLS is done by another process, see <see cref="TlsCarrier"/>. What is read here lies
/// in blocks that are cleared behind it.
/// </summary>
internal sealed class CarriedTls : ForwardOnlyStream
{
    /// <summary>What the carrier needs to send its last bytes.</summary>
    private static readonly TimeSpan FarewellMax = TimeSpan.FromSeconds(2);

    private readonly Stream _target;
    private readonly CarrierProcess _carrier;
    private readonly TimeProvider _time;
    private readonly FrameWriter _frames;
    private readonly CancellationTokenSource _done = new();
    private readonly TaskCompletionSource<bool> _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Pipe _plain = new(
        new PipeOptions(ClearedMemoryPool.Shared, minimumSegmentSize: ClearedMemoryPool.BlockBytes)
    );

    private Task _carrying = Task.CompletedTask;
    private Task _receiving = Task.CompletedTask;
    private bool _isDisposed;

    private CarriedTls(Stream target, CarrierProcess carrier, TimeProvider time)
    {
        _target = target;
        _carrier = carrier;
        _time = time;
        _frames = new FrameWriter(carrier.Input);
    }

    /// <summary>Shakes hands through a carrier; null where that does not come about.</summary>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public static async ValueTask<CarriedTls?> ConnectAsync(
        Stream target,
        CarrierProcess carrier,
        string? name,
        TimeSpan timeMax,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        var tls = new CarriedTls(target, carrier, time);
        var isGreeted = false;
        try
        {
            using var limit = new StepLimit(timeMax, time, cancel);
            await tls._frames.WriteAsync(RowFrameKind.Task, Encoding.UTF8.GetBytes(name ?? ""), limit.Token);
            tls._receiving = tls.ReceiveAsync();
            tls._carrying = tls.CarryAsync();
            isGreeted = await tls._greeted.Task.WaitAsync(limit.Token);
            return isGreeted ? tls : null;
        }
        catch (Exception problem) when (ProbeAssociation.IsOfTheServer(problem, cancel))
        {
            return null;
        }
        finally
        {
            if (!isGreeted)
            {
                await tls.DisposeAsync();
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _plain.Reader.TakeAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _frames.WriteAsync(RowFrameKind.Plain, buffer, cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            await EndCarrierAsync();
        }
        finally
        {
            // However the carrier ended, the connection does too.
            await _target.DisposeAsync();
            _frames.Dispose();
            _done.Dispose();
            await base.DisposeAsync();
        }
    }

    private async ValueTask EndCarrierAsync()
    {
        try
        {
            // The end of its input lets the carrier send what it still has, an A-ABORT perhaps, and end.
            await EndInputAsync();
            await _carrying.WaitAsync(FarewellMax, _time);
        }
        catch (TimeoutException)
        {
            // It is ended all the same.
        }
        finally
        {
            await _done.CancelAsync();
            _carrier.End();
        }

        await Task.WhenAll(_carrying, _receiving);
        await _plain.Reader.CompleteAsync();
    }

    /// <summary>From the target to the carrier.</summary>
    private async Task ReceiveAsync()
    {
        using var block = ClearedMemoryPool.Shared.Rent();
        try
        {
            int count;
            while ((count = await _target.ReadAsync(block.Memory, _done.Token)) > 0)
            {
                await _frames.WriteAsync(RowFrameKind.Data, block.Memory[..count], _done.Token);
            }

            await _frames.WriteAsync(RowFrameKind.End, default, _done.Token);
        }
        catch (Exception ended) when (ProbeAssociation.IsOfTheServer(ended, CancellationToken.None))
        {
            await EndInputAsync();
        }
    }

    /// <summary>From the carrier: to the target what is enciphered, to the reader what is not.</summary>
    private async Task CarryAsync()
    {
        using var block = ClearedMemoryPool.Shared.Rent();
        try
        {
            while (true)
            {
                var (kind, length) = await RowFrames.ReadAsync(_carrier.Output, block.Memory, _done.Token);
                var bytes = block.Memory[..length];
                switch (kind)
                {
                    case RowFrameKind.Data:
                        await _target.WriteAsync(bytes, _done.Token);
                        break;
                    case RowFrameKind.Plain:
                        await _plain.Writer.WriteAsync(bytes, _done.Token);
                        break;
                    case RowFrameKind.Result:
                        _greeted.TrySetResult(true);
                        break;
                    case RowFrameKind.End:
                        await _plain.Writer.CompleteAsync();
                        _greeted.TrySetResult(false);
                        break;
                }

                CryptographicOperations.ZeroMemory(bytes.Span);
            }
        }
        catch (Exception ended) when (ProbeAssociation.IsOfTheServer(ended, CancellationToken.None))
        {
            await _plain.Writer.CompleteAsync();
            _greeted.TrySetResult(false);
        }
    }

    private async ValueTask EndInputAsync()
    {
        try
        {
            await _carrier.Input.DisposeAsync();
        }
        catch (IOException)
        {
            // The carrier is gone already.
        }
    }
}
