using AngleSharp.Dom;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Tests.DicomWeb;

namespace Leadglass.Server.Tests.Pages;

/// <summary>
/// Whoever sends an instance writes its texts. Each page on which one of them shows is looked at as a browser reads it:
/// nothing of a text has become markup, and nothing in it deceives the eye.
/// </summary>
public sealed class HostilePageTests(PagesArchive archive) : IClassFixture<PagesArchive>
{
    private const string Report = "1.2.840.10008.5.1.4.1.1.88.33";
    private const int Patient = 6601;

    private static readonly string[] Texts =
    [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'><svg onload=alert(1)>",
        "javascript:alert(1)",
        "\u202Egpj.exe\u2066",
        "</title></textarea><style>*{}</style>",
    ];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task ATextOfADataSetNeverBecomesMarkup(int which)
    {
        var text = Texts[which];
        var number = Patient + which;
        await archive.StoreAsync(Hostile(number, text), HostileReport(number, text));
        using var radiologist = await archive.SignInAsync(Role.Radiologist, Role.Records);
        var study = $"/studies/{WebInstances.Study(number)}";
        var series = $"{study}/series/{WebInstances.Series(number, 1)}";
        var reports =
            $"{study}/series/{WebInstances.Series(number, 2)}/instances/{WebInstances.Instance(number, 2, 1)}";
        foreach (
            var path in (string[])
                [
                    "/",
                    study,
                    series,
                    $"{series}/instances/{WebInstances.Instance(number, 1, 1)}",
                    reports,
                    $"{study}/seen-by",
                ]
        )
        {
            AssertHarmless(await radiologist.GetAsync(path), path);
        }
        var shown = await radiologist.GetAsync(reports);
        Assert.Contains(Visible(text), shown.Text, StringComparison.Ordinal);
        Assert.Contains(Visible(text), (await radiologist.GetAsync(study)).Text, StringComparison.Ordinal);
    }

    /// <summary>What people type comes back on pages too.</summary>
    [Fact]
    public async Task ATextThatSomebodyTypedNeverBecomesMarkup()
    {
        await archive.StoreAsync(WebInstances.Make(6651, name: "Probe^Harmless"));
        using var radiologist = await archive.SignInAsync(Role.Radiologist, Role.Records);
        var study = $"/studies/{WebInstances.Study(6651)}";
        foreach (var text in Texts)
        {
            var list = await radiologist.GetAsync("/");
            var searched = await radiologist.FollowAsync(
                await radiologist.SendAsync(list, "/search", ("words", text), ("referring", text))
            );
            AssertHarmless(searched, "/search");
            var page = await radiologist.GetAsync(study);
            var shared = await radiologist.SendAsync(page, $"{study}/share", ("whom", text), ("days", "1"));
            AssertHarmless(shared, "share");
            var rejected = await radiologist.FollowAsync(
                await radiologist.SendAsync(
                    page,
                    $"{study}/reject",
                    ("series", ""),
                    ("reason", "Quality"),
                    ("text", text)
                )
            );
            AssertHarmless(rejected, "reject");
            var list2 = await radiologist.GetAsync("/records/rejected");
            AssertHarmless(list2, "/records/rejected");
            await radiologist.SendAsync(list2, "/records/rejected/restore", ("study", WebInstances.Study(6651)));
        }
        AssertHarmless(await radiologist.GetAsync("/account"), "/account");
        using var officer = await archive.SignInAsync(Role.DataProtectionOfficer);
        AssertHarmless(await officer.GetAsync("/trail"), "/trail");
    }

    /// <summary>A browser keeps titles in its history and shows them on the task bar.</summary>
    [Fact]
    public async Task NoTitleAndNoPathNamesAPatient()
    {
        await archive.StoreAsync(WebInstances.Make(6652, name: "Unmistakable^Patient"));
        using var radiologist = await archive.SignInAsync(Role.Radiologist);
        var study = $"/studies/{WebInstances.Study(6652)}";
        foreach (
            var path in (string[])["/", study, $"{study}/series/{WebInstances.Series(6652, 1)}", $"{study}/seen-by"]
        )
        {
            var page = await radiologist.GetAsync(path);
            Assert.Equal(200, page.Status);
            Assert.DoesNotContain("Unmistakable", page.Document.Title, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(
                page.Document.QuerySelectorAll("[href], [action], [formaction]"),
                element =>
                    new[] { "href", "action", "formaction" }.Any(name =>
                        element.GetAttribute(name)?.Contains("Unmistakable", StringComparison.OrdinalIgnoreCase)
                        ?? false
                    )
            );
        }
    }

    private static void AssertHarmless(SeenPage page, string path)
    {
        Assert.True(page.Status == 200, $"{path}: {page.Status}");
        Assert.Contains("script-src 'self';", page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", page.Headers["Content-Security-Policy"], StringComparison.Ordinal);
        foreach (var element in page.Document.All)
        {
            var isOurs = element.LocalName switch
            {
                "img" or "iframe" or "object" or "embed" or "style" or "base" => false,
                "script" => element.TextContent.Length == 0 && IsAsset(element.GetAttribute("src")),
                "svg" => element.ClassName is "icon" || element.ParentElement?.ClassName is "mark",
                _ => true,
            };
            Assert.True(isOurs, $"{path} grew a {element.LocalName}");
            foreach (var attribute in element.Attributes)
            {
                Assert.False(
                    attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute.Name == "style",
                    $"{path}: {element.LocalName} has {attribute.Name}"
                );
                Assert.False(
                    attribute.Name is "href" or "src" or "action" or "formaction"
                        && !attribute.Value.StartsWith('/')
                        && !attribute.Value.StartsWith('#')
                        && !attribute.Value.StartsWith("?page=", StringComparison.Ordinal),
                    $"{path}: {attribute.Name} leads elsewhere"
                );
            }
        }
        // Where a field shows what was typed it is the typer's own text; elsewhere nothing turns the direction.
        Assert.DoesNotContain(
            page.Document.Body!.TextContent,
            character => character is '\u202A' or '\u202B' or '\u202D' or '\u202E' or '\u2066' or '\u2067' or '\u2068'
        );
    }

    private static bool IsAsset(string? path) => path?.StartsWith("/assets/", StringComparison.Ordinal) ?? false;

    private static string Visible(string text) =>
        string.Concat(text.Select(character => character is '\u202E' or '\u2066' ? '\uFFFD' : character));

    /// <summary>The text in every attribute that a page shows.</summary>
    private static DataSet Hostile(int number, string text)
    {
        var dataSet = WebInstances.Make(number, name: text.Replace("=", "", StringComparison.Ordinal));
        foreach (
            var tag in (DicomTag[])
                [
                    DicomTag.PatientID,
                    DicomTag.IssuerOfPatientID,
                    DicomTag.StudyDescription,
                    DicomTag.SeriesDescription,
                    DicomTag.ReferringPhysicianName,
                    DicomTag.AccessionNumber,
                    DicomTag.Manufacturer,
                    DicomTag.ManufacturerModelName,
                    DicomTag.InstitutionalDepartmentName,
                    DicomTag.ProtocolName,
                    DicomTag.PatientComments,
                ]
        )
        {
            dataSet.SetString(tag, text);
        }
        foreach (
            var (tag, vr) in (ReadOnlySpan<(DicomTag, ValueRepresentation)>)
                [
                    (DicomTag.PatientBirthDate, ValueRepresentation.DA),
                    (DicomTag.PatientSex, ValueRepresentation.CS),
                    (DicomTag.PatientAge, ValueRepresentation.AS),
                    (DicomTag.BodyPartExamined, ValueRepresentation.CS),
                    (DicomTag.SeriesTime, ValueRepresentation.TM),
                ]
        )
        {
            dataSet.SetBytes(tag, vr, System.Text.Encoding.UTF8.GetBytes(text));
        }
        return dataSet;
    }

    private static DataSet HostileReport(int number, string text)
    {
        var report = Hostile(number, text);
        report.SetString(DicomTag.SOPClassUID, Report);
        report.SetString(DicomTag.SOPInstanceUID, WebInstances.Instance(number, 2, 1));
        report.SetString(DicomTag.SeriesInstanceUID, WebInstances.Series(number, 2));
        report.SetString(DicomTag.Modality, "SR");
        report.Remove(DicomTag.PixelData);
        report.SetString(DicomTag.ValueType, "CONTAINER");
        report.SetItems(DicomTag.ConceptNameCodeSequence, Code(text));
        report.SetItems(
            DicomTag.ContentSequence,
            Item("TEXT", text, item => item.SetString(DicomTag.TextValue, text)),
            Item("CODE", text, item => item.SetItems(DicomTag.ConceptCodeSequence, Code(text))),
            Item("PNAME", text, item => item.SetString(DicomTag.PersonName, text)),
            Item(
                "UIDREF",
                text,
                item => item.SetBytes(DicomTag.UID, ValueRepresentation.UI, System.Text.Encoding.UTF8.GetBytes(text))
            ),
            Item(
                "CONTAINER",
                text,
                item =>
                    item.SetItems(
                        DicomTag.ContentSequence,
                        Item("TEXT", text, inner => inner.SetString(DicomTag.TextValue, text))
                    )
            )
        );
        return report;
    }

    private static DataSet Item(string type, string concept, Action<DataSet> fill)
    {
        var item = new DataSet();
        item.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        item.SetString(DicomTag.RelationshipType, "CONTAINS");
        item.SetString(DicomTag.ValueType, type);
        item.SetItems(DicomTag.ConceptNameCodeSequence, Code(concept));
        fill(item);
        return item;
    }

    private static DataSet Code(string text)
    {
        var code = new DataSet();
        code.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        code.SetString(DicomTag.CodeValue, "1");
        code.SetString(DicomTag.CodingSchemeDesignator, text);
        code.SetString(DicomTag.CodeMeaning, text);
        return code;
    }
}
