using System.IO.Compression;

namespace Leadglass.Dicom;

/// <summary>Inflates a deflated data set (PS3.5 A.5) piece by piece, within a limit.</summary>
internal static class Inflater
{
    private const int PieceLength = 64 * 1024;

    /// <summary>Inflates everything, or as much as is needed to stop before an attribute.</summary>
    /// <param name="isComplete">Everything was inflated.</param>
    public static ReadOnlyMemory<byte> Inflate(
        ReadOnlyMemory<byte> deflated,
        ReadLimits limits,
        DicomTag? stopBefore,
        out bool isComplete
    )
    {
        using var source = new MemoryReadStream(deflated);
        using var inflater = new DeflateStream(source, CompressionMode.Decompress);
        var probe = stopBefore is { } stop ? new StopProbe(stop, limits) : null;
        var buffer = new byte[PieceLength];
        var filled = 0;
        while (true)
        {
            if (filled == buffer.Length)
            {
                if (filled >= limits.HeldBytesMax)
                {
                    throw TooLong(filled, limits);
                }

                Array.Resize(ref buffer, (int)Math.Min(limits.HeldBytesMax, filled * 2L));
            }

            var count = ReadPiece(inflater, buffer.AsSpan(filled), filled);
            filled += count;
            isComplete = count == 0;
            if (isComplete && !deflated.IsEmpty)
            {
                RequireEnd(inflater, source, filled);
            }

            if (isComplete || (probe is not null && probe.IsReached(buffer.AsSpan(0, filled))))
            {
                return buffer.AsMemory(0, filled);
            }
        }
    }

    /// <summary>Inflates into a span; a stream that is no DEFLATE stream is a format error.</summary>
    public static int ReadPiece(DeflateStream inflater, Span<byte> piece, long position)
    {
        try
        {
            return inflater.Read(piece);
        }
        catch (InvalidDataException exception)
        {
            throw new DicomFormatException(
                "The deflated data set is damaged",
                position,
                tag: null,
                "PS3.5 A.5",
                exception
            );
        }
    }

    /// <summary>
    /// Checks that a stream whose bytes are all read has come to its end. An inflater that is at its end ignores what
    /// follows; one that is not takes it, and either rejects a block of reserved type or gives bytes (RFC 1951 3.2.3).
    /// </summary>
    public static void RequireEnd(DeflateStream inflater, MemoryReadStream source, long position)
    {
        var probe = new byte[64];
        probe.AsSpan().Fill(0xFF);
        source.Feed(probe);
        var isAtEnd = false;
        try
        {
            isAtEnd = inflater.Read(probe) == 0;
        }
        catch (InvalidDataException)
        {
            // The reserved block type was taken: the stream wanted more.
        }

        if (!isAtEnd)
        {
            throw new DicomFormatException("The deflated data set ends too early", position, tag: null, "PS3.5 A.5");
        }
    }

    private static DicomFormatException TooLong(long position, ReadLimits limits) =>
        new(
            $"The data set inflates to more than {limits.HeldBytesMax} bytes",
            position,
            tag: null,
            nameof(ReadLimits.HeldBytesMax)
        );

    /// <summary>Follows the tokens of what has been inflated so far, up to the attribute to stop before.</summary>
    private sealed class StopProbe(DicomTag stop, ReadLimits limits)
    {
        private readonly DataSetTokenizer _tokenizer = new(TransferSyntax.ExplicitVrLittleEndian, limits, length: null);

        public bool IsReached(ReadOnlySpan<byte> inflated)
        {
            while (_tokenizer.Position < inflated.Length)
            {
                var window = inflated[(int)_tokenizer.Position..];
                if (_tokenizer.ValueRemaining > 0)
                {
                    _tokenizer.ConsumeValue(Math.Min(window.Length, _tokenizer.ValueRemaining));
                }
                else if (_tokenizer.Depth == 0 && _tokenizer.PeekTag(window) >= stop)
                {
                    return true;
                }
                else if (_tokenizer.Read(window, isFinal: false) == DataSetToken.NeedMoreData)
                {
                    return false;
                }
            }

            return false;
        }
    }
}
