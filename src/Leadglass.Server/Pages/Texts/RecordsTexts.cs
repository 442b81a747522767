using Leadglass.Archive;

namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of those who keep the records: conflicts, rejections, corrections.</summary>
public static class RecordsTexts
{
    public static readonly Text Title = new("Datenpflege", "Records");
    public static readonly Text Sections = new("Bereiche der Datenpflege", "Sections of records");
    public static readonly Text Conflicts = new("Konflikte", "Conflicts");
    public static readonly Text ConflictsLead = new(
        "Aufnahmen, die dem widersprechen, was schon im Archiv ist. Sie sind sicher aufgehoben und warten auf eine Entscheidung.",
        "Instances that contradict what the archive already holds. They are kept safely and wait for a decision."
    );
    public static readonly Text NoConflicts = new(
        "Nichts wartet auf eine Entscheidung.",
        "Nothing waits for a decision."
    );
    public static readonly Text Received = new("Eingegangen", "Received");
    public static readonly Text Source = new("Von", "From");
    public static readonly Text Reason = new("Warum", "Why");
    public static readonly Text Size = new("Größe", "Size");
    public static readonly Text Compare = new("Vergleichen", "Compare");
    public static readonly Text Conflict = new("Konflikt", "Conflict");
    public static readonly Text Differences = new("Unterschiede", "Differences");
    public static readonly Text StoredValue = new("Im Archiv", "In the archive");
    public static readonly Text IncomingValue = new("Eingegangen", "Received");
    public static readonly Text PixelsDiffer = new("Auch die Bilddaten sind andere.", "The pixel data differ as well.");
    public static readonly Text NoDifferences = new("Kein Attribut unterscheidet sich.", "No attribute differs.");
    public static readonly Text NotComparable = new(
        "Das kann nicht verglichen werden, weil eine Seite nicht mehr da ist.",
        "This cannot be compared, because one side is no longer there."
    );
    public static readonly Text DecisionReason = new("Begründung", "Reason");
    public static readonly Text Accept = new("Eingegangenes übernehmen", "Take in what was received");
    public static readonly Text AcceptHint = new(
        "Es tritt an die Stelle des gespeicherten, oder kommt zu der Untersuchung und trägt deren Patienten.",
        "It takes the place of what is stored, or joins the study and carries its patient."
    );
    public static readonly Text Discard = new("Eingegangenes verwerfen", "Discard what was received");
    public static readonly Text DiscardHint = new("Was gespeichert ist, bleibt.", "What is stored stays.");
    public static readonly Text DecideConfirm = new(
        "Diese Entscheidung gilt endgültig. Fortfahren?",
        "This decision is final. Go on?"
    );
    public static readonly Text Accepted = new("Übernommen.", "Taken in.");
    public static readonly Text NotAccepted = new(
        "Das kann nicht übernommen werden: Es ist nicht mehr da, oder seine Serie gehört zu einer anderen Untersuchung.",
        "This cannot be taken in: it is no longer there, or its series belongs to another study."
    );
    public static readonly Text Discarded = new("Verworfen.", "Discarded.");
    public static readonly Text Rejected = new("Zurückgewiesen", "Rejected");
    public static readonly Text RejectedLead = new(
        "Ausgeblendet, aber aufgehoben. Wieder eingeblendet wird alles Zurückgewiesene einer Untersuchung.",
        "Hidden, but kept. All that is rejected of a study is shown again together."
    );
    public static readonly Text NoRejected = new("Nichts ist zurückgewiesen.", "Nothing is rejected.");
    public static readonly Text Instances = new("Instanzen", "Instances");
    public static readonly Text DecidedBy = new("Von", "By");
    public static readonly Text At = new("Am", "On");
    public static readonly Text Restore = new("Wieder einblenden", "Show again");
    public static readonly Text Restored = new("{0} Instanzen sind wieder zu sehen.", "{0} instances are shown again.");
    public static readonly Text Corrections = new("Korrekturen", "Corrections");
    public static readonly Text CorrectionsLead = new(
        "Untersuchungen, die einem anderen Patienten zugeordnet wurden.",
        "Studies that were assigned to another patient."
    );
    public static readonly Text NoCorrections = new("Noch keine Korrektur.", "No correction yet.");
    public static readonly Text AssignedPatient = new("Zugeordnet", "Assigned to");
    public static readonly Text Cut = new("Hier stehen die ersten {0}.", "These are the first {0}.");
    public static readonly Text Study = new("Untersuchung", "Study");

    /// <summary>Why content waits.</summary>
    public static Text NameOf(ConflictReason reason) =>
        reason switch
        {
            ConflictReason.OtherContent => new Text("anderer Inhalt, gleiche UID", "other content, same UID"),
            ConflictReason.OtherPatient => new Text("anderer Patient", "other patient"),
            ConflictReason.OtherStudy => new Text("Serie einer anderen Untersuchung", "series of another study"),
            ConflictReason.OtherSeries => new Text("Instanz einer anderen Serie", "instance of another series"),
            _ => new Text($"{reason}", $"{reason}"),
        };

    /// <summary>Why something was rejected.</summary>
    public static Text NameOf(RejectionReason reason) =>
        reason switch
        {
            RejectionReason.Quality => ManagementTexts.ReasonQuality,
            RejectionReason.PatientSafety => ManagementTexts.ReasonSafety,
            RejectionReason.IncorrectWorklistEntry => ManagementTexts.ReasonWorklist,
            RejectionReason.DataRetentionExpired => ManagementTexts.ReasonRetention,
            _ => new Text($"{reason}", $"{reason}"),
        };
}
