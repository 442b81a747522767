using System.Buffers;
using System.Globalization;

namespace Leadglass.Dicom;

/// <summary>
/// Makes a DICOMDIR for a set of instances (PS3.3 F.3, PS3.11 D for what must be in it). Names files by numbers, so that
/// no name or path tells anything of a patient.
/// </summary>
public sealed class DicomDirectoryBuilder
{
    /// <summary>Beyond it file names of eight characters and offsets of 32 bits get scarce.</summary>
    public const int InstancesMax = 1_000_000;

    private readonly Node _root = new(new DataSet(), "");
    private readonly HashSet<string> _instances = new(StringComparer.Ordinal);

    /// <summary>How many instances were added.</summary>
    public int Count => _instances.Count;

    /// <summary>
    /// Adds an instance by its attributes, of which only the keys of the directory are kept, and says under which name
    /// its file is to be written.
    /// </summary>
    /// <exception cref="ArgumentException">It lacks a UID that the directory needs, or was added before.</exception>
    public FileId Add(DataSet instance, TransferSyntax syntax)
    {
        var sopClass = Needed(instance, DicomTag.SOPClassUID);
        var sopInstance = Needed(instance, DicomTag.SOPInstanceUID);
        var study = Needed(instance, DicomTag.StudyInstanceUID);
        var series = Needed(instance, DicomTag.SeriesInstanceUID);
        if (_instances.Count == InstancesMax || !_instances.Add(sopInstance))
        {
            throw new ArgumentException("The instance is in the directory already, or it is full.", nameof(instance));
        }

        var patientKey = instance.GetString(DicomTag.PatientID) is { } id
            ? $"{id}\\{instance.GetString(DicomTag.IssuerOfPatientID)}"
            : $"\\\\{study}";
        var patientNode = _root.Child(patientKey, "PATIENT", instance, DirectoryRecordTypes.PatientKeys);
        var studyNode = patientNode.Child(study, "STUDY", instance, DirectoryRecordTypes.StudyKeys);
        var seriesNode = studyNode.Child(series, "SERIES", instance, DirectoryRecordTypes.SeriesKeys);
        var type = DirectoryRecordTypes.Of(sopClass, instance.Contains(DicomTag.Rows));
        var leaf = seriesNode.Child(sopInstance, type, instance, DirectoryRecordTypes.KeysOf(type));
        string[] name =
        [
            "DICOM",
            $"PAT{patientNode.Number:D5}",
            $"STU{studyNode.Number:D5}",
            $"SER{seriesNode.Number:D5}",
            $"I{leaf.Number:D7}",
        ];
        leaf.Record.SetString(DicomTag.ReferencedFileID, name);
        leaf.Record.SetString(DicomTag.ReferencedSOPClassUIDInFile, sopClass);
        leaf.Record.SetString(DicomTag.ReferencedSOPInstanceUIDInFile, sopInstance);
        leaf.Record.SetString(DicomTag.ReferencedTransferSyntaxUIDInFile, syntax.Uid);
        return FileId.TryParse(name, out var file)
            ? file
            : throw new InvalidOperationException("Numbers make no file name.");
    }

    /// <summary>The DICOMDIR as it is to be written beside the folder DICOM.</summary>
    /// <param name="fileSetId">At most 16 capital letters, digits, spaces and underscores; null for none.</param>
    /// <exception cref="InvalidOperationException">It would be longer than its offsets reach.</exception>
    public ReadOnlyMemory<byte> ToBytes(SopInstanceUid uid, string? fileSetId = null)
    {
        var nodes = new List<Node>();
        Collect(_root, nodes);
        var dataSet = new DataSet();
        dataSet.SetString(DicomTag.FileSetID, fileSetId ?? "");
        dataSet.SetUInt32(DicomTag.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity, 0);
        dataSet.SetUInt32(DicomTag.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity, 0);
        dataSet.SetUInt16(DicomTag.FileSetConsistencyFlag, 0);
        dataSet.SetEmpty(DicomTag.DirectoryRecordSequence);
        _ = SopClassUid.TryParse(SopClasses.MediaStorageDirectoryStorage, out var directoryClass);
        var meta = FileMetaInformation.Create(directoryClass, uid, TransferSyntax.ExplicitVrLittleEndian);

        // The sequence comes last: its first item stands where the file without items ends.
        PlaceRecords(nodes, new DicomFile(meta, dataSet).ToBytes().Length);
        foreach (var node in nodes)
        {
            node.Record.SetUInt32(DicomTag.OffsetOfReferencedLowerLevelDirectoryEntity, FirstOffset(node.Children));
        }

        dataSet.SetUInt32(
            DicomTag.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity,
            FirstOffset(_root.Children)
        );
        dataSet.SetUInt32(
            DicomTag.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity,
            _root.Children.Count == 0 ? 0 : _root.Children[^1].Offset
        );
        dataSet.SetItems(DicomTag.DirectoryRecordSequence, [.. nodes.Select(node => node.Record)]);
        var output = new ArrayBufferWriter<byte>();
        new DicomFile(meta, dataSet).Write(output);
        return output.WrittenMemory;
    }

    private static void Collect(Node node, List<Node> nodes)
    {
        foreach (var child in node.Children)
        {
            nodes.Add(child);
            Collect(child, nodes);
        }
    }

    private static void PlaceRecords(List<Node> nodes, long position)
    {
        const int itemHeader = 8;
        foreach (var node in nodes)
        {
            node.Offset = checked((uint)position);
            node.Record.SetUInt32(DicomTag.OffsetOfTheNextDirectoryRecord, 0);
            node.Record.SetUInt16(DicomTag.RecordInUseFlag, 0xFFFF);
            node.Record.SetUInt32(DicomTag.OffsetOfReferencedLowerLevelDirectoryEntity, 0);
            node.Record.SetString(DicomTag.DirectoryRecordType, node.Type);
            position += itemHeader + DataSetWriter.Count(node.Record, TransferSyntax.ExplicitVrLittleEndian);
            if (position > uint.MaxValue)
            {
                throw new InvalidOperationException("The DICOMDIR is longer than its offsets reach (PS3.3 F.3.2.2).");
            }
        }

        foreach (var siblings in nodes.GroupBy(node => node.Parent))
        {
            Node? before = null;
            foreach (var node in siblings)
            {
                before?.Record.SetUInt32(DicomTag.OffsetOfTheNextDirectoryRecord, node.Offset);
                before = node;
            }
        }
    }

    private static uint FirstOffset(IReadOnlyList<Node> nodes) => nodes.Count == 0 ? 0 : nodes[0].Offset;

    private static string Needed(DataSet instance, DicomTag tag) =>
        instance.GetString(tag)
        ?? throw new ArgumentException(
            $"The instance lacks {tag} {DicomDictionary.Find(tag)?.Name}.",
            nameof(instance)
        );

    private sealed class Node(DataSet record, string type)
    {
        private readonly Dictionary<string, Node> _byKey = new(StringComparer.Ordinal);
        private readonly List<Node> _children = [];

        public DataSet Record { get; } = record;

        public string Type { get; } = type;

        public Node? Parent { get; private init; }

        /// <summary>Its place among its siblings, from 1.</summary>
        public int Number { get; private init; }

        public uint Offset { get; set; }

        public IReadOnlyList<Node> Children => _children;

        public Node Child(string key, string childType, DataSet instance, IReadOnlyList<DicomTag> keys)
        {
            if (_byKey.TryGetValue(key, out var found))
            {
                return found;
            }

            var number = _children.Count + 1;
            var made = new Node(RecordKeys.Copy(instance, keys, number), childType) { Parent = this, Number = number };
            _byKey.Add(key, made);
            _children.Add(made);
            return made;
        }
    }
}
