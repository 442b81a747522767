namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of the upload page. Those of results are shown by its script.</summary>
public static class UploadTexts
{
    public static readonly Text Title = new("Hochladen", "Upload");
    public static readonly Text Lead = new(
        "Bilder von einer CD, einem Stick oder einem Ordner ins Archiv bringen. Jede Datei ist gespeichert, sobald sie hier als gespeichert gezählt wird.",
        "Bring images from a CD, a stick or a folder into the archive. A file is stored durably as soon as it counts as stored here."
    );
    public static readonly Text Drop = new("Dateien oder Ordner hierher ziehen", "Drop files or folders here");
    public static readonly Text Or = new("oder", "or");
    public static readonly Text ChooseFiles = new("Dateien wählen", "Choose files");
    public static readonly Text ChooseFolder = new("Ordner wählen", "Choose a folder");
    public static readonly Text Progress = new("Fortschritt", "Progress");
    public static readonly Text Stop = new("Anhalten", "Stop");
    public static readonly Text Stored = new("gespeichert", "stored");
    public static readonly Text Conflict = new("wartet auf die Datenpflege", "waits for the records office");
    public static readonly Text Skipped = new("keine DICOM-Datei", "no DICOM file");
    public static readonly Text Refused = new("abgelehnt", "refused");
    public static readonly Text Failed = new("nicht übertragen", "not transferred");
    public static readonly Text Waiting = new("{0} von {1} Dateien", "{0} of {1} files");
    public static readonly Text Done = new(
        "Fertig: {0} von {1} Dateien gespeichert.",
        "Done: {0} of {1} files stored."
    );
    public static readonly Text Stopped = new("Angehalten.", "Stopped.");
    public static readonly Text SignedOut = new("Sie sind nicht mehr angemeldet.", "You are no longer signed in.");
    public static readonly Text Problems = new("Nicht gespeichert", "Not stored");
    public static readonly Text MoreProblems = new("und {0} weitere", "and {0} more");
    public static readonly Text StudiesOf = new("Angelegte oder ergänzte Untersuchungen", "Studies made or added to");
    public static readonly Text OpenStudy = new("Untersuchung {0} öffnen", "Open study {0}");
    public static readonly Text NeedsScript = new(
        "Zum Hochladen braucht diese Seite JavaScript.",
        "This page needs JavaScript for uploading."
    );
}
