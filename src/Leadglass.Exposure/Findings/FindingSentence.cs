using System.Globalization;

namespace Leadglass.Exposure;

/// <summary>What a stranger could do, in one sentence. It says what was shown, and "at least" where a count is a lower bound.</summary>
internal static class FindingSentence
{
    private static readonly NumberFormatInfo English = Grouped(",");
    private static readonly NumberFormatInfo German = Grouped(".");

    public static FindingText Of(Finding finding)
    {
        var amount = Amount(finding);
        var named =
            finding.IdentifyingFields.Count > 0
                ? new FindingText(
                    " The records carry the patients' identifying fields.",
                    " Die Daten tragen die identifizierenden Angaben der Patienten."
                )
                : new FindingText("", "");
        return finding switch
        {
            { AdministrationOpen: true } => Joined(
                "Without signing in, a stranger could read, change and delete what this server holds",
                "Ohne Anmeldung könnte ein Fremder lesen, ändern und löschen, was dieser Server hält",
                amount,
                named
            ),
            { QueryOpen: true, RecordsVisible: true, RetrieveOpen: true } => Joined(
                "A stranger could search this archive and fetch its images",
                "Ein Fremder könnte dieses Archiv durchsuchen und seine Bilder abholen",
                amount,
                named
            ),
            { RecordsVisible: true } => Joined(
                "A stranger could list the examinations in this archive",
                "Ein Fremder könnte die Untersuchungen in diesem Archiv auflisten",
                amount,
                named
            ),
            { QueryOpen: true, RecordsVisible: false } => new FindingText(
                "A stranger's query is answered, though no record was shown: the archive is empty, or shows each caller a view of its own.",
                "Die Abfrage eines Fremden wird beantwortet, doch kein Datensatz wurde gezeigt: Das Archiv ist leer oder zeigt jedem Anrufer eine eigene Sicht."
            ),
            { QueryOpen: true } => new FindingText(
                "A stranger's query is answered; whether it would yield records was not tried.",
                "Die Abfrage eines Fremden wird beantwortet; ob sie Datensätze ergäbe, wurde nicht geprüft."
            ),
            { RetrieveOpen: true } => new FindingText(
                "A stranger who has come by the UID of a study could fetch it.",
                "Ein Fremder, der an die UID einer Studie gelangt ist, könnte sie abholen."
            ),
            { QueryOpen: false, EchoOpen: true } => new FindingText(
                "A stranger can tell that an archive is here (C-ECHO is answered), and is refused whatever holds records.",
                "Ein Fremder erkennt, dass hier ein Archiv ist (C-ECHO wird beantwortet), und wird bei allem abgewiesen, was Daten enthält."
            ),
            { QueryOpen: false } => new FindingText(
                "A stranger is refused: nothing that holds records answered.",
                "Ein Fremder wird abgewiesen: Nichts, was Daten enthält, hat geantwortet."
            ),
            _ => Unknown(finding),
        };
    }

    private static FindingText Unknown(Finding finding) =>
        finding switch
        {
            { IsDevice: true } => new FindingText(
                "The scope marks this host as a device: it was identified and nothing more was tried.",
                "Der Prüfrahmen führt diesen Rechner als Gerät: Er wurde erkannt, mehr wurde nicht versucht."
            ),
            _ when finding.Endpoints.Any(endpoint => endpoint.AeTitleCheck == AeTitleCheck.Called) => new FindingText(
                "It cannot be told: the server asks for a called AE title that the scope does not list. Such a title is a name and no password.",
                "Es lässt sich nicht sagen: Der Server verlangt einen gerufenen AE-Titel, den der Prüfrahmen nicht nennt. Ein solcher Titel ist ein Name und kein Passwort."
            ),
            _ => new FindingText(
                "It speaks DICOM; whether a stranger's query is answered cannot be told from what was tried.",
                "Er spricht DICOM; ob die Abfrage eines Fremden beantwortet wird, lässt sich aus dem Versuchten nicht sagen."
            ),
        };

    private static FindingText Joined(string english, string german, FindingText? amount, FindingText named) =>
        new(
            english + (amount is null ? "" : $": {amount.En}") + "." + named.En,
            german + (amount is null ? "" : $": {amount.De}") + "." + named.De
        );

    private static FindingText? Amount(Finding finding)
    {
        if (finding.Records is not { } records)
        {
            return null;
        }
        var studies = records.Totals.FirstOrDefault(total => total.Unit == CountUnit.Studies);
        var images = records.Totals.FirstOrDefault(total => total.Unit == CountUnit.Images);
        string[] english =
        [
            .. Counts(studies, "study", "studies", "at least ", "about ", English),
            .. Counts(images, "image", "images", "at least ", "about ", English),
        ];
        string[] german =
        [
            .. Counts(studies, "Studie", "Studien", "mindestens ", "etwa ", German),
            .. Counts(images, "Bild", "Bilder", "mindestens ", "etwa ", German),
        ];
        if (english.Length == 0)
        {
            return null;
        }
        var years = records is { FirstYear: { } first, LastYear: { } last }
            ? first == last
                ? new FindingText($" of {first}", $" aus {first}")
                : new FindingText($" of {first} to {last}", $" aus {first} bis {last}")
            : new FindingText("", "");
        return new FindingText(string.Join(", ", english) + years.En, string.Join(", ", german) + years.De);
    }

    private static IEnumerable<string> Counts(
        RecordCount? count,
        string one,
        string many,
        string atLeast,
        string about,
        NumberFormatInfo format
    )
    {
        if (count is not null)
        {
            var kind = count.Kind switch
            {
                CountKind.Exact => "",
                CountKind.Estimate => about,
                _ => atLeast,
            };
            yield return $"{kind}{count.Value.ToString("N0", format)} {(count.Value == 1 ? one : many)}";
        }
    }

    private static NumberFormatInfo Grouped(string separator) =>
        new()
        {
            NumberGroupSeparator = separator,
            NumberDecimalDigits = 0,
            NumberDecimalSeparator = "·",
        };
}
