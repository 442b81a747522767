using System.Buffers;
using System.IO.Pipelines;

namespace Leadglass.Dicom.Imaging;

/// <summary>
/// Writes native frames one after another: where one bit is allocated they are not filled up to whole bytes between
/// each other (PS3.5 8.1.1).
/// </summary>
internal sealed class FramePacker(PipeWriter output)
{
    private const int PieceLength = 64 * 1024;

    private long _bits;
    private int _open;

    /// <summary>Writes a frame piece by piece; false when nobody reads any more.</summary>
    public async ValueTask<bool> WriteAsync(DecodedFrame frame, CancellationToken cancellationToken)
    {
        var bytes = frame.Bytes;
        var shift = (int)(_bits & 7);
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(PieceLength, bytes.Length)];
            bytes = bytes[piece.Length..];
            Write(piece.Span, shift, bytes.IsEmpty ? UsedBits(frame.Description) : 8);
            if ((await output.FlushAsync(cancellationToken)).IsCompleted)
            {
                return false;
            }
        }

        _bits += frame.Description.FrameBits;
        return true;
    }

    /// <summary>Writes what is left of a byte, and the byte that makes the length even.</summary>
    public void Complete()
    {
        if ((_bits & 7) != 0)
        {
            output.Write<byte>([(byte)_open]);
        }

        if ((((_bits + 7) / 8) & 1) != 0)
        {
            output.Write<byte>([0]);
        }
    }

    private static int UsedBits(PixelDescription description) => (int)((description.FrameBits - 1) & 7) + 1;

    private void Write(ReadOnlySpan<byte> piece, int shift, int lastBits)
    {
        if (shift == 0 && lastBits == 8)
        {
            output.Write(piece);
            return;
        }

        var target = output.GetSpan(piece.Length);
        var written = 0;
        for (var i = 0; i < piece.Length; i++)
        {
            var bits = i == piece.Length - 1 ? lastBits : 8;
            _open |= (piece[i] & ((1 << bits) - 1)) << shift;
            if (shift + bits >= 8)
            {
                target[written++] = (byte)_open;
                _open >>= 8;
            }
        }

        output.Advance(written);
    }
}
