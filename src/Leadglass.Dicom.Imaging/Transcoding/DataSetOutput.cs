using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Leadglass.Dicom.Imaging;

/// <summary>Writes data sets and the long values that belong between their elements, in the order of tags.</summary>
internal sealed class DataSetOutput(PipeWriter output, IReadOnlyList<LongValue> longValues)
{
    private readonly Queue<LongValue> _longValues = new(longValues.OrderBy(value => value.Tag.Value));

    public static void WriteLongHeader(IBufferWriter<byte> output, DicomTag tag, ValueRepresentation vr, uint length)
    {
        var header = output.GetSpan(12);
        BinaryPrimitives.WriteUInt16LittleEndian(header, tag.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], tag.Element);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)vr);
        header[6] = header[7] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], length);
        output.Advance(12);
    }

    /// <summary>Writes a data set and the long values before a tag; false when nobody reads any more.</summary>
    public async ValueTask<bool> WriteAsync(DataSet dataSet, DicomTag end, CancellationToken cancellationToken)
    {
        using var elements = dataSet.GetEnumerator();
        var hasElement = elements.MoveNext();
        while (hasElement || (_longValues.TryPeek(out var next) && next.Tag < end))
        {
            var part = new DataSet();
            while (hasElement && !(_longValues.TryPeek(out var value) && value.Tag < elements.Current.Tag))
            {
                part.Set(elements.Current);
                hasElement = elements.MoveNext();
            }

            DataSetWriter.Write(part, TransferSyntax.ExplicitVrLittleEndian, output);
            if (_longValues.TryPeek(out var due) && due.Tag < end)
            {
                await WriteAsync(_longValues.Dequeue(), cancellationToken);
            }

            if ((await output.FlushAsync(cancellationToken)).IsCompleted)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes what comes after the pixel data.</summary>
    public async ValueTask WriteRestAsync(DataSet? trailer, CancellationToken cancellationToken)
    {
        await WriteAsync(trailer ?? new DataSet(), new DicomTag(uint.MaxValue), cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    private async ValueTask WriteAsync(LongValue value, CancellationToken cancellationToken)
    {
        WriteLongHeader(output, value.Tag, value.Vr, checked((uint)value.Length));
        await value.CopyAsync(output, cancellationToken);
    }
}
