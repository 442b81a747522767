using System.Buffers.Binary;

namespace Leadglass.Dicom.Imaging.Tests.Codecs;

/// <summary>A plain encoder of ISO/IEC 10918-1 H, for what DCMTK's does not write: any precision, restarts, separate scans.</summary>
/// <param name="RestartRows">Rows of an interval; 0 for none.</param>
/// <param name="HasLongCodes">Codes of up to 16 bits instead of 5 for every size.</param>
internal sealed record JpegLosslessEncoder(
    int Precision,
    int Selection,
    int PointTransform,
    int RestartRows,
    bool IsInterleaved,
    bool HasLongCodes
)
{
    private readonly List<byte> _output = [];
    private ulong _bits;
    private int _bitCount;

    /// <summary>Encodes samples that stand pixel by pixel.</summary>
    public byte[] Encode(ushort[] samples, int rows, int columns, int components)
    {
        _output.AddRange([0xFF, 0xD8, 0xFF, 0xC3]);
        var frame = new byte[6 + (3 * components)];
        frame[0] = (byte)Precision;
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)rows);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(3), (ushort)columns);
        frame[5] = (byte)components;
        for (var i = 0; i < components; i++)
        {
            (frame[6 + (3 * i)], frame[7 + (3 * i)]) = ((byte)(i + 1), 0x11);
        }

        WriteBody(frame);
        WriteTable();
        if (RestartRows > 0)
        {
            _output.AddRange([0xFF, 0xDD]);
            var interval = new byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(interval, (ushort)(RestartRows * columns));
            WriteBody(interval);
        }

        int[][] scans = IsInterleaved
            ?
            [
                [.. Enumerable.Range(0, components)],
            ]
            : [.. Enumerable.Range(0, components).Select(i => new[] { i })];
        foreach (var scan in scans)
        {
            WriteScan(scan, samples, rows, columns, components);
        }

        _output.AddRange([0xFF, 0xD9]);
        return [.. _output];
    }

    private void WriteBody(ReadOnlySpan<byte> body)
    {
        _output.Add((byte)((body.Length + 2) >> 8));
        _output.Add((byte)(body.Length + 2));
        _output.AddRange(body);
    }

    private void WriteTable()
    {
        _output.AddRange([0xFF, 0xC4]);
        var counts = new byte[16];
        if (HasLongCodes)
        {
            counts.AsSpan().Fill(1);
            counts[15] = 2;
        }
        else
        {
            counts[4] = 17;
        }

        WriteBody([0, .. counts, .. Enumerable.Range(0, 17).Select(size => (byte)size)]);
    }

    private void WriteScan(int[] scan, ushort[] samples, int rows, int columns, int components)
    {
        _output.AddRange([0xFF, 0xDA]);
        WriteBody([
            (byte)scan.Length,
            .. scan.SelectMany(component => new byte[] { (byte)(component + 1), 0 }),
            (byte)Selection,
            0,
            (byte)PointTransform,
        ]);
        for (var y = 0; y < rows; y++)
        {
            if (RestartRows > 0 && y > 0 && y % RestartRows == 0)
            {
                FlushBits();
                _output.AddRange([0xFF, (byte)(0xD0 + (((y / RestartRows) - 1) & 7))]);
            }

            for (var x = 0; x < columns; x++)
            {
                foreach (var component in scan)
                {
                    int At(int row, int column) =>
                        samples[(((row * columns) + column) * components) + component] >> PointTransform;
                    WriteDifference(At(y, x) - Predict(At, y, x));
                }
            }
        }

        FlushBits();
    }

    private int Predict(Func<int, int, int> at, int y, int x)
    {
        var isFirstRow = RestartRows > 0 ? y % RestartRows == 0 : y == 0;
        if (isFirstRow)
        {
            return x == 0 ? 1 << (Precision - PointTransform - 1) : at(y, x - 1);
        }

        if (x == 0)
        {
            return at(y - 1, 0);
        }

        var (left, up, corner) = (at(y, x - 1), at(y - 1, x), at(y - 1, x - 1));
        return Selection switch
        {
            1 => left,
            2 => up,
            3 => corner,
            4 => left + up - corner,
            5 => left + ((up - corner) >> 1),
            6 => up + ((left - corner) >> 1),
            _ => (left + up) >> 1,
        };
    }

    private void WriteDifference(int difference)
    {
        // Modulo 2^16, as a number from -32767 to 32768.
        difference = (short)(ushort)difference;
        if (difference == short.MinValue)
        {
            WriteSize(16);
            return;
        }

        var size = 32 - int.LeadingZeroCount(Math.Abs(difference));
        WriteSize(size);
        WriteBits((uint)(difference < 0 ? difference - 1 : difference) & ((1u << size) - 1), size);
    }

    private void WriteSize(int size)
    {
        if (!HasLongCodes)
        {
            WriteBits((uint)size, 5);
        }
        else if (size == 16)
        {
            WriteBits(0xFFFF, 16);
        }
        else
        {
            WriteBits(((1u << size) - 1) << 1, size + 1);
        }
    }

    private void WriteBits(uint value, int count)
    {
        _bits = (_bits << count) | value;
        _bitCount += count;
        while (_bitCount >= 8)
        {
            var next = (byte)(_bits >> (_bitCount - 8));
            _output.Add(next);
            if (next == 0xFF)
            {
                _output.Add(0);
            }

            _bitCount -= 8;
        }
    }

    private void FlushBits()
    {
        if (_bitCount > 0)
        {
            WriteBits((1u << (8 - _bitCount)) - 1, 8 - _bitCount);
        }

        _bits = 0;
    }
}
