using System.Text;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Tests.DicomWeb;

namespace Leadglass.Server.Tests.Pages;

public sealed class StudyPageTests(PagesArchive archive) : IClassFixture<PagesArchive>
{
    private const string EncapsulatedPdf = "1.2.840.10008.5.1.4.1.1.104.1";
    private const string ComprehensiveReport = "1.2.840.10008.5.1.4.1.1.88.33";
    private const string KeyObjects = "1.2.840.10008.5.1.4.1.1.88.59";

    [Fact]
    public async Task AStudyShowsItsPatientItsSeriesAndThePriors()
    {
        var now = WebInstances.Make(5501, name: "Muster^Erika", date: "20240310");
        now.SetString(DicomTag.PatientBirthDate, "19800620");
        now.SetString(DicomTag.SeriesDescription, "Lung 1.0");
        var before = WebInstances.Make(5502, name: "Muster^Erika", date: "20200101", modality: "MR");
        before.SetString(DicomTag.PatientID, "P5501");
        var somebodyElse = WebInstances.Make(5503, name: "Muster^Erika", date: "20200101");
        await archive.StoreAsync(now, WebInstances.Make(5501, number: 2, name: "Muster^Erika"), before, somebodyElse);
        using var browser = await archive.SignInAsync(Role.Technician);
        var page = await browser.GetAsync($"/studies/{WebInstances.Study(5501)}");
        Assert.Equal("Muster, Erika", page.Document.QuerySelector("h1")!.TextContent.Trim());
        Assert.Contains("20 Jun 1980", page.Text, StringComparison.Ordinal);
        Assert.Contains("(43 y when examined)", page.Text, StringComparison.Ordinal);
        Assert.Equal("Lung 1.0", page.Document.QuerySelector(".links th a")!.TextContent.Trim());
        Assert.Equal(
            [$"/studies/{WebInstances.Study(5502)}"],
            page.Document.QuerySelectorAll(".priors a").Select(link => link.GetAttribute("href"))
        );
    }

    [Fact]
    public async Task AReportIsReadAsTextWithMeasurementsAndReferences()
    {
        var report = Document(5511, 2, ComprehensiveReport, "SR");
        report.SetString(DicomTag.ValueType, "CONTAINER");
        report.SetItems(DicomTag.ConceptNameCodeSequence, Code("Report of a phantom"));
        var measured = new DataSet();
        measured.SetString(DicomTag.NumericValue, "12.5");
        measured.SetItems(DicomTag.MeasurementUnitsCodeSequence, Code("millimetre", "mm"));
        report.SetItems(
            DicomTag.ContentSequence,
            Item(
                "CONTAINER",
                "Findings",
                item =>
                    item.SetItems(
                        DicomTag.ContentSequence,
                        Item("TEXT", "Description", text => text.SetString(DicomTag.TextValue, "First line\r\nSecond")),
                        Item("NUM", "Diameter", number => number.SetItems(DicomTag.MeasuredValueSequence, measured)),
                        Item(
                            "IMAGE",
                            "Best seen in",
                            image => image.SetItems(DicomTag.ReferencedSOPSequence, Named(5511))
                        )
                    )
            )
        );
        report.SetItems(DicomTag.CurrentRequestedProcedureEvidenceSequence, Evidence(5511));
        await archive.StoreAsync(WebInstances.Make(5511), report);
        using var browser = await archive.SignInAsync(Role.Radiologist);
        var study = await browser.GetAsync($"/studies/{WebInstances.Study(5511)}");
        var link = study.Document.QuerySelector(".documents a")!;
        Assert.Equal("Report of a phantom", link.TextContent.Trim());
        var page = await browser.GetAsync(link.GetAttribute("href")!);
        Assert.Equal("Findings", page.Document.QuerySelector("article h3")!.TextContent);
        Assert.Equal("First line\nSecond", page.Document.QuerySelector(".report-text")!.TextContent);
        Assert.Equal("12.5mm", page.Document.QuerySelector(".report-value strong")!.TextContent);
        var reference = page.Document.QuerySelector("a.reference")!.GetAttribute("href")!;
        Assert.Equal(200, (await browser.GetAsync(reference)).Status);
    }

    [Fact]
    public async Task KeyImagesAreMarked()
    {
        var selection = Document(5521, 2, KeyObjects, "KO");
        selection.SetString(DicomTag.ValueType, "CONTAINER");
        selection.SetItems(DicomTag.ConceptNameCodeSequence, Code("For Referring Provider"));
        selection.SetItems(
            DicomTag.ContentSequence,
            Item("IMAGE", null, item => item.SetItems(DicomTag.ReferencedSOPSequence, Named(5521)))
        );
        selection.SetItems(DicomTag.CurrentRequestedProcedureEvidenceSequence, Evidence(5521));
        await archive.StoreAsync(WebInstances.Make(5521), WebInstances.Make(5521, number: 2), selection);
        using var browser = await archive.SignInAsync(Role.Radiologist);
        var path = $"/studies/{WebInstances.Study(5521)}";
        Assert.Equal(
            "1 key image",
            (await browser.GetAsync(path)).Document.QuerySelector(".chip.key")!.TextContent.Trim()
        );
        var series = await browser.GetAsync($"{path}/series/{WebInstances.Series(5521, 1)}");
        Assert.Equal(
            ["For Referring Provider"],
            series.Document.QuerySelectorAll(".chip.key").Select(chip => chip.TextContent.Trim())
        );
    }

    [Fact]
    public async Task ADocumentLeavesUnderANeutralNameAndRunsNothing()
    {
        var pdf = Encoding.ASCII.GetBytes("%PDF-1.4\n% a phantom's document\n%%EOF\n!");
        var instance = Document(5531, 2, EncapsulatedPdf, "DOC");
        instance.SetString(DicomTag.DocumentTitle, "Letter about Muster, Erika");
        instance.SetString(DicomTag.MIMETypeOfEncapsulatedDocument, "application/pdf");
        instance.SetBytes(DicomTag.EncapsulatedDocument, ValueRepresentation.OB, pdf);
        instance.SetUInt32(DicomTag.EncapsulatedDocumentLength, (uint)pdf.Length);
        var page = Document(5531, 3, EncapsulatedPdf, "DOC");
        page.SetString(DicomTag.MIMETypeOfEncapsulatedDocument, "text/html");
        page.SetBytes(DicomTag.EncapsulatedDocument, ValueRepresentation.OB, "<script>alert(1)</script>"u8.ToArray());
        await archive.StoreAsync(instance, page);
        using var browser = await archive.SignInAsync(Role.Radiologist);
        var shown = await browser.GetAsync(PathOf(5531, 2) + "/document");
        Assert.Equal(pdf, shown.Body);
        Assert.Equal("application/pdf", shown.Headers["Content-Type"]);
        Assert.Equal("inline; filename=\"document.pdf\"", shown.Headers["Content-Disposition"]);
        Assert.StartsWith("default-src 'none';", shown.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", shown.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        var saved = await browser.GetAsync(PathOf(5531, 2) + "/document?save=1");
        Assert.Equal("attachment; filename=\"document.pdf\"", saved.Headers["Content-Disposition"]);
        var other = await browser.GetAsync(PathOf(5531, 3) + "/document");
        Assert.Equal("application/octet-stream", other.Headers["Content-Type"]);
        Assert.StartsWith("attachment", other.Headers["Content-Disposition"], StringComparison.Ordinal);
        Assert.StartsWith("sandbox;", other.Headers["Content-Security-Policy"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNotThereIsNotFoundWhateverStandsInThePath()
    {
        using var browser = await archive.SignInAsync(Role.Radiologist);
        foreach (
            var path in (string[])
                [
                    "/studies/1.2.3",
                    "/studies/not-a-uid",
                    "/studies/..%2f..%2fetc",
                    "/studies/1.2.3/series/1.2.4",
                    "/studies/1.2.3/series/1.2.4/instances/1.2.5",
                    "/studies/1.2.3/series/1.2.4/instances/1.2.5/document",
                    "/studies/1.2.3/seen-by",
                ]
        )
        {
            var page = await browser.GetAsync(path);
            Assert.Equal(404, page.Status);
            Assert.Equal("Not found", page.Document.QuerySelector("h1")!.TextContent);
        }
    }

    [Fact]
    public async Task AFileIsUploadedAndWhatIsNoneIsSaidToBeNone()
    {
        using var browser = await archive.SignInAsync(Role.Technician);
        var page = await browser.GetAsync("/upload");
        using var file = TokenProgram.Content("application/dicom", WebInstances.File(WebInstances.Make(5541)));
        var stored = await browser.PostAsync("/upload/file", file, page);
        Assert.Equal($$"""{"result":"stored","comment":"","study":"{{WebInstances.Study(5541)}}"}""", stored.Html);
        using var letter = TokenProgram.Content("application/dicom", "Dear Sir or Madam"u8.ToArray());
        Assert.StartsWith(
            """{"result":"skipped",""",
            (await browser.PostAsync("/upload/file", letter, page)).Html,
            StringComparison.Ordinal
        );
        var other = WebInstances.Make(5541);
        other.SetString(DicomTag.StudyDescription, "Something else under the same UID");
        using var conflicting = TokenProgram.Content("application/dicom", WebInstances.File(other));
        Assert.StartsWith(
            """{"result":"conflict",""",
            (await browser.PostAsync("/upload/file", conflicting, page)).Html,
            StringComparison.Ordinal
        );
        Assert.Equal(200, (await browser.GetAsync($"/studies/{WebInstances.Study(5541)}")).Status);
    }

    private static string PathOf(int number, int series) =>
        $"/studies/{WebInstances.Study(number)}/series/{WebInstances.Series(number, series)}"
        + $"/instances/{WebInstances.Instance(number, series, 1)}";

    private static DataSet Document(int number, int series, string sopClass, string modality)
    {
        var document = WebInstances.Make(number, series, modality: modality);
        document.SetString(DicomTag.SOPClassUID, sopClass);
        document.Remove(DicomTag.PixelData);
        return document;
    }

    private static DataSet Named(int number)
    {
        var named = new DataSet();
        named.SetString(DicomTag.ReferencedSOPClassUID, WebInstances.CtImage);
        named.SetString(DicomTag.ReferencedSOPInstanceUID, WebInstances.Instance(number, 1, 1));
        return named;
    }

    private static DataSet Evidence(int number)
    {
        var series = new DataSet();
        series.SetString(DicomTag.SeriesInstanceUID, WebInstances.Series(number, 1));
        series.SetItems(DicomTag.ReferencedSOPSequence, Named(number));
        var study = new DataSet();
        study.SetString(DicomTag.StudyInstanceUID, WebInstances.Study(number));
        study.SetItems(DicomTag.ReferencedSeriesSequence, series);
        return study;
    }

    private static DataSet Item(string type, string? concept, Action<DataSet> fill)
    {
        var item = new DataSet();
        item.SetString(DicomTag.RelationshipType, "CONTAINS");
        item.SetString(DicomTag.ValueType, type);
        if (concept is not null)
        {
            item.SetItems(DicomTag.ConceptNameCodeSequence, Code(concept));
        }
        fill(item);
        return item;
    }

    private static DataSet Code(string meaning, string value = "1")
    {
        var code = new DataSet();
        code.SetString(DicomTag.CodeValue, value);
        code.SetString(DicomTag.CodingSchemeDesignator, "99TEST");
        code.SetString(DicomTag.CodeMeaning, meaning);
        return code;
    }
}
