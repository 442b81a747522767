namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of what can be done with a study: assign, share, reject, correct.</summary>
public static class ManagementTexts
{
    public static readonly Text Assign = new("Einem Überweiser zuordnen", "Assign to a referrer");
    public static readonly Text AssignTo = new("Überweiser", "Referrer");
    public static readonly Text Choose = new("bitte wählen", "please choose");
    public static readonly Text NoReferrers = new(
        "Es gibt noch kein Konto mit der Rolle Überweiser.",
        "There is no account with the role of referrer yet."
    );
    public static readonly Text Scope = new("Umfang", "Scope");
    public static readonly Text ThisStudy = new("diese Untersuchung", "this study");
    public static readonly Text WholePatient = new(
        "der Patient mit allen Untersuchungen",
        "the patient with all studies"
    );
    public static readonly Text Until = new(
        "bis einschließlich (leer: unbefristet)",
        "until and including (empty: no end)"
    );
    public static readonly Text DoAssign = new("Zuordnen", "Assign");
    public static readonly Text Assigned = new("Zugeordnet.", "Assigned.");
    public static readonly Text AssignedTo = new("Zugeordnet an", "Assigned to");
    public static readonly Text TakeBack = new("Zurücknehmen", "Take back");
    public static readonly Text TakenBack = new("Die Zuordnung ist zurückgenommen.", "The assignment was taken back.");
    public static readonly Text UntilDate = new("bis {0}", "until {0}");
    public static readonly Text Share = new("Mit jemandem außerhalb teilen", "Share with somebody outside");
    public static readonly Text ShareLead = new(
        "Nur diese Untersuchung, nur zum Ansehen, mit Enddatum. Link und Code gehen auf verschiedenen Wegen: zum Beispiel der Link per E-Mail, der Code am Telefon. Jeder Blick steht im Protokoll.",
        "This study only, for viewing only, with an end date. Link and code travel by different ways: the link by mail, for example, the code by telephone. Every look is in the trail."
    );
    public static readonly Text ForWhom = new("Für wen (Name oder Adresse)", "For whom (name or address)");
    public static readonly Text EndsOn = new("Endet nach", "Ends after");
    public static readonly Text DoShare = new("Teilen …", "Share …");
    public static readonly Text ShareMade = new("Freigabe", "Share");
    public static readonly Text ShareShownOnce = new(
        "Link und Code werden nur jetzt gezeigt. Schreiben Sie beides ab, bevor Sie diese Seite verlassen.",
        "Link and code are shown only now. Take both down before you leave this page."
    );
    public static readonly Text ShareLink = new("Link", "Link");
    public static readonly Text ShareCode = new("Code, auf einem anderen Weg", "Code, by another way");
    public static readonly Text ShareEnds = new("Die Freigabe endet am {0}.", "The share ends on {0}.");
    public static readonly Text ToStudy = new("Zur Untersuchung", "To the study");
    public static readonly Text Copy = new("Kopieren", "Copy");
    public static readonly Text Copied = new("Kopiert", "Copied");
    public static readonly Text Reject = new("Zurückweisen", "Reject");
    public static readonly Text RejectLead = new(
        "Zurückgewiesenes wird nicht mehr gefunden und nicht mehr herausgegeben, bleibt aber erhalten und kann unter Datenpflege wieder eingeblendet werden.",
        "What is rejected is no longer found nor given out, but it is kept and can be shown again under Records."
    );
    public static readonly Text RejectWhat = new("Was", "What");
    public static readonly Text WholeStudy = new("die ganze Untersuchung", "the whole study");
    public static readonly Text SeriesNumber = new("Serie {0}: {1}", "Series {0}: {1}");
    public static readonly Text Reason = new("Grund", "Reason");
    public static readonly Text ReasonQuality = new("Qualität (113001)", "Quality (113001)");
    public static readonly Text ReasonSafety = new("Patientensicherheit (113037)", "Patient safety (113037)");
    public static readonly Text ReasonWorklist = new(
        "Falscher Eintrag der Arbeitsliste (113038)",
        "Incorrect worklist entry (113038)"
    );
    public static readonly Text ReasonRetention = new("Aufbewahrungsfrist (113039)", "Retention expired (113039)");
    public static readonly Text Comment = new("Bemerkung", "Comment");
    public static readonly Text DoReject = new("Zurückweisen", "Reject");
    public static readonly Text RejectConfirm = new(
        "Das blendet die Aufnahmen für alle aus. Fortfahren?",
        "This hides the images from everybody. Go on?"
    );
    public static readonly Text Rejected = new("{0} Instanzen sind zurückgewiesen.", "{0} instances are rejected.");
    public static readonly Text Correct = new("Anderem Patienten zuordnen", "Assign to another patient");
    public static readonly Text CorrectLead = new(
        "Suche, Anzeige und alles, was das Archiv herausgibt, tragen danach diesen Patienten. Was gespeichert wurde, bleibt unverändert.",
        "Search, display and whatever leaves the archive carry this patient afterwards. What was stored stays as it is."
    );
    public static readonly Text Family = new("Familienname", "Family name");
    public static readonly Text Given = new("Vorname", "Given name");
    public static readonly Text Issuer = new("Vergeben von (Issuer)", "Issuer");
    public static readonly Text BirthDate = new("Geburtsdatum", "Birth date");
    public static readonly Text CorrectReason = new("Warum", "Why");
    public static readonly Text DoCorrect = new("Zuordnen", "Assign");
    public static readonly Text CorrectConfirm = new(
        "Die Untersuchung gehört danach zu einem anderen Patienten. Fortfahren?",
        "The study will belong to another patient. Go on?"
    );
    public static readonly Text Corrected = new(
        "Die Untersuchung ist dem Patienten zugeordnet.",
        "The study is assigned to the patient."
    );
}
