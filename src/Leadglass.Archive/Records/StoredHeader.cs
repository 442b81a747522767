using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>The attributes of a stored instance, and where what is not among them lies.</summary>
/// <param name="DataSet">What stands before the pixel data, without long bulk data.</param>
/// <param name="LongValues">Bulk data of the top level that is too long to be among them.</param>
/// <param name="PixelData">Where the pixel data lies; null when there is none. Its fragments are not known.</param>
internal sealed record StoredHeader(
    DataSet DataSet,
    IReadOnlyDictionary<DicomTag, LongValue> LongValues,
    PixelDataLayout? PixelData
)
{
    /// <summary>What stands behind the pixel data; null where nobody asked, or there is too much of it.</summary>
    public DataSet? Trailer { get; init; }

    /// <summary>The same with the patient that the study was assigned to.</summary>
    public StoredHeader Corrected(PatientCorrection? correction) =>
        correction is null
            ? this
            : this with
            {
                DataSet = PatientAttributes.Corrected(DataSet, correction),
                LongValues = LongValues
                    .Where(pair => !PatientAttributes.IsOfFormerPatient(pair.Key))
                    .ToDictionary(pair => pair.Key, pair => pair.Value),
                Trailer = Trailer is null ? null : PatientAttributes.WithoutFormer(Trailer),
            };

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "header";
}

/// <summary>A value that is not kept in memory.</summary>
internal readonly record struct LongValue(ValueRepresentation Vr, long Length);
