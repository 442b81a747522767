using System.Collections.Immutable;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>What an instance must say to be stored; whatever else is odd about it is recorded, not refused.</summary>
internal static class HeaderCheck
{
    /// <summary>Whether instances of a SOP class are stored here.</summary>
    /// <param name="negotiated">What the peer named as storage.</param>
    public static bool CanStore(
        SopClassUid sopClass,
        ArchiveOptions options,
        IReadOnlyCollection<string>? negotiated
    ) =>
        UidRegistry.StorageScopeOf(sopClass.Value) switch
        {
            StorageScope.PatientStudy => true,
            StorageScope.NonPatient => false,
            _ => options.PrivateSopClasses.Contains(sopClass.Value)
                || (UidRegistry.Find(sopClass.Value) is null && negotiated?.Contains(sopClass.Value) == true),
        };

    /// <summary>Null if it can be stored; else the refusal.</summary>
    /// <param name="options">Which private SOP classes are stored.</param>
    /// <param name="uids">The UIDs where all are there, of a refused one too.</param>
    public static IngestOutcome? Check(
        DataSet header,
        IngestRequest request,
        ArchiveOptions options,
        out InstanceUids? uids
    )
    {
        uids = null;
        if (!SopClassUid.TryParse(header.GetString(DicomTag.SOPClassUID), out var sopClass))
        {
            return Refuse(StorageStatus.DataSetDoesNotMatch, "SOP Class UID (0008,0016) is missing or no UID");
        }

        if (request.SopClass is { } announced && sopClass != announced)
        {
            // PS3.4 B.2.3: the data set does not match the SOP class of the request.
            return Refuse(StorageStatus.DataSetDoesNotMatch, "SOP Class UID (0008,0016) is not the request's");
        }

        if (!SopInstanceUid.TryParse(header.GetString(DicomTag.SOPInstanceUID), out var instance))
        {
            return Refuse(StorageStatus.CannotUnderstand, "SOP Instance UID (0008,0018) is missing or no UID");
        }

        if (request.SopInstance is { } named && instance != named)
        {
            return Refuse(StorageStatus.CannotUnderstand, "SOP Instance UID (0008,0018) is not the request's");
        }

        if (!StudyInstanceUid.TryParse(header.GetString(DicomTag.StudyInstanceUID), out var study))
        {
            return Refuse(StorageStatus.CannotUnderstand, "Study Instance UID (0020,000D) is missing or no UID");
        }

        if (!SeriesInstanceUid.TryParse(header.GetString(DicomTag.SeriesInstanceUID), out var series))
        {
            return Refuse(StorageStatus.CannotUnderstand, "Series Instance UID (0020,000E) is missing or no UID");
        }

        uids = new InstanceUids(study, series, instance, sopClass);
        if (!CanStore(sopClass, options, request.NegotiatedStorageSopClasses))
        {
            return Refuse(StorageStatus.SopClassNotSupported, "SOP class is not stored here");
        }

        return request.Study is { } only && study != only
            ? Refuse(StorageStatus.DataSetDoesNotMatch, "Study Instance UID (0020,000D) is not the request's")
            : null;
    }

    /// <summary>
    /// Attributes out of order may stand where only some readers look: an instance that is one patient's to us and
    /// another's to them is not stored.
    /// </summary>
    public static bool IdentifiesBehindPixelData(DataSet? trailer) =>
        trailer is not null
        && (
            trailer.Contains(DicomTag.PatientID)
            || trailer.Contains(DicomTag.IssuerOfPatientID)
            || trailer.Contains(DicomTag.PatientName)
            || trailer.Contains(DicomTag.StudyInstanceUID)
            || trailer.Contains(DicomTag.SeriesInstanceUID)
            || trailer.Contains(DicomTag.SOPInstanceUID)
            || trailer.Contains(DicomTag.SOPClassUID)
        );

    /// <summary>What a careful reader would remark on, by tag and without values.</summary>
    public static ImmutableArray<string> Oddities(DataSet header)
    {
        var oddities = ImmutableArray.CreateBuilder<string>();
        if (header.HadTagsOutOfOrder)
        {
            oddities.Add("tags out of order or repeated");
        }

        foreach (
            var tag in (DicomTag[])[DicomTag.PatientID, DicomTag.PatientName, DicomTag.StudyDate, DicomTag.Modality]
        )
        {
            if (header.Find(tag) is not { IsEmpty: false })
            {
                oddities.Add($"{tag} is absent or empty");
            }
        }

        return oddities.ToImmutable();
    }

    private static IngestOutcome Refuse(ushort status, string comment) => new(IngestResult.Refused, status, comment);
}
