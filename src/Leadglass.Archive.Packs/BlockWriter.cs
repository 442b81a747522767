using Leadglass.Sealing;

namespace Leadglass.Archive.Packs;

/// <summary>
/// Gathers bytes into blocks and writes them past the page cache: a fraction of the processor time of buffered writing,
/// and the flush after it has little left to do.
/// </summary>
internal sealed class BlockWriter(BlockBuffer buffer)
{
    private IDurableFile? _file;
    private long _offset;
    private int _filled;

    /// <summary>Goes on in a file at an offset, which is a multiple of a block.</summary>
    public void Begin(IDurableFile file, long offset)
    {
        (_file, _offset, _filled) = (file, offset, 0);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var taken = Math.Min(bytes.Length, buffer.Length - _filled);
            bytes[..taken].CopyTo(buffer.Span[_filled..]);
            _filled += taken;
            bytes = bytes[taken..];
            if (_filled == buffer.Length)
            {
                WriteWholeBlocks();
            }
        }
    }

    /// <summary>Writes what is held. A block begun is written as far as it goes and again once more is known of it.</summary>
    public void WriteOut()
    {
        WriteWholeBlocks();
        if (_filled > 0)
        {
            _file!.Write(_offset, buffer.Span[.._filled]);
        }
    }

    private void WriteWholeBlocks()
    {
        var whole = _filled - (_filled % BlockBuffer.BlockBytes);
        if (whole > 0)
        {
            _file!.WriteBlocks(_offset, buffer.Span[..whole]);
            buffer.Span[whole.._filled].CopyTo(buffer.Span);
            _offset += whole;
            _filled -= whole;
        }
    }
}
