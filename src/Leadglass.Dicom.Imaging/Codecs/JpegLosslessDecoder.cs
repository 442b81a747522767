using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Leadglass.Dicom.Imaging.Codecs;

/// <summary>Decodes one codestream of JPEG lossless (ISO/IEC 10918-1 H) into interleaved samples.</summary>
internal ref struct JpegLosslessDecoder(PixelDescription decoded, Span<byte> native)
{
    private const int TablesMax = 4;

    private readonly Span<byte> _native = native;
    private readonly HuffmanTable?[] _tables = new HuffmanTable?[TablesMax];
    private JpegComponent[] _components = [];
    private int _precision;
    private int _restartRows;
    private int _done;

    /// <summary>What a scan header says (10918-1 B.2.3).</summary>
    private readonly record struct Scan(int[] Components, HuffmanTable[] Tables, int Selection, int PointTransform);

    public void Decode(ReadOnlySpan<byte> encoded, CancellationToken cancellationToken)
    {
        var header = JpegHeader.Read(encoded);
        (_components, _precision) = (header.Components, header.Precision);
        var segments = new JpegSegments(encoded);
        // Without the last component nothing more is needed: a missing end of image does no harm.
        while (_done != (1 << _components.Length) - 1 && segments.TryRead(out var segment))
        {
            switch (segment.Marker)
            {
                case JpegMarker.HuffmanTables:
                    HuffmanTable.Read(segment.Body, _tables);
                    break;
                case JpegMarker.RestartInterval:
                    ReadRestartInterval(segment.Body);
                    break;
                case JpegMarker.StartOfScan:
                    segments.Position = DecodeScan(
                        ReadScan(segment.Body),
                        encoded,
                        segments.Position,
                        cancellationToken
                    );
                    break;
                default:
                    break;
            }
        }

        if (_done != (1 << _components.Length) - 1)
        {
            throw PixelDataException.Malformed("A JPEG codestream ends before all its components (10918-1 B.2.1).");
        }
    }

    private void ReadRestartInterval(ReadOnlySpan<byte> body)
    {
        var interval = body.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(body) : 0;
        // 10918-1 H.1.1: whole rows.
        _restartRows =
            interval % decoded.Columns == 0
                ? interval / decoded.Columns
                : throw PixelDataException.Malformed("A restart interval of JPEG lossless is no whole number of rows.");
    }

    private readonly Scan ReadScan(ReadOnlySpan<byte> body)
    {
        var count = body.IsEmpty ? 0 : body[0];
        if (count < 1 || count > _components.Length || body.Length < 4 + (2 * count))
        {
            throw DamagedScan();
        }

        var components = new int[count];
        var tables = new HuffmanTable[count];
        for (var i = 0; i < count; i++)
        {
            var id = body[1 + (2 * i)];
            components[i] = Array.FindIndex(_components, component => component.Id == id);
            if (
                components[i] < 0
                || (_done & (1 << components[i])) != 0
                || components.AsSpan(0, i).Contains(components[i])
            )
            {
                throw DamagedScan();
            }

            var table = body[2 + (2 * i)] >> 4;
            tables[i] =
                (table < TablesMax ? _tables[table] : null)
                ?? throw PixelDataException.Malformed("A JPEG scan names a Huffman table that is not there.");
        }

        var selection = body[1 + (2 * count)];
        var transform = body[3 + (2 * count)] & 0x0F;
        return selection is >= 1 and <= 7 && transform < _precision
            ? new Scan(components, tables, selection, transform)
            : throw DamagedScan();
    }

    private int DecodeScan(Scan scan, ReadOnlySpan<byte> encoded, int position, CancellationToken cancellationToken)
    {
        var columns = decoded.Columns;
        var count = scan.Components.Length;
        // For each component a row of differences, which become samples, and the row above.
        var rented = ArrayPool<int>.Shared.Rent(2 * count * columns);
        try
        {
            var current = rented.AsSpan(0, count * columns);
            var above = rented.AsSpan(count * columns, count * columns);
            var reader = new EntropyReader(encoded, position);
            var untilRestart = _restartRows;
            var isFirst = true;
            for (var row = 0; row < decoded.Rows; row++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_restartRows > 0 && row > 0 && untilRestart == 0)
                {
                    if (!reader.TryRestart(((row / _restartRows) - 1) & 7))
                    {
                        throw PixelDataException.Malformed($"A restart marker is missing before row {row}.");
                    }

                    (untilRestart, isFirst) = (_restartRows, true);
                }

                ReadDifferences(ref reader, scan.Tables, current, columns, row);
                for (var i = 0; i < count; i++)
                {
                    var samples = current.Slice(i * columns, columns);
                    Predict(
                        samples,
                        above.Slice(i * columns, columns),
                        isFirst ? 0 : scan.Selection,
                        scan.PointTransform
                    );
                    Write(samples, row, scan.Components[i], scan.PointTransform);
                }

                var swapped = current;
                current = above;
                above = swapped;
                untilRestart--;
                isFirst = false;
            }

            foreach (var component in scan.Components)
            {
                _done |= 1 << component;
            }

            reader.SkipToMarker();
            return reader.Position;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    private static void ReadDifferences(
        scoped ref EntropyReader reader,
        HuffmanTable[] tables,
        Span<int> differences,
        int columns,
        int row
    )
    {
        var isRead =
            tables.Length == 1
                ? ReadRow(ref reader, tables[0], differences)
                : ReadInterleavedRow(ref reader, tables, differences, columns);
        if (!isRead)
        {
            throw PixelDataException.Malformed($"No Huffman code fits in row {row} of a JPEG codestream.");
        }

        if (reader.IsOverrun)
        {
            throw PixelDataException.Malformed($"A JPEG codestream ends in row {row}.");
        }
    }

    private static bool ReadRow(scoped ref EntropyReader shared, HuffmanTable table, Span<int> differences)
    {
        // A copy of its own keeps the reader in registers.
        var reader = shared;
        var isRead = true;
        for (var x = 0; x < differences.Length && isRead; x++)
        {
            isRead = TryReadDifference(ref reader, table, out differences[x]);
        }

        shared = reader;
        return isRead;
    }

    private static bool ReadInterleavedRow(
        scoped ref EntropyReader reader,
        HuffmanTable[] tables,
        Span<int> differences,
        int columns
    )
    {
        for (var x = 0; x < columns; x++)
        {
            for (var i = 0; i < tables.Length; i++)
            {
                if (!TryReadDifference(ref reader, tables[i], out differences[(i * columns) + x]))
                {
                    return false;
                }
            }
        }

        return true;
    }

    // 10918-1 H.1.2.2: a size, then as many bits; 16 stands for 32768 without bits.
    private static bool TryReadDifference(scoped ref EntropyReader reader, HuffmanTable table, out int difference)
    {
        reader.Fill();
        int entry = table.Fast[(int)(reader.Window >> (64 - HuffmanTable.FastBits))];
        if (entry == 0)
        {
            entry = table.ReadLong(reader.Window);
            if (entry == 0)
            {
                difference = 0;
                return false;
            }
        }

        reader.Skip(entry >> 8);
        var size = entry & 0xFF;
        if (size == 16)
        {
            difference = 32768;
            return true;
        }

        var bits = (int)((reader.Window >> 1) >> (63 - size));
        // A leading zero means negative: the value is less by all ones of that size.
        var isNegative = ~(int)((long)reader.Window >> 63);
        difference = bits + (isNegative & (1 - (1 << size)));
        reader.Skip(size);
        return true;
    }

    // 10918-1 H.1.2.1: the first row of an interval is predicted from the left, the first column from above. Sums are
    // taken modulo 2^16.
    private readonly void Predict(Span<int> row, ReadOnlySpan<int> above, int selection, int pointTransform)
    {
        if (selection == 0)
        {
            var left = 1 << (_precision - pointTransform - 1);
            foreach (ref var sample in row)
            {
                sample = left = (left + sample) & 0xFFFF;
            }

            return;
        }

        row[0] = (above[0] + row[0]) & 0xFFFF;
        above = above[..row.Length];
        switch (selection)
        {
            case 1:
                PredictFromLeft(row);
                break;
            case 2:
                for (var x = 1; x < row.Length; x++)
                {
                    row[x] = (above[x] + row[x]) & 0xFFFF;
                }

                break;
            case 3:
                for (var x = 1; x < row.Length; x++)
                {
                    row[x] = (above[x - 1] + row[x]) & 0xFFFF;
                }

                break;
            default:
                PredictFromPlane(row, above, selection);
                break;
        }
    }

    private static void PredictFromLeft(Span<int> row)
    {
        var left = row[0];
        for (var x = 1; x < row.Length; x++)
        {
            row[x] = left = (left + row[x]) & 0xFFFF;
        }
    }

    private static void PredictFromPlane(Span<int> row, ReadOnlySpan<int> above, int selection)
    {
        var left = row[0];
        for (var x = 1; x < row.Length; x++)
        {
            var (up, corner) = (above[x], above[x - 1]);
            var prediction = selection switch
            {
                4 => left + up - corner,
                5 => left + ((up - corner) >> 1),
                6 => up + ((left - corner) >> 1),
                _ => (left + up) >> 1,
            };
            row[x] = left = (prediction + row[x]) & 0xFFFF;
        }
    }

    private readonly void Write(ReadOnlySpan<int> samples, int row, int component, int pointTransform)
    {
        var step = decoded.SamplesPerPixel;
        var to = (row * decoded.Columns * step) + component;
        if (decoded.BitsAllocated == 8)
        {
            foreach (var sample in samples)
            {
                _native[to] = (byte)(sample << pointTransform);
                to += step;
            }

            return;
        }

        var words = MemoryMarshal.Cast<byte, ushort>(_native);
        foreach (var sample in samples)
        {
            words[to] = (ushort)(sample << pointTransform);
            to += step;
        }
    }

    private static PixelDataException DamagedScan() =>
        PixelDataException.Malformed("The scan header of a JPEG codestream is damaged (10918-1 B.2.3).");
}
