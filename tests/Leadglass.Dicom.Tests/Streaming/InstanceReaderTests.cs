using Leadglass.Dicom.Tests.Files;
using Leadglass.Testing;

namespace Leadglass.Dicom.Tests.Streaming;

public sealed class InstanceReaderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(int.MaxValue)]
    public void Gives_what_the_whole_data_set_holds_however_it_is_cut(int pieceLength)
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        foreach (var (name, file) in RealFileTests.ReadableFiles())
        {
            var bytes = File.ReadAllBytes(Path.Combine(SharedData.Root, name));
            if (bytes.Length / pieceLength > 60_000)
            {
                continue;
            }

            var start = DicomFileStart.TryRead(bytes, isFinal: true)!;
            var sink = new RecordingSink();
            using var reader = new InstanceReader(start.TransferSyntax, sink: sink);
            for (var rest = bytes.AsSpan(start.DataSetOffset); !rest.IsEmpty; )
            {
                var piece = rest[..Math.Min(pieceLength, rest.Length)];
                reader.Feed(piece);
                rest = rest[piece.Length..];
            }

            reader.Complete();
            AssertSame(name, file, reader, sink, bytes.AsMemory(start.DataSetOffset));
        }
    }

    private static void AssertSame(
        string name,
        DicomFile file,
        InstanceReader reader,
        RecordingSink sink,
        ReadOnlyMemory<byte> dataSet
    )
    {
        // Every element of the whole data set is in the header, in the trailer or went to the sink, in this order.
        var kept = reader.Header!.ElementsToWrite.ToArray().Concat(reader.Trailer!.ElementsToWrite.ToArray());
        var missing = reader.PixelData is { } pixels ? reader.OmittedValues.Append(pixels.Tag) : reader.OmittedValues;
        var rest = file.DataSet.ElementsToWrite.ToArray().ToList();
        foreach (var tag in missing)
        {
            rest.RemoveAt(rest.FindIndex(element => element.Tag == tag));
        }

        Assert.True(Encoded(rest, file).Span.SequenceEqual(Encoded(kept, file).Span), name);
        if (reader.PixelData is not { } layout)
        {
            return;
        }

        switch (file.DataSet.Find(layout.Tag))
        {
            case ValueElement native:
                Assert.Equal(native.Bytes.Length, layout.Length);
                Assert.True(native.LittleEndianBytes.Span.SequenceEqual(sink.Bytes(layout.Tag)), name);
                break;
            case FragmentsElement encapsulated:
                Assert.True(encapsulated.BasicOffsetTable.Span.SequenceEqual(layout.BasicOffsetTable.Span), name);
                Assert.Equal(encapsulated.Fragments.Count, layout.Fragments.Count);
                for (var i = 0; i < layout.Fragments.Count; i++)
                {
                    var (offset, length) = layout.Fragments[i];
                    var inPlace = dataSet.Span.Slice((int)offset, (int)length);
                    Assert.True(inPlace.SequenceEqual(encapsulated.Fragments[i].Span), name);
                    Assert.True(inPlace.SequenceEqual(sink.Fragment(i)), name);
                }

                break;
            default:
                Assert.Fail($"{name}: {layout.Tag} is not in the whole data set");
                break;
        }
    }

    private static ReadOnlyMemory<byte> Encoded(IEnumerable<DataElement> elements, DicomFile file)
    {
        var dataSet = new DataSet([.. elements], file.TransferSyntax)
        {
            IsReadAsImplicit = file.DataSet.IsReadAsImplicit,
        };
        // Deflating would only cost time here.
        var syntax = file.TransferSyntax.IsDeflated ? TransferSyntax.ExplicitVrLittleEndian : file.TransferSyntax;
        return DataSetWriter.ToBytes(dataSet, syntax);
    }

    private sealed class RecordingSink : IInstanceSink
    {
        private readonly Dictionary<DicomTag, MemoryStream> _values = [];
        private readonly Dictionary<int, MemoryStream> _fragments = [];

        public void Value(DicomTag tag, ValueRepresentation vr, ReadOnlySpan<byte> piece)
        {
            if (!_values.TryGetValue(tag, out var stream))
            {
                _values.Add(tag, stream = new MemoryStream());
            }

            stream.Write(piece);
        }

        void IInstanceSink.Fragment(int index, ReadOnlySpan<byte> piece)
        {
            if (!_fragments.TryGetValue(index, out var stream))
            {
                _fragments.Add(index, stream = new MemoryStream());
            }

            stream.Write(piece);
        }

        public byte[] Bytes(DicomTag tag) => _values.TryGetValue(tag, out var stream) ? stream.ToArray() : [];

        public byte[] Fragment(int index) => _fragments.TryGetValue(index, out var stream) ? stream.ToArray() : [];
    }
}
