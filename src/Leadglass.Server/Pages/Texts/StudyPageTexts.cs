namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of the pages of one study.</summary>
public static class StudyPageTexts
{
    public static readonly Text Title = new("Untersuchung", "Study");
    public static readonly Text SeriesTitle = new("Serie", "Series");
    public static readonly Text InstanceTitle = new("Instanz", "Instance");
    public static readonly Text Study = new("Untersuchung", "Study");
    public static readonly Text AgeThen = new("{0} (bei Aufnahme {1})", "{0} ({1} when examined)");
    public static readonly Text Trail = new("Pfad", "Path");
    public static readonly Text Series = new("Serien", "Series");
    public static readonly Text Number = new("Nr.", "No.");
    public static readonly Text BodyPart = new("Region", "Body part");
    public static readonly Text Device = new("Gerät", "Device");
    public static readonly Text Time = new("Zeit", "Time");
    public static readonly Text NoDescription = new("ohne Beschreibung", "no description");
    public static readonly Text KeyImages = new("{0} Schlüsselbilder", "{0} key images");
    public static readonly Text KeyImage = new("1 Schlüsselbild", "1 key image");
    public static readonly Text Documents = new("Befunde und Dokumente", "Reports and documents");
    public static readonly Text Report = new("Strukturierter Befund", "Structured report");
    public static readonly Text KeyObjects = new("Auswahl von Schlüsselbildern", "Key object selection");
    public static readonly Text Pdf = new("PDF-Dokument", "PDF document");
    public static readonly Text Document = new("Dokument", "Document");
    public static readonly Text Unverified = new("nicht verifiziert", "unverified");
    public static readonly Text Verified = new("verifiziert", "verified");
    public static readonly Text Partial = new("unvollständig", "incomplete");
    public static readonly Text Priors = new("Voruntersuchungen", "Priors");
    public static readonly Text Later = new("später", "later");
    public static readonly Text NoPriors = new("Keine weiteren Untersuchungen.", "No other studies.");
    public static readonly Text ViewImages = new("Bilder ansehen", "View images");
    public static readonly Text SeenBy = new("Wer hat das gesehen?", "Who saw this?");
    public static readonly Text Instances = new("Instanzen", "Instances");
    public static readonly Text Class = new("Art", "Kind");
    public static readonly Text Size = new("Größe", "Size");
    public static readonly Text Frames = new("Bilder", "Frames");
    public static readonly Text Attributes = new("Attribute", "Attributes");
    public static readonly Text AttributeName = new("Attribut", "Attribute");
    public static readonly Text Tag = new("Tag", "Tag");
    public static readonly Text Vr = new("VR", "VR");
    public static readonly Text ValueHeading = new("Wert", "Value");
    public static readonly Text FilterAttributes = new("Attribute filtern", "Filter attributes");
    public static readonly Text PrivateAttribute = new("privat", "private");
    public static readonly Text Item = new("Element {0}", "Item {0}");
    public static readonly Text BytesOf = new("{0} Bytes", "{0} bytes");
    public static readonly Text MoreNotShown = new(
        "Weitere Attribute werden hier nicht gezeigt.",
        "Further attributes are not shown here."
    );
    public static readonly Text OpenPdf = new("PDF öffnen", "Open PDF");
    public static readonly Text SavePdf = new("Herunterladen", "Download");
    public static readonly Text SaveHint = new(
        "Eine heruntergeladene Datei liegt unverschlüsselt auf Ihrem Rechner.",
        "A downloaded file lies unencrypted on your computer."
    );
    public static readonly Text ReportFaulty = new(
        "Dieser Befund kann nicht als Text gezeigt werden.",
        "This report cannot be shown as text."
    );
    public static readonly Text ReportCut = new(
        "Der Befund ist sehr lang; hier fehlt sein Ende.",
        "The report is very long; its end is missing here."
    );
    public static readonly Text Reference = new("Verweis", "reference");
    public static readonly Text FrameList = new("Bild {0}", "frame {0}");
    public static readonly Text ReportDate = new("Befund vom", "Report of");
    public static readonly Text VerifiedBy = new("Verifiziert von", "Verified by");
    public static readonly Text Manage = new("Bearbeiten", "Manage");
}
