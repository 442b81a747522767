using System.Buffers;
using Leadglass.Dicom.Imaging.Codecs;
using Leadglass.Dicom.Imaging.Native;

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

    public FrameDecoder(TimeProvider? time = null)
        : this(new InProcessDecoder(), time) { }

    internal FrameDecoder(INativeDecoder foreign, TimeProvider? time = null)
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
        using var deadline = new CancellationTokenSource(PixelLimits.DecodingTimeMax, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var lease = await _budget.TakeAsync((long)decoded.FrameBytes + encoded.Length, either.Token);
            await _processors.WaitAsync(either.Token);
            try
            {
                return await DecodeAsync(format, stored, decoded, encoded, lease, either.Token);
            }
            finally
            {
                _processors.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PixelDataException(
                PixelDataProblem.TimedOut,
                $"Decoding a frame took longer than {PixelLimits.DecodingTimeMax.TotalSeconds} s."
            );
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _processors.Dispose();

    private async ValueTask<DecodedFrame> DecodeAsync(
        IFrameFormat format,
        PixelDescription stored,
        PixelDescription decoded,
        ReadOnlyMemory<byte> encoded,
        IDisposable lease,
        CancellationToken cancellationToken
    )
    {
        var frame = new DecodedFrame(decoded, ArrayPool<byte>.Shared.Rent(decoded.FrameBytes), lease);
        try
        {
            var work = new FrameWork(stored, decoded, encoded, frame.Target, _foreign);
            await format.DecodeAsync(work, cancellationToken);
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }
}
