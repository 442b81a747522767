namespace Leadglass.Dicom;

/// <summary>Bytes that are kept of a stream: grows with what has come, never with what is announced.</summary>
internal sealed class HeldBytes(int lengthMax)
{
    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>Adds a piece; false when that would be more than is allowed.</summary>
    public bool TryAdd(ReadOnlySpan<byte> piece)
    {
        if (piece.Length > lengthMax - Length)
        {
            return false;
        }

        if (piece.Length > _bytes.Length - Length)
        {
            var wanted = Math.Max((long)Length + piece.Length, Math.Max(4096L, _bytes.Length * 2L));
            Array.Resize(ref _bytes, (int)Math.Min(wanted, lengthMax));
        }

        piece.CopyTo(_bytes.AsSpan(Length));
        Length += piece.Length;
        return true;
    }
}
