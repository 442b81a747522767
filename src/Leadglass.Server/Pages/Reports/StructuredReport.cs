using Leadglass.Dicom;

namespace Leadglass.Server.Pages.Reports;

/// <summary>One content item of a report (PS3.3 C.17.3), as a page shows it.</summary>
public sealed class ReportNode
{
    /// <summary>Value Type (0040,A040): CONTAINER, TEXT, NUM and so on.</summary>
    public required string ValueType { get; init; }

    /// <summary>Relationship Type (0040,A010) to the item above; null at the root.</summary>
    public string? Relationship { get; init; }

    /// <summary>What it is about: the meaning of the concept name.</summary>
    public string? Concept { get; init; }

    /// <summary>The code behind the concept: scheme and value.</summary>
    public string? ConceptCode { get; init; }

    /// <summary>The value as it stands, by its type.</summary>
    public string? Value { get; init; }

    /// <summary>The code behind a coded value.</summary>
    public string? ValueCode { get; init; }

    /// <summary>The unit of a number.</summary>
    public string? Unit { get; init; }

    /// <summary>What the item points at: images, waveforms, other reports.</summary>
    public IReadOnlyList<ReportReference> References { get; init; } = [];

    /// <summary>The items below it.</summary>
    public IReadOnlyList<ReportNode> Children { get; init; } = [];

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => ValueType;
}

/// <summary>A pointer to an instance.</summary>
/// <param name="SopClass">Its SOP class.</param>
/// <param name="Instance">Its UID.</param>
/// <param name="Series">Its series, where the report's evidence names it.</param>
/// <param name="Frames">Frames that are meant, as a list of numbers; null: all.</param>
/// <param name="IsOfStudy">It belongs to the report's own study.</param>
public sealed record ReportReference(string SopClass, string Instance, string? Series, string? Frames, bool IsOfStudy)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "reference";
}

/// <summary>The content tree of a structured report, read within limits.</summary>
public sealed class StructuredReport
{
    /// <summary>The most content items that are read.</summary>
    public const int NodesMax = 5_000;

    private const int DepthMax = 32;
    private const int ReferencesMax = 500;
    private readonly Dictionary<string, (string Series, bool IsOfStudy)> _evidence = new(StringComparer.Ordinal);
    private int _nodes;

    private StructuredReport() { }

    /// <summary>The root; its children are the report.</summary>
    public ReportNode Root { get; private set; } = null!;

    /// <summary>Some of it was left out.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Every instance that it points at.</summary>
    public IEnumerable<ReportReference> References => All(Root).SelectMany(node => node.References);

    /// <summary>Reads a report or a key object selection; null where the data set holds no content tree.</summary>
    public static StructuredReport? Of(DataSet dataSet)
    {
        if (dataSet.GetString(DicomTag.ValueType) is not { } type)
        {
            return null;
        }
        var report = new StructuredReport();
        report.ReadEvidence(dataSet, DicomTag.CurrentRequestedProcedureEvidenceSequence);
        report.ReadEvidence(dataSet, DicomTag.PertinentOtherEvidenceSequence);
        report.Root = report.Node(dataSet, type, null, 0);
        return report;
    }

    private static IEnumerable<ReportNode> All(ReportNode node) => node.Children.SelectMany(All).Prepend(node);

    private void ReadEvidence(DataSet dataSet, DicomTag sequence)
    {
        var own = dataSet.GetString(DicomTag.StudyInstanceUID);
        foreach (var study in dataSet.GetItems(sequence))
        {
            var isOwn = study.GetString(DicomTag.StudyInstanceUID) == own;
            foreach (var series in study.GetItems(DicomTag.ReferencedSeriesSequence))
            {
                var uid = series.GetString(DicomTag.SeriesInstanceUID);
                foreach (var instance in series.GetItems(DicomTag.ReferencedSOPSequence))
                {
                    if (uid is not null && instance.GetString(DicomTag.ReferencedSOPInstanceUID) is { } named)
                    {
                        _evidence.TryAdd(named, (uid, isOwn));
                    }
                }
            }
        }
    }

    private ReportNode Node(DataSet item, string type, string? relationship, int depth)
    {
        _nodes++;
        var concept = item.GetItems(DicomTag.ConceptNameCodeSequence) is [var name, ..] ? name : null;
        var (value, code, unit) = ValueOf(item, type);
        return new ReportNode
        {
            ValueType = type,
            Relationship = relationship,
            Concept = concept is null ? null : MeaningOf(concept),
            ConceptCode = concept is null ? null : CodeOf(concept),
            Value = value,
            ValueCode = code,
            Unit = unit,
            References = ReferencesOf(item),
            Children = ChildrenOf(item, depth),
        };
    }

    private List<ReportNode> ChildrenOf(DataSet item, int depth)
    {
        List<ReportNode> children = [];
        foreach (var child in item.GetItems(DicomTag.ContentSequence))
        {
            if (_nodes >= NodesMax || depth >= DepthMax)
            {
                IsCut = true;
                break;
            }
            // An item by reference (PS3.3 C.17.3.2.5) has no type of its own: what it names stands elsewhere in the tree.
            if (child.GetString(DicomTag.ValueType) is { } type)
            {
                children.Add(Node(child, type, child.GetString(DicomTag.RelationshipType), depth + 1));
            }
        }
        return children;
    }

    private static (string? Value, string? Code, string? Unit) ValueOf(DataSet item, string type)
    {
        switch (type)
        {
            case "TEXT":
                return (item.GetString(DicomTag.TextValue), null, null);
            case "CODE" when item.GetItems(DicomTag.ConceptCodeSequence) is [var code, ..]:
                return (MeaningOf(code), CodeOf(code), null);
            case "NUM":
                return NumberOf(item);
            case "DATE":
                return (item.GetString(DicomTag.Date), null, null);
            case "TIME":
                return (item.GetString(DicomTag.Time), null, null);
            case "DATETIME":
                return (item.GetString(DicomTag.DateTime), null, null);
            case "PNAME":
                return (item.GetString(DicomTag.PersonName), null, null);
            case "UIDREF":
                return (item.GetString(DicomTag.UID), null, null);
            case "SCOORD" or "SCOORD3D":
                return (item.GetString(DicomTag.GraphicType), null, null);
            case "TCOORD":
                return (item.GetString(DicomTag.TemporalRangeType), null, null);
            default:
                return (null, null, null);
        }
    }

    private static (string? Value, string? Code, string? Unit) NumberOf(DataSet item)
    {
        if (item.GetItems(DicomTag.MeasuredValueSequence) is [var measured, ..])
        {
            var unit = measured.GetItems(DicomTag.MeasurementUnitsCodeSequence) is [var units, ..] ? units : null;
            // UCUM's code is what clinicians know, mm or HU; its "1" means that there is no unit.
            var shown = unit?.GetString(DicomTag.CodeValue);
            return (measured.GetString(DicomTag.NumericValue), null, shown == "1" ? null : shown);
        }
        return item.GetItems(DicomTag.NumericValueQualifierCodeSequence) is [var why, ..]
            ? (MeaningOf(why), CodeOf(why), null)
            : (null, null, null);
    }

    private List<ReportReference> ReferencesOf(DataSet item)
    {
        List<ReportReference> references = [];
        foreach (var named in item.GetItems(DicomTag.ReferencedSOPSequence).Take(ReferencesMax))
        {
            if (named.GetString(DicomTag.ReferencedSOPInstanceUID) is not { } instance)
            {
                continue;
            }
            var frames = string.Join(", ", named.GetStrings(DicomTag.ReferencedFrameNumber).Take(20));
            var isKnown = _evidence.TryGetValue(instance, out var where);
            references.Add(
                new ReportReference(
                    named.GetString(DicomTag.ReferencedSOPClassUID) ?? "",
                    instance,
                    isKnown ? where.Series : null,
                    frames.Length == 0 ? null : frames,
                    isKnown && where.IsOfStudy
                )
            );
        }
        return references;
    }

    private static string? MeaningOf(DataSet code) =>
        code.GetString(DicomTag.CodeMeaning)
        ?? code.GetString(DicomTag.CodeValue)
        ?? code.GetString(DicomTag.LongCodeValue);

    private static string? CodeOf(DataSet code) =>
        (
            code.GetString(DicomTag.CodingSchemeDesignator),
            code.GetString(DicomTag.CodeValue) ?? code.GetString(DicomTag.LongCodeValue)
        ) switch
        {
            (null, null) => null,
            (null, { } value) => value,
            ({ } scheme, var value) => $"{scheme} {value}",
        };
}
