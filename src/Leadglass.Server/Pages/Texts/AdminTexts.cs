using Leadglass.Access;

namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of administration: people, programs, devices, shares.</summary>
public static class AdminTexts
{
    public static readonly Text OneDay = new("1 Tag", "1 day");
    public static readonly Text SomeDays = new("{0} Tagen", "{0} days");
    public static readonly Text Sections = new("Bereiche der Verwaltung", "Sections of administration");
    public static readonly Text People = new("Personen", "People");
    public static readonly Text PeopleLead = new(
        "Wer eine Rolle bekommt, die Patienten oder das Protokoll zeigt, braucht die Bestätigung einer zweiten Person.",
        "A role that shows patients or the trail takes the confirmation of a second person."
    );
    public static readonly Text Person = new("Person", "Person");
    public static readonly Text SignInName = new("Anmeldename", "Sign-in name");
    public static readonly Text DisplayName = new("Name", "Name");
    public static readonly Text Departments = new("Abteilungen", "Departments");
    public static readonly Text DepartmentsHint = new(
        "durch Komma getrennt; wie die Geräte sie schreiben",
        "separated by commas; as the devices write them"
    );
    public static readonly Text Roles = new("Rollen", "Roles");
    public static readonly Text Factor = new("Zweiter Faktor", "Second factor");
    public static readonly Text State = new("Zustand", "State");
    public static readonly Text LastSignIn = new("Zuletzt angemeldet", "Last signed in");
    public static readonly Text Never = new("nie", "never");
    public static readonly Text Enabled = new("aktiv", "enabled");
    public static readonly Text Disabled = new("gesperrt", "disabled");
    public static readonly Text WaitsFor = new("wartet: {0}", "waits: {0}");
    public static readonly Text AddPerson = new("Person anlegen", "Add a person");
    public static readonly Text ReferringNames = new(
        "Als Überweiser in den Untersuchungen",
        "As referring physician in studies"
    );
    public static readonly Text ReferringHint = new(
        "Familienname^Vorname, wie die Geräte ihn schreiben",
        "Family^Given, as the devices write it"
    );
    public static readonly Text DoAdd = new("Anlegen", "Add");
    public static readonly Text Invitation = new("Einmal-Link", "One-time link");
    public static readonly Text InvitationLead = new(
        "Mit diesem Link legt {0} Passwort und zweiten Faktor fest. Er gilt einmal und 24 Stunden und wird nur jetzt gezeigt. Geben Sie ihn auf einem Weg weiter, den nur diese Person liest.",
        "With this link {0} chooses a password and second factor. It is good once, for 24 hours, and is shown only now. Pass it on by a way that this person alone reads."
    );
    public static readonly Text Link = new("Link", "Link");
    public static readonly Text BackToPeople = new("Zu den Personen", "To people");
    public static readonly Text Pending = new("Wartet auf Bestätigung", "Waits for confirmation");
    public static readonly Text AskedBy = new("beantragt von {0} am {1}", "asked for by {0} on {1}");
    public static readonly Text Confirm = new("Bestätigen", "Confirm");
    public static readonly Text Decline = new("Ablehnen", "Decline");
    public static readonly Text Withdraw = new("Entziehen", "Withdraw");
    public static readonly Text AskRole = new("Rolle beantragen", "Ask for a role");
    public static readonly Text Ask = new("Beantragen", "Ask");
    public static readonly Text Disable = new("Sperren", "Disable");
    public static readonly Text Enable = new("Entsperren", "Enable");
    public static readonly Text NewLink = new("Neuer Einmal-Link", "New one-time link");
    public static readonly Text NewLinkConfirm = new(
        "Passwort und zweiter Faktor werden ungültig, und alle Rollen warten wieder auf eine zweite Person. Fortfahren?",
        "Password and second factor become void, and all roles wait for a second person again. Go on?"
    );
    public static readonly Text Changed = new("Geändert.", "Changed.");
    public static readonly Text Asked = new(
        "Beantragt; eine zweite Person muss bestätigen.",
        "Asked for; a second person has to confirm."
    );
    public static readonly Text Confirmed = new("Bestätigt.", "Confirmed.");
    public static readonly Text Declined = new("Abgelehnt.", "Declined.");
    public static readonly Text Programs = new("Programme", "Programs");
    public static readonly Text ProgramsLead = new(
        "Programme melden sich mit client_id und client_secret an /connect/token an. Programme, die Patienten sehen oder ändern, braucht eine zweite Person zu bestätigen.",
        "Programs get a token at /connect/token with client_id and client_secret. A program that reads or changes patient data has to be confirmed by a second person."
    );
    public static readonly Text ClientId = new("client_id", "client_id");
    public static readonly Text Secret = new("client_secret", "client_secret");
    public static readonly Text Rights = new("Rechte", "Rights");
    public static readonly Text Made = new("Angelegt", "Made");
    public static readonly Text AddProgram = new("Programm anlegen", "Add a program");
    public static readonly Text NewSecret = new("Neues Geheimnis", "New secret");
    public static readonly Text NewSecretConfirm = new(
        "Das bisherige Geheimnis und alle Token werden sofort ungültig. Fortfahren?",
        "The former secret and all tokens become void at once. Go on?"
    );
    public static readonly Text SecretLead = new(
        "Das Geheimnis wird nur jetzt gezeigt; das Archiv behält nur seinen Fingerabdruck.",
        "The secret is shown only now; the archive keeps its digest alone."
    );
    public static readonly Text BackToPrograms = new("Zu den Programmen", "To programs");
    public static readonly Text RightRead = new("lesen", "read");
    public static readonly Text RightWrite = new("speichern", "store");
    public static readonly Text RightRecords = new("Datenpflege", "records");
    public static readonly Text RightObserve = new("überwachen", "observe");
    public static readonly Text Devices = new("Geräte", "Devices");
    public static readonly Text DevicesLead = new(
        "Geräte werden mit „leadglass device add“ aufgenommen, weil dabei ein Schlüssel entsteht. Hier lassen sie sich sperren.",
        "Devices are enrolled with “leadglass device add”, since a key comes of it. Here they can be disabled."
    );
    public static readonly Text Device = new("Gerät", "Device");
    public static readonly Text AeTitles = new("AE-Titel", "AE titles");
    public static readonly Text Address = new("Adresse", "Address");
    public static readonly Text Certificate = new("Zertifikat bis", "Certificate until");
    public static readonly Text DisableDeviceConfirm = new(
        "Das Gerät kann sofort nichts mehr senden und abfragen; laufende Verbindungen enden. Entsperren geht nur mit dem Befehl auf dem Server. Fortfahren?",
        "The device can send and query nothing from now on; live associations end. Only the command on the server can enable it again. Go on?"
    );
    public static readonly Text Expires = new("läuft ab", "expires");
    public static readonly Text Expired = new("abgelaufen", "expired");
    public static readonly Text RightStore = new("senden", "store");
    public static readonly Text RightQuery = new("abfragen", "query");
    public static readonly Text RightRetrieve = new("holen", "retrieve");
    public static readonly Text Shares = new("Freigaben", "Shares");
    public static readonly Text SharesLead = new(
        "Einzelne Untersuchungen, die mit jemandem außerhalb geteilt sind.",
        "Single studies that are shared with somebody outside."
    );
    public static readonly Text ForWhom = new("Für", "For");
    public static readonly Text By = new("Von", "By");
    public static readonly Text Ends = new("Endet", "Ends");
    public static readonly Text Openings = new("Geöffnet", "Opened");
    public static readonly Text EndShare = new("Beenden", "End");
    public static readonly Text ShareEnded = new("Die Freigabe ist beendet.", "The share was ended.");
    public static readonly Text ShareOpen = new("offen", "open");
    public static readonly Text ShareOver = new("abgelaufen", "over");
    public static readonly Text ShareRevoked = new("beendet", "ended");
    public static readonly Text ShareLocked = new("nach falschen Codes gesperrt", "locked after wrong codes");
    public static readonly Text NothingHere = new("Hier ist noch nichts.", "There is nothing here yet.");
    public static readonly Text Shown = new("Zum einmaligen Abschreiben", "Shown once");

    /// <summary>The name of a role.</summary>
    public static Text NameOf(Role role) =>
        role switch
        {
            Role.Radiologist => new Text("Radiologie", "Radiologist"),
            Role.Referrer => new Text("Überweiser", "Referrer"),
            Role.Technician => new Text("MTR", "Technician"),
            Role.Records => new Text("Datenpflege", "Records"),
            Role.Researcher => new Text("Forschung", "Researcher"),
            Role.DataProtectionOfficer => new Text("Datenschutz", "Data protection"),
            Role.Administrator => new Text("Verwaltung", "Administrator"),
            _ => new Text($"{role}", $"{role}"),
        };
}
