using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <content>What whoever transcodes has to carry over besides header and frames.</content>
public sealed partial class OpenedInstance
{
    private DataSet? _trailer;

    /// <summary>Bulk data of the top level that is too long for <see cref="ReadHeaderAsync"/>, in the order of its tags.</summary>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    public async ValueTask<IReadOnlyList<BulkData>> ReadLongValuesAsync(CancellationToken cancellationToken) =>
        [
            .. (await StoredHeaderAsync(cancellationToken))
                .LongValues.OrderBy(pair => pair.Key)
                .Select(pair => new BulkData(pair.Key, pair.Value.Vr, pair.Value.Length, null)),
        ];

    /// <summary>The attributes that stand behind the pixel data; empty where there are none.</summary>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    /// <exception cref="DicomFormatException">They are no data set, or longer than 16 MiB.</exception>
    public async ValueTask<DataSet> ReadTrailerAsync(CancellationToken cancellationToken)
    {
        if (_trailer is null && (await StoredHeaderAsync(cancellationToken)).PixelData is { } pixels)
        {
            var stored =
                await RecordTrailer.ReadAsync(
                    _record,
                    TransferSyntax,
                    pixels,
                    RecordHeaders.BytesMax,
                    cancellationToken
                )
                ?? throw new DicomFormatException(
                    "What stands behind the pixel data is too long",
                    0,
                    null,
                    "PS3.5 7.1"
                );
            _trailer = Instance.Correction is null ? stored : PatientAttributes.WithoutFormer(stored);
        }

        return _trailer ??= new DataSet();
    }
}
