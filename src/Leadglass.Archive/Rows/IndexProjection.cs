using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Turns records into changes of the index, the same for a new instance and for a replayed one. Used by one caller at a
/// time: the committer, or a replay before there is one.
/// </summary>
/// <remarks>
/// It opens rows of studies that grow, to compare and to add to them; nothing of it leaves but sealed rows and, for the
/// search directory, <see cref="StudyEntry"/>.
/// </remarks>
internal sealed class IndexProjection(ArchiveKeys keys, IStudyIndex index)
{
    private const int OpenStudiesMax = 256;
    private readonly Dictionary<Token, OpenStudy> _open = [];

    /// <summary>The studies whose rows or counts change with what was added.</summary>
    public HashSet<Token> Touched { get; } = [];

    /// <summary>The series that got instances.</summary>
    public HashSet<Token> TouchedSeries { get; } = [];

    /// <summary>Forgets what was not applied.</summary>
    public void Reset() => _open.Clear();

    /// <summary>Appends the changes that make an instance findable.</summary>
    public async ValueTask AddAsync(
        InstanceFacts facts,
        ContentDigest digest,
        KeyId key,
        BlobLocation location,
        List<IndexChange> changes,
        CancellationToken cancellationToken
    )
    {
        Touched.Add(facts.StudyToken);
        TouchedSeries.Add(facts.SeriesToken);
        var rows = keys.RowsOf(key);
        var study = await OpenAsync(facts, key, cancellationToken);
        var series = await OpenSeriesAsync(study, facts, rows, cancellationToken);
        var instance = RowContent.Pick(facts.Header, QueryAttributes.Instance);
        instance.SetString(DicomTag.SOPClassUID, facts.Uids.SopClass.Value);
        instance.SetString(DicomTag.SOPInstanceUID, facts.Uids.Instance.Value);
        instance.SetString(DicomTag.AvailableTransferSyntaxUID, facts.TransferSyntaxUid);

        var seriesChanged = series.IsNew | Add(series.Content, DicomTag.SOPClassesInStudy, facts.Uids.SopClass.Value);
        var studyChanged =
            study.IsNew
            | Add(study.Content, DicomTag.SOPClassesInStudy, facts.Uids.SopClass.Value)
            | (facts.Modality.Length > 0 && Add(study.Content, DicomTag.ModalitiesInStudy, facts.Modality));
        studyChanged |= RowDepartments.Add(study.Content, facts.Header.GetString(DicomTag.InstitutionalDepartmentName));
        if (!RowCorrections.IsCorrected(study.Content))
        {
            studyChanged |= RowDifferences.Note(study.Content, facts.Header, QueryAttributes.Patient);
        }

        studyChanged |= RowDifferences.Note(study.Content, facts.Header, QueryAttributes.Study);
        seriesChanged |= RowDifferences.Note(series.Content, facts.Header, QueryAttributes.Series);
        if (studyChanged)
        {
            study.IsNew = false;
            changes.Add(
                new IndexChange.PutStudy(
                    new StudyRow(
                        facts.StudyToken,
                        study.Patient,
                        key,
                        RowContent.Seal(rows, facts.StudyToken, study.Content)
                    )
                )
            );
        }

        if (seriesChanged)
        {
            series.IsNew = false;
            changes.Add(
                new IndexChange.PutSeries(
                    new SeriesRow(
                        facts.SeriesToken,
                        facts.StudyToken,
                        RowContent.Seal(rows, facts.SeriesToken, series.Content)
                    )
                )
            );
        }

        changes.Add(
            new IndexChange.AddInstance(
                new InstanceRow(
                    facts.InstanceToken,
                    facts.SeriesToken,
                    facts.ClassToken,
                    digest,
                    location,
                    RowContent.Seal(rows, facts.InstanceToken, instance)
                )
            )
        );
    }

    private async ValueTask<OpenStudy> OpenAsync(InstanceFacts facts, KeyId key, CancellationToken cancellationToken)
    {
        if (_open.TryGetValue(facts.StudyToken, out var open))
        {
            return open;
        }

        if (_open.Count >= OpenStudiesMax)
        {
            _open.Clear();
        }

        var row = await index.FindStudyAsync(facts.StudyToken, cancellationToken);
        open = row is null
            ? new OpenStudy(NewStudy(facts), facts.PatientToken) { IsNew = true }
            : new OpenStudy(RowContent.Open(keys.RowsOf(key), facts.StudyToken, row.Sealed), row.Patient);
        _open.Add(facts.StudyToken, open);
        return open;
    }

    private async ValueTask<OpenSeries> OpenSeriesAsync(
        OpenStudy study,
        InstanceFacts facts,
        RowSealer rows,
        CancellationToken cancellationToken
    )
    {
        if (study.Series.TryGetValue(facts.SeriesToken, out var open))
        {
            return open;
        }

        var row = await index.FindSeriesAsync(facts.SeriesToken, cancellationToken);
        if (row is null)
        {
            var content = RowContent.Pick(facts.Header, QueryAttributes.Series);
            content.SetString(DicomTag.SeriesInstanceUID, facts.Uids.Series.Value);
            open = new OpenSeries(content) { IsNew = true };
        }
        else
        {
            open = new OpenSeries(RowContent.Open(rows, facts.SeriesToken, row.Sealed));
        }

        study.Series.Add(facts.SeriesToken, open);
        return open;
    }

    private static DataSet NewStudy(InstanceFacts facts)
    {
        var content = RowContent.Pick(facts.Header, [.. QueryAttributes.Patient, .. QueryAttributes.Study]);
        content.SetString(DicomTag.StudyInstanceUID, facts.Uids.Study.Value);
        if (facts.Patient is { } patient)
        {
            // Whom ingest took the patient for: an issuer by default, or an ID mapped by an import.
            SetText(content, DicomTag.PatientID, patient.PatientId);
            SetText(content, DicomTag.IssuerOfPatientID, patient.Issuer);
        }

        return content;
    }

    private static void SetText(DataSet content, DicomTag tag, string text)
    {
        if (text.Length == 0)
        {
            content.Remove(tag);
        }
        else if (content.GetString(tag) != text)
        {
            RowText.Set(content, tag, text);
        }
    }

    /// <summary>Adds a value to those gathered; false if it is there.</summary>
    private static bool Add(DataSet content, DicomTag tag, string value)
    {
        var values = content.GetStrings(tag);
        if (values.Contains(value) || values.Count >= 64)
        {
            return false;
        }

        content.SetString(tag, [.. values, value]);
        return true;
    }

    private sealed class OpenStudy(DataSet content, Token patient)
    {
        /// <summary>Whose it is: after a correction not whose its instances say.</summary>
        public Token Patient { get; } = patient;
        public DataSet Content { get; } = content;
        public bool IsNew { get; set; }
        public Dictionary<Token, OpenSeries> Series { get; } = [];
    }

    private sealed class OpenSeries(DataSet content)
    {
        public DataSet Content { get; } = content;
        public bool IsNew { get; set; }
    }
}
