using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// What the index needs of one stored instance: from ingest, or from its record in a replay. Both go the same way from
/// here, so that a rebuilt index is the same index.
/// </summary>
internal sealed class InstanceFacts
{
    private InstanceFacts(
        DataSet header,
        PatientKey? patient,
        ArchiveKeys keys,
        InstanceUids uids,
        string transferSyntax
    )
    {
        Header = header;
        TransferSyntaxUid = transferSyntax;
        Patient = patient;
        Uids = uids;
        StudyToken = keys.Of(uids.Study);
        SeriesToken = keys.Of(uids.Series);
        InstanceToken = keys.Of(uids.Instance);
        ClassToken = keys.Of(uids.Instance, uids.SopClass);
        PatientToken = keys.OfPatient(patient, uids.Study);
    }

    public DataSet Header { get; }
    public PatientKey? Patient { get; }
    public string TransferSyntaxUid { get; }
    public InstanceUids Uids { get; }
    public Token StudyToken { get; }
    public Token SeriesToken { get; }
    public Token InstanceToken { get; }
    public Token ClassToken { get; }
    public Token PatientToken { get; }
    public string Modality => Header.GetString(DicomTag.Modality) ?? "";

    /// <summary>What the access policy wants to know.</summary>
    public StudyFacts StudyFacts =>
        new()
        {
            Study = Uids.Study,
            Patient = Patient,
            Modalities = Modality.Length == 0 ? [] : [Modality],
            Referring = ReferringPhysician.Of(Header),
        };

    /// <summary>From a data set that came in.</summary>
    /// <param name="header">Its attributes.</param>
    /// <param name="defaultIssuer">For a Patient ID without issuer.</param>
    /// <param name="mapped">Whose it is, where whoever brings it in knows better; else null.</param>
    public static InstanceFacts Of(
        DataSet header,
        InstanceUids uids,
        TransferSyntax syntax,
        string? defaultIssuer,
        PatientKey? mapped,
        ArchiveKeys keys
    )
    {
        var id = header.GetString(DicomTag.PatientID);
        var issuer = header.GetString(DicomTag.IssuerOfPatientID);
        var patient =
            mapped
            ?? (
                string.IsNullOrEmpty(id)
                    ? null
                    : new PatientKey(id, string.IsNullOrEmpty(issuer) ? defaultIssuer ?? "" : issuer)
            );
        return new InstanceFacts(header, patient, keys, uids, syntax.Uid);
    }

    /// <summary>From a record: the patient is whom ingest took it for.</summary>
    public static InstanceFacts Of(DataSet header, RecordDescriptor descriptor, ArchiveKeys keys)
    {
        var patient = descriptor.PatientId is { Length: > 0 } id ? new PatientKey(id, descriptor.Issuer ?? "") : null;
        return new InstanceFacts(header, patient, keys, InstanceUids.Of(descriptor), descriptor.TransferSyntax ?? "");
    }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance";
}

/// <summary>The UIDs that say what an instance is and where it belongs.</summary>
public sealed record InstanceUids(
    StudyInstanceUid Study,
    SeriesInstanceUid Series,
    SopInstanceUid Instance,
    SopClassUid SopClass
)
{
    /// <exception cref="BlobDamagedException">The descriptor lacks one of them.</exception>
    internal static InstanceUids Of(RecordDescriptor descriptor) =>
        StudyInstanceUid.TryParse(descriptor.Study, out var study)
        && SeriesInstanceUid.TryParse(descriptor.Series, out var series)
        && SopInstanceUid.TryParse(descriptor.SopInstance, out var instance)
        && SopClassUid.TryParse(descriptor.SopClass, out var sopClass)
            ? new InstanceUids(study, series, instance, sopClass)
            : throw new BlobDamagedException("a descriptor without the UIDs of its instance");

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "uids";
}
