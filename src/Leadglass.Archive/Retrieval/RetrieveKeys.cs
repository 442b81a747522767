using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>The unique keys of a retrieve request (PS3.4 C.4.2.2, C.4.3.2).</summary>
internal sealed record RetrieveKeys(
    string? PatientId,
    string? Issuer,
    IReadOnlyList<StudyInstanceUid> Studies,
    IReadOnlyList<SeriesInstanceUid> Series,
    IReadOnlyList<SopInstanceUid> Instances
)
{
    private const int UidsMax = 100_000;

    /// <exception cref="SearchRefusedException">A unique key that the level needs is missing or none.</exception>
    public static RetrieveKeys Of(SearchRequest request)
    {
        var keys = request.Identifier;
        var level = keys.GetString(DicomTag.QueryRetrieveLevel) switch
        {
            "PATIENT" when request.Model is QueryModel.PatientRoot => QueryLevel.Patient,
            "STUDY" => QueryLevel.Study,
            "SERIES" => QueryLevel.Series,
            "IMAGE" => QueryLevel.Image,
            _ => throw new SearchRefusedException(
                QueryStatus.IdentifierDoesNotMatch,
                "Query/Retrieve Level is missing or not of this model",
                DicomTag.QueryRetrieveLevel
            ),
        };
        var patientId = keys.GetString(DicomTag.PatientID);
        if (level is QueryLevel.Patient && patientId is null)
        {
            throw Missing(DicomTag.PatientID);
        }

        var studies = Uids<StudyInstanceUid>(keys, DicomTag.StudyInstanceUID, StudyInstanceUid.TryParse);
        var series = Uids<SeriesInstanceUid>(keys, DicomTag.SeriesInstanceUID, SeriesInstanceUid.TryParse);
        var instances = Uids<SopInstanceUid>(keys, DicomTag.SOPInstanceUID, SopInstanceUid.TryParse);
        Require(level, QueryLevel.Study, studies.Count, DicomTag.StudyInstanceUID);
        Require(level, QueryLevel.Series, series.Count, DicomTag.SeriesInstanceUID);
        Require(level, QueryLevel.Image, instances.Count, DicomTag.SOPInstanceUID);

        // Keys below the level are none (PS3.4 C.4.2.2.1).
        return new RetrieveKeys(
            patientId,
            keys.GetString(DicomTag.IssuerOfPatientID),
            level >= QueryLevel.Study ? studies : [],
            level >= QueryLevel.Series ? series : [],
            level >= QueryLevel.Image ? instances : []
        );

        void Require(QueryLevel asked, QueryLevel keyLevel, int count, DicomTag tag)
        {
            if (count == 0 && (asked == keyLevel || (asked > keyLevel && !request.IsRelational)))
            {
                throw Missing(tag);
            }
        }
    }

    /// <summary>Whether a study is of the patient that the request names, if it names one.</summary>
    public bool MatchesPatient(DataSet study) =>
        (PatientId is null || study.GetString(DicomTag.PatientID) == PatientId)
        && (Issuer is null || study.GetString(DicomTag.IssuerOfPatientID) == Issuer);

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "retrieve keys";

    private delegate bool Parser<T>(ReadOnlySpan<char> text, out T uid);

    private static List<T> Uids<T>(DataSet keys, DicomTag tag, Parser<T> parse)
    {
        List<T> uids = [];
        foreach (var text in keys.GetStrings(tag))
        {
            if (text.Length == 0)
            {
                continue;
            }

            if (!parse(text, out var uid))
            {
                throw new SearchRefusedException(QueryStatus.IdentifierDoesNotMatch, "a unique key is no UID", tag);
            }

            uids.Add(uid);
            if (uids.Count > UidsMax)
            {
                throw new SearchRefusedException(QueryStatus.OutOfResources, "too many UIDs in one key", tag);
            }
        }

        return uids;
    }

    private static SearchRefusedException Missing(DicomTag tag) =>
        new(QueryStatus.IdentifierDoesNotMatch, "a unique key of the level is missing", tag);
}
