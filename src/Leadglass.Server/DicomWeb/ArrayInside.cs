using System.Buffers;

namespace Leadglass.Server.DicomWeb;

/// <summary>Copies what stands between the brackets of a JSON array.</summary>
internal static class ArrayInside
{
    private const int PieceBytes = 64 << 10;

    /// <param name="array">A stream that begins with [ and ends with ], without white space around them.</param>
    /// <param name="length">How many bytes it has.</param>
    public static async Task CopyAsync(Stream array, long length, Stream output, CancellationToken cancel)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var left = length - 1;
            for (var isFirst = true; left > 0; isFirst = false)
            {
                var count = await array.ReadAsync(piece.AsMemory(0, (int)Math.Min(PieceBytes, left)), cancel);
                if (count == 0)
                {
                    throw new InvalidDataException("metadata is shorter than it says");
                }

                left -= count;
                await output.WriteAsync(piece.AsMemory(isFirst ? 1 : 0, isFirst ? count - 1 : count), cancel);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece, clearArray: true);
        }
    }
}
