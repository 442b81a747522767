namespace Leadglass.Dicom;

/// <summary>Links directory records by the offsets of their items in the file (PS3.3 F.3.2.2).</summary>
internal static class DicomDirectoryReader
{
    public static DicomDirectory Read(ReadOnlyMemory<byte> bytes, ReadLimits limits)
    {
        var file = DicomFile.Read(bytes, limits);
        var attributes = file.DataSet;
        if (attributes.Find(DicomTag.DirectoryRecordSequence) is not SequenceElement sequence)
        {
            throw new DicomFormatException(
                "There is no Directory Record Sequence: this is no DICOMDIR",
                bytes.Length,
                DicomTag.DirectoryRecordSequence,
                "PS3.3 F.3.2.2"
            );
        }

        var records = sequence.Items.Select(item => new DirectoryRecord(item)).ToArray();
        var offsets = file.TransferSyntax.IsDeflated ? [] : ItemOffsets(bytes, limits);
        var links = new Links(records, offsets);
        var roots = links.Follow(attributes.GetInt64(DicomTag.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity));
        if (roots.Count == 0 && records.Length > 0)
        {
            return new DicomDirectory(attributes, RecordsByOrder.Arrange(records), [], links.BrokenCount);
        }

        return new DicomDirectory(attributes, roots, links.Unreached(), links.BrokenCount);
    }

    // Offsets count from the first byte of the file to the item's tag.
    private static Dictionary<long, int> ItemOffsets(ReadOnlyMemory<byte> bytes, ReadLimits limits)
    {
        var start = DicomFileStart.TryRead(bytes, isFinal: true)!;
        var dataSet = bytes.Span[start.DataSetOffset..];
        var tokenizer = new DataSetTokenizer(start.TransferSyntax, limits, dataSet.Length);
        var offsets = new Dictionary<long, int>();
        var depth = 0;
        var isOfRecords = false;
        while (true)
        {
            var at = tokenizer.Position;
            switch (tokenizer.Read(dataSet[(int)at..], isFinal: true))
            {
                case DataSetToken.End:
                    return offsets;
                case DataSetToken.SequenceStart:
                    isOfRecords |= depth == 0 && tokenizer.Tag == DicomTag.DirectoryRecordSequence;
                    depth++;
                    break;
                case DataSetToken.SequenceEnd:
                    depth--;
                    isOfRecords &= depth > 0;
                    break;
                case DataSetToken.FragmentsStart:
                    depth++;
                    break;
                case DataSetToken.FragmentsEnd:
                    depth--;
                    break;
                case DataSetToken.ItemStart when isOfRecords && depth == 1:
                    offsets.Add(start.DataSetOffset + tokenizer.HeaderPosition, offsets.Count);
                    break;
                case DataSetToken.Value or DataSetToken.Fragment:
                    tokenizer.ConsumeValue(tokenizer.ValueLength);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Follows links; a record that was reached is never reached again, so that no cycle holds it.</summary>
    private sealed class Links(DirectoryRecord[] records, Dictionary<long, int> offsets)
    {
        private readonly bool[] _reached = new bool[records.Length];

        public int BrokenCount { get; private set; }

        public List<DirectoryRecord> Follow(long? first)
        {
            var roots = new List<DirectoryRecord>();
            var waiting = new Stack<DirectoryRecord>();
            FollowEntity(first, roots.Add, waiting);
            while (waiting.TryPop(out var record))
            {
                FollowEntity(
                    record.Attributes.GetInt64(DicomTag.OffsetOfReferencedLowerLevelDirectoryEntity),
                    record.Add,
                    waiting
                );
            }

            return roots;
        }

        public List<DirectoryRecord> Unreached() =>
            [.. records.Where((record, index) => !_reached[index] && IsInUse(record))];

        private void FollowEntity(long? offset, Action<DirectoryRecord> add, Stack<DirectoryRecord> waiting)
        {
            while (offset is { } position and not 0)
            {
                if (!offsets.TryGetValue(position, out var index) || _reached[index])
                {
                    BrokenCount++;
                    return;
                }

                _reached[index] = true;
                var record = records[index];
                if (IsInUse(record))
                {
                    add(record);
                    waiting.Push(record);
                }

                offset = record.Attributes.GetInt64(DicomTag.OffsetOfTheNextDirectoryRecord);
            }
        }

        // (0004,1410): 0 means that the record is no longer in use; FFFF, or nothing at all, that it is.
        private static bool IsInUse(DirectoryRecord record) =>
            record.Attributes.GetInt64(DicomTag.RecordInUseFlag) != 0;
    }
}
