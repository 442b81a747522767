namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of the study list.</summary>
public static class StudyTexts
{
    public static readonly Text Title = new("Untersuchungen", "Studies");
    public static readonly Text SearchLabel = new("Untersuchungen suchen", "Search studies");
    public static readonly Text SearchPlaceholder = new(
        "Name, Patienten-ID, Auftragsnummer, Datum, Modalität …",
        "Name, patient ID, accession number, date, modality …"
    );
    public static readonly Text SearchHint = new(
        "Mehrere Angaben grenzen ein: „müller ct 2026“. Tasten: / Suche, ↑ ↓ Zeile, Enter öffnen, V Bilder.",
        "Several words narrow it down: “muller ct 2026”. Keys: / search, ↑ ↓ row, Enter open, V images."
    );
    public static readonly Text Search = new("Suchen", "Search");
    public static readonly Text Filters = new("Filter", "Filters");
    public static readonly Text From = new("Von", "From");
    public static readonly Text To = new("Bis", "To");
    public static readonly Text Period = new("Zeitraum", "Period");
    public static readonly Text Today = new("Heute", "Today");
    public static readonly Text Yesterday = new("Gestern", "Yesterday");
    public static readonly Text SevenDays = new("7 Tage", "7 days");
    public static readonly Text ThirtyDays = new("30 Tage", "30 days");
    public static readonly Text AllTime = new("Alle", "All");
    public static readonly Text Modality = new("Modalität", "Modality");
    public static readonly Text AnyModality = new("alle", "any");
    public static readonly Text ReferringLabel = new("Überweiser", "Referring physician");
    public static readonly Text Department = new("Abteilung", "Department");
    public static readonly Text EveryDepartment = new("alle", "any");
    public static readonly Text OwnDepartment = new("eigene ({0})", "own ({0})");
    public static readonly Text Clear = new("Zurücksetzen", "Clear");
    public static readonly Text Patient = new("Patient", "Patient");
    public static readonly Text Born = new("Geboren", "Born");
    public static readonly Text Sex = new("Geschl.", "Sex");
    public static readonly Text PatientId = new("Patienten-ID", "Patient ID");
    public static readonly Text Date = new("Untersucht", "Study date");
    public static readonly Text Description = new("Beschreibung", "Description");
    public static readonly Text Accession = new("Auftragsnr.", "Accession");
    public static readonly Text Referring = new("Überweiser", "Referrer");
    public static readonly Text Images = new("Bilder", "Images");
    public static readonly Text ImagesOfSeries = new("{0} Bilder in {1} Serien", "{0} images in {1} series");
    public static readonly Text OpenViewer = new("Bilder ansehen", "View images");
    public static readonly Text NoName = new("ohne Namen", "no name");
    public static readonly Text Found = new("{0} Untersuchungen", "{0} studies");
    public static readonly Text FoundOne = new("1 Untersuchung", "1 study");
    public static readonly Text FoundMany = new("mehr als {0} Untersuchungen", "more than {0} studies");
    public static readonly Text FoundNone = new("Keine Untersuchung gefunden", "No study found");
    public static readonly Text NoneYet = new("Noch keine Untersuchungen", "No studies yet");
    public static readonly Text NoneHint = new(
        "Versuchen Sie weniger Angaben oder einen anderen Zeitraum. Namen werden ohne Rücksicht auf Akzente und Großschreibung verglichen.",
        "Try fewer words or another period. Names are compared regardless of accents and case."
    );
    public static readonly Text NoneAssignedHint = new(
        "Sie sehen die Patienten, die Ihnen zugeordnet sind. Im Notfall können Sie einen anderen Patienten mit Begründung öffnen.",
        "You see the patients assigned to you. In an emergency you can open another patient with a reason."
    );
    public static readonly Text BreakGlass = new("Notfallzugriff …", "Emergency access …");
    public static readonly Text TooBroad = new(
        "Die Suche ist zu weit gefasst. Grenzen Sie sie ein, zum Beispiel mit einem Zeitraum.",
        "The search is too broad. Narrow it down, for example with a period."
    );
    public static readonly Text Shown = new("{0}–{1}", "{0}–{1}");
    public static readonly Text Pages = new("Seiten", "Pages");
    public static readonly Text Previous = new("Vorige Seite", "Previous page");
    public static readonly Text Next = new("Nächste Seite", "Next page");
    public static readonly Text SortBy = new("Sortieren nach {0}", "Sort by {0}");
    public static readonly Text SearchFailed = new(
        "Die Suche ging nicht. Sind Sie noch angemeldet?",
        "The search failed. Are you still signed in?"
    );
}
