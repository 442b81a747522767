using System.Buffers;

namespace Leadglass.Dicom;

/// <summary>Turns the bytes of numbers around while they stream past, cut anywhere (PS3.5 7.3).</summary>
internal sealed class WordSwapper(IBufferWriter<byte> output)
{
    private readonly byte[] _word = new byte[8];
    private int _wordLength;
    private int _wordSize = 1;

    /// <summary>Begins a value of words of a size.</summary>
    public void Begin(int wordSize)
    {
        _wordSize = wordSize;
        _wordLength = 0;
    }

    /// <summary>Writes the whole words that a piece completes.</summary>
    public void Write(ReadOnlySpan<byte> piece)
    {
        if (_wordLength > 0)
        {
            var count = Math.Min(piece.Length, _wordSize - _wordLength);
            piece[..count].CopyTo(_word.AsSpan(_wordLength));
            _wordLength += count;
            piece = piece[count..];
            if (_wordLength < _wordSize)
            {
                return;
            }

            WriteWords(_word.AsSpan(0, _wordLength));
            _wordLength = 0;
        }

        var whole = piece.Length / _wordSize * _wordSize;
        WriteWords(piece[..whole]);
        piece[whole..].CopyTo(_word);
        _wordLength = piece.Length - whole;
    }

    /// <summary>Ends the value: an incomplete last word has no order to turn.</summary>
    public void End()
    {
        output.Write(_word.AsSpan(0, _wordLength));
        _wordLength = 0;
    }

    private void WriteWords(ReadOnlySpan<byte> words)
    {
        const int pieceLength = 16 * 1024;
        while (!words.IsEmpty)
        {
            var piece = words[..Math.Min(pieceLength, words.Length)];
            var target = output.GetSpan(piece.Length)[..piece.Length];
            piece.CopyTo(target);
            ByteOrder.SwapWords(target, _wordSize);
            output.Advance(piece.Length);
            words = words[piece.Length..];
        }
    }
}
