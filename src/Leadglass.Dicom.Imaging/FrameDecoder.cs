using System.Buffers;
using Leadglass.Dicom.Imaging.Codecs;
using Leadglass.Dicom.Imaging.Workers;

namespace Leadglass.Dicom.Imaging;

/// <summary>
/// Decodes frames, within bounds of memory and time, as many at once as there are processors. One for the whole program;
/// safe for use from several threads.
/// </summary>
public sealed class FrameDecoder : IDisposable
{
    private readonly INativeDecoder _foreign;
    private readonly TimeProvider _time;
    private readonly ByteBudget _budget = new(PixelLimits.BytesInFlightMax);
    private readonly SemaphoreSlim _processors = new(Environment.ProcessorCount);

    /// <summary>Runs decoders that are not ours in worker processes of this program.</summary>
    public FrameDecoder(TimeProvider? time = null)
        : this(new DecodingWorkers(DecodingWorkers.CommandOfThisProgram(), time), time) { }

    /// <summary>Runs decoders that are not ours by another way.</summary>
    /// <param name="foreign">Disposed of with the decoder where it can be.</param>
    public FrameDecoder(INativeDecoder foreign, TimeProvider? time = null)
    {
        _foreign = foreign;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Whether frames of a syntax can be decoded on this machine, and if not, why.</summary>
    /// <returns>Null when they can.</returns>
    public PixelDataException? WhyNot(TransferSyntax syntax) =>
        FrameCodec.Find(syntax) switch
        {
            null => PixelDataException.NotSupported($"There is no decoder for {syntax.Name} here."),
            { IsAvailable: false } codec => new PixelDataException(
                PixelDataProblem.LibraryMissing,
                $"{syntax.Name} needs {codec.Library}, which is not installed; on Debian: apt install {codec.Package}."
            ),
            _ => null,
        };

    /// <summary>Decodes one frame.</summary>
    /// <param name="stored">What the instance's header says.</param>
    /// <param name="encoded">The frame's fragments, joined; unchanged until the task ends.</param>
    /// <exception cref="PixelDataException">It cannot be decoded.</exception>
    public async ValueTask<DecodedFrame> DecodeAsync(
        TransferSyntax syntax,
        PixelDescription stored,
        ReadOnlyMemory<byte> encoded,
        CancellationToken cancellationToken
    )
    {
        if (WhyNot(syntax) is { } problem)
        {
            throw problem;
        }

        var format = FrameCodec.Find(syntax)!.Format;
        var decoded = format.Describe(stored, encoded.Span);
        decoded.Check();
        using var lease = new Held(await WaitAsync((long)decoded.FrameBytes + encoded.Length, cancellationToken));
        try
        {
            return await DecodeAsync(format, stored, decoded, encoded, lease, cancellationToken);
        }
        finally
        {
            _processors.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _processors.Dispose();
        (_foreign as IDisposable)?.Dispose();
    }

    private async ValueTask<IDisposable> WaitAsync(long bytes, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(PixelLimits.WaitingTimeMax, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        IDisposable? lease = null;
        try
        {
            lease = await _budget.TakeAsync(bytes, either.Token);
            await _processors.WaitAsync(either.Token);
            return lease;
        }
        catch (OperationCanceledException)
        {
            lease?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new PixelDataException(
                PixelDataProblem.Busy,
                $"So much is being decoded that a frame waited {PixelLimits.WaitingTimeMax.TotalSeconds} s for its turn."
            );
        }
    }

    private async ValueTask<DecodedFrame> DecodeAsync(
        IFrameFormat format,
        PixelDescription stored,
        PixelDescription decoded,
        ReadOnlyMemory<byte> encoded,
        Held lease,
        CancellationToken cancellationToken
    )
    {
        using var deadline = new CancellationTokenSource(PixelLimits.DecodingTimeMax, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var target = ArrayPool<byte>.Shared.Rent(decoded.FrameBytes);
        try
        {
            var work = new FrameWork(stored, decoded, encoded, target.AsMemory(0, decoded.FrameBytes), _foreign);
            // A foreign decoder is stopped by ending its process: that a reader went away is no reason to.
            await format.DecodeAsync(work, format.Native is null ? either.Token : deadline.Token);
            cancellationToken.ThrowIfCancellationRequested();
            return new DecodedFrame(decoded, target, lease.Pass());
        }
        catch (Exception problem)
        {
            // The array does not go back to the pool: an aborted read may still write into it.
            if (problem is not OperationCanceledException || cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw new PixelDataException(
                PixelDataProblem.TimedOut,
                $"Decoding a frame took longer than {PixelLimits.DecodingTimeMax.TotalSeconds} s.",
                problem
            );
        }
    }

    /// <summary>Memory that is held until it is passed on.</summary>
    private sealed class Held(IDisposable lease) : IDisposable
    {
        private IDisposable? _lease = lease;

        public IDisposable Pass() => Interlocked.Exchange(ref _lease, null)!;

        public void Dispose() => _lease?.Dispose();
    }
}
