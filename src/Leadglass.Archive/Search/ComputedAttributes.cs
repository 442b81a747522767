using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>Attributes that are counted when a query asks for them (PS3.4 C.3.4).</summary>
internal static class ComputedAttributes
{
    public static void Add(QueryPlan plan, OpenedStudy study, StudyDirectory directory, AccessGrant grant)
    {
        // A count over what the device may not see would tell of it: such a key comes back empty.
        if (grant.Identity is DeviceIdentity { Device.Scope.Modalities.IsEmpty: false })
        {
            return;
        }

        var content = study.Content;
        content.SetString(DicomTag.NumberOfStudyRelatedSeries, study.Row.SeriesCount.ToString());
        content.SetString(DicomTag.NumberOfStudyRelatedInstances, study.Row.InstanceCount.ToString());
        if (
            !SeesPatientsWhole(grant)
            || (
                !plan.Request.ReturnsAll
                && !plan.Asks(DicomTag.NumberOfPatientRelatedStudies)
                && !plan.Asks(DicomTag.NumberOfPatientRelatedSeries)
                && !plan.Asks(DicomTag.NumberOfPatientRelatedInstances)
            )
        )
        {
            return;
        }

        var (studies, series, instances) = (0, 0, 0);
        foreach (var entry in Of(study, directory))
        {
            studies++;
            series += entry.SeriesCount;
            instances += entry.InstanceCount;
        }

        content.SetString(DicomTag.NumberOfPatientRelatedStudies, studies.ToString());
        content.SetString(DicomTag.NumberOfPatientRelatedSeries, series.ToString());
        content.SetString(DicomTag.NumberOfPatientRelatedInstances, instances.ToString());
    }

    /// <summary>A device is limited to patients, never to some studies of one; people and shares may be.</summary>
    private static bool SeesPatientsWhole(AccessGrant grant) =>
        grant.ReachesEverything || grant.Identity is DeviceIdentity;

    private static IEnumerable<StudyEntry> Of(OpenedStudy study, StudyDirectory directory) =>
        directory
            .OfPatientId(study.Content.GetString(DicomTag.PatientID) ?? "")
            .Where(entry => entry.Patient == study.Row.Patient);
}
