using System.IO.Pipelines;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Server.Pages.Studies;

namespace Leadglass.Server.Pages.Reports;

/// <summary>Reads single instances within a grant to retrieve: attributes, reports, key objects, documents.</summary>
internal sealed class StoredInstances(ImageArchive archive)
{
    private const string DocumentPath = "00420011";
    private const int KeyObjectSelectionsMax = 16;

    /// <summary>The instance's attributes; null where there is none that the grant covers.</summary>
    public async Task<(ArchivedInstance Instance, DataSet Header)?> ReadAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        SeriesInstanceUid series,
        SopInstanceUid instance,
        CancellationToken cancellationToken
    )
    {
        if (await archive.Retrieval.FindAsync(grant, study, series, instance, cancellationToken) is not { } found)
        {
            return null;
        }
        using var opened = await archive.Retrieval.OpenAsync(grant, found, cancellationToken);
        return (found, await opened.ReadHeaderAsync(cancellationToken));
    }

    /// <summary>What the key object selections of a study name: title by instance, and series by instance.</summary>
    public async Task<IReadOnlyList<(string Title, ReportReference Reference)>> KeyObjectsAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        IEnumerable<InstanceSummary> documents,
        CancellationToken cancellationToken
    )
    {
        List<(string, ReportReference)> named = [];
        foreach (
            var selection in documents.Where(one => one.Kind is InstanceKind.KeyObjects).Take(KeyObjectSelectionsMax)
        )
        {
            if (
                SeriesInstanceUid.TryParse(selection.SeriesUid, out var series)
                && SopInstanceUid.TryParse(selection.InstanceUid, out var uid)
                && await ReadAsync(grant, study, series, uid, cancellationToken) is var (_, header)
                && StructuredReport.Of(header) is { } report
            )
            {
                named.AddRange(report.References.Select(reference => (selection.Title ?? "", reference)));
            }
        }
        return named;
    }

    /// <summary>Sends an encapsulated document; false where there is none.</summary>
    /// <param name="describe">Told the media type and the length before the first byte.</param>
    public async Task<bool> SendDocumentAsync(
        AccessGrant grant,
        (StudyInstanceUid Study, SeriesInstanceUid Series, SopInstanceUid Instance) uids,
        Action<string, long> describe,
        PipeWriter sink,
        CancellationToken cancellationToken
    )
    {
        if (
            await archive.Retrieval.FindAsync(grant, uids.Study, uids.Series, uids.Instance, cancellationToken)
            is not { } found
        )
        {
            return false;
        }
        using var opened = await archive.Retrieval.OpenAsync(grant, found, cancellationToken);
        if (
            await opened.ReadBulkDataAsync(DocumentPath, cancellationToken)
            is not { Length: > 0 and var length } document
        )
        {
            return false;
        }
        var header = await opened.ReadHeaderAsync(cancellationToken);
        var exact =
            header.GetInt64(DicomTag.EncapsulatedDocumentLength) is { } told
            && told > 0
            && told <= length
            && length - told <= 1
                ? told
                : length;
        describe(header.GetString(DicomTag.MIMETypeOfEncapsulatedDocument) ?? "", exact);
        await opened.CopyBulkDataAsync(document, 0, exact, sink, cancellationToken);
        return true;
    }
}
