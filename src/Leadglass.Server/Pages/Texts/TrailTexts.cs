using Leadglass.Access;
using Leadglass.Access.Trails;

namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of the pages for data protection: the trail, emergency access, who saw a study.</summary>
public static class TrailTexts
{
    public static readonly Text Title = new("Protokoll", "Trail");
    public static readonly Text Sections = new("Bereiche des Protokolls", "Sections of the trail");
    public static readonly Text Lead = new(
        "Wer hat wann auf was zugegriffen. Auch jede dieser Abfragen steht im Protokoll.",
        "Who accessed what, and when. Each of these questions is in the trail as well."
    );
    public static readonly Text Since = new("Seit", "Since");
    public static readonly Text Until = new("Bis einschließlich", "Until and including");
    public static readonly Text Who = new("Wer", "Who");
    public static readonly Text WhoHint = new(
        "person:anna, device:ct1, program:ris",
        "person:anna, device:ct1, program:ris"
    );
    public static readonly Text PatientId = new("Patienten-ID", "Patient ID");
    public static readonly Text Issuer = new("Vergeben von", "Issuer");
    public static readonly Text StudyUid = new("Study Instance UID", "Study Instance UID");
    public static readonly Text Event = new("Ereignis", "Event");
    public static readonly Text AnyEvent = new("alle", "any");
    public static readonly Text Ask = new("Abfragen", "Ask");
    public static readonly Text At = new("Zeit", "Time");
    public static readonly Text What = new("Was", "What");
    public static readonly Text About = new("Patient, Untersuchung", "Patient, study");
    public static readonly Text Address = new("Von wo", "From where");
    public static readonly Text Outcome = new("Ergebnis", "Outcome");
    public static readonly Text Detail = new("Einzelheiten", "Detail");
    public static readonly Text Older = new("Ältere", "Older");
    public static readonly Text Nothing = new("Keine Einträge.", "No entries.");
    public static readonly Text Entries = new("{0} Einträge", "{0} entries");
    public static readonly Text Well = new("erfolgt", "done");
    public static readonly Text Refused = new("abgelehnt", "refused");
    public static readonly Text Failed = new("fehlgeschlagen", "failed");
    public static readonly Text Times = new("{0}-mal", "{0} times");
    public static readonly Text SeenBy = new("Wer hat das gesehen?", "Who saw this?");
    public static readonly Text SeenByLead = new(
        "Jeder Blick auf diese Untersuchung, der neueste zuerst; Blicke innerhalb einer Stunde sind zusammengefasst.",
        "Every look at this study, the newest first; looks within an hour are summed up."
    );
    public static readonly Text Cut = new(
        "Es gibt ältere Einträge, die hier fehlen.",
        "There are older entries that are not shown here."
    );
    public static readonly Text NobodyYet = new("Noch niemand.", "Nobody yet.");
    public static readonly Text Basis = new("Grundlage", "Basis");
    public static readonly Text ThisStudy = new("Wer sah diese Untersuchung", "Who saw this study");
    public static readonly Text Emergency = new("Notfallzugriffe", "Emergency access");
    public static readonly Text EmergencyLead = new(
        "Jeder Notfallzugriff wird geprüft, von jemand anderem als dem, der ihn nahm.",
        "Every emergency access is reviewed, by somebody else than who took it."
    );
    public static readonly Text NoEmergency = new("Kein Notfallzugriff.", "No emergency access.");
    public static readonly Text Finding = new("Befund der Prüfung", "Finding");
    public static readonly Text Review = new("Als geprüft vermerken", "Note as reviewed");
    public static readonly Text Reviewed = new("geprüft von {0} am {1}", "reviewed by {0} on {1}");
    public static readonly Text NotReviewed = new("ungeprüft", "not reviewed");
    public static readonly Text ReviewNoted = new("Die Prüfung ist vermerkt.", "The review is noted.");
    public static readonly Text EmergencyFor = new("Patient {0}", "Patient {0}");
    public static readonly Text Wrong = new(
        "Eine Angabe ist kein Datum oder keine UID.",
        "Something is no date or no UID."
    );

    /// <summary>The name of an event.</summary>
    public static Text NameOf(AuditEvent what) =>
        what switch
        {
            AuditEvent.ApplicationActivity => new Text("Programm", "Program"),
            AuditEvent.AuditLogUsed => new Text("Protokoll gelesen", "Trail read"),
            AuditEvent.BeginTransferringInstances => new Text("Übertragung begonnen", "Transfer began"),
            AuditEvent.InstancesAccessed => new Text("Zugriff", "Access"),
            AuditEvent.InstancesTransferred => new Text("Übertragen", "Transferred"),
            AuditEvent.StudyDeleted => new Text("Untersuchung gelöscht", "Study deleted"),
            AuditEvent.Export => new Text("Export", "Export"),
            AuditEvent.Import => new Text("Import", "Import"),
            AuditEvent.Query => new Text("Suche", "Query"),
            AuditEvent.SecurityAlert => new Text("Sicherheit", "Security"),
            AuditEvent.UserAuthentication => new Text("Anmeldung", "Sign-in"),
            _ => new Text($"{what}", $"{what}"),
        };

    /// <summary>The name of an operation.</summary>
    public static Text NameOf(Operation operation) =>
        operation switch
        {
            Operation.Echo => new Text("Echo", "echo"),
            Operation.Store => new Text("speichern", "store"),
            Operation.Query => new Text("suchen", "query"),
            Operation.Retrieve => new Text("ansehen", "retrieve"),
            Operation.Move => new Text("senden", "move"),
            Operation.Export => new Text("exportieren", "export"),
            Operation.Reject => new Text("zurückweisen", "reject"),
            Operation.Correct => new Text("korrigieren", "correct"),
            Operation.ResolveConflict => new Text("Konflikt lösen", "resolve conflict"),
            Operation.Assign => new Text("zuordnen", "assign"),
            Operation.Share => new Text("teilen", "share"),
            Operation.BreakGlass => new Text("Notfallzugriff", "emergency access"),
            Operation.ReadTrail => new Text("Protokoll lesen", "read trail"),
            Operation.Administer => new Text("verwalten", "administer"),
            Operation.Confirm => new Text("bestätigen", "confirm"),
            Operation.Observe => new Text("überwachen", "observe"),
            _ => new Text($"{operation}", $"{operation}"),
        };

    /// <summary>On what a right rested.</summary>
    public static Text NameOf(AccessBasis basis) =>
        basis switch
        {
            AccessBasis.Role => new Text("Rolle", "role"),
            AccessBasis.ReferringPhysician => new Text("Überweiser", "referring physician"),
            AccessBasis.Assignment => new Text("Zuordnung", "assignment"),
            AccessBasis.BreakGlass => new Text("Notfall", "emergency"),
            AccessBasis.Share => new Text("Freigabe", "share"),
            AccessBasis.Program => new Text("Programm", "program"),
            _ => new Text($"{basis}", $"{basis}"),
        };
}
