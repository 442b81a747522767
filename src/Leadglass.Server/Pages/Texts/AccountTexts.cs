using Leadglass.Access;

namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of a person's own pages.</summary>
public static class AccountTexts
{
    public static readonly Text Title = new("Konto", "Account");
    public static readonly Text SignIn = new("Anmeldung", "Sign-in");
    public static readonly Text Password = new("Passwort ändern", "Change password");
    public static readonly Text SecondFactor = new("Zweiter Faktor", "Second factor");
    public static readonly Text Passkeys = new("Passkeys", "Passkeys");
    public static readonly Text Sessions = new("Sitzungen", "Sessions");
    public static readonly Text SessionsLead = new(
        "Wo Sie angemeldet sind. Eine beendete Sitzung gilt sofort nirgends mehr.",
        "Where you are signed in. An ended session is void everywhere at once."
    );
    public static readonly Text Browser = new("Browser", "Browser");
    public static readonly Text From = new("Von", "From");
    public static readonly Text Since = new("Seit", "Since");
    public static readonly Text LastSeen = new("Zuletzt", "Last seen");
    public static readonly Text How = new("Wie", "How");
    public static readonly Text ThisSession = new("diese", "this one");
    public static readonly Text ViewerSession = new("Bildbetrachter", "viewer");
    public static readonly Text End = new("Beenden", "End");
    public static readonly Text EndOthers = new("Alle anderen beenden", "End all others");
    public static readonly Text EndAll = new("Überall abmelden", "Sign out everywhere");
    public static readonly Text NoRoles = new(
        "Ihr Konto hat noch keine bestätigte Rolle. Bis dahin zeigt das Archiv Ihnen nichts.",
        "Your account has no confirmed role yet. Until then the archive shows you nothing."
    );
    public static readonly Text Waiting = new("Wartet auf Bestätigung: {0}", "Waits for confirmation: {0}");
    public static readonly Text OwnShares = new("Eigene Freigaben", "Own shares");
    public static readonly Text OpenEmergency = new("Offener Notfallzugriff", "Open emergency access");
    public static readonly Text EmergencyUntil = new("Patient {0} bis {1}", "Patient {0} until {1}");
    public static readonly Text Emergency = new("Notfallzugriff", "Emergency access");
    public static readonly Text EmergencyLead = new(
        "Öffnet einen Patienten, der Ihnen nicht zugeordnet ist, für eine Stunde. Die Datenschutzbeauftragten werden sofort benachrichtigt und prüfen jeden Fall.",
        "Opens one patient who is not assigned to you for an hour. The data-protection officers are alerted at once and review every case."
    );
    public static readonly Text EmergencyPatient = new("Patienten-ID", "Patient ID");
    public static readonly Text EmergencyReason = new(
        "Warum Sie diesen Patienten jetzt sehen müssen",
        "Why you have to see this patient now"
    );
    public static readonly Text EmergencyReasonHint = new("10 bis 500 Zeichen", "10 to 500 characters");
    public static readonly Text DoOpen = new("Patienten öffnen", "Open the patient");
    public static readonly Text Opened = new(
        "Der Patient ist für eine Stunde geöffnet. Der Zugriff wird geprüft.",
        "The patient is open for an hour. The access will be reviewed."
    );

    /// <summary>How somebody signed in.</summary>
    public static Text NameOf(SignInMethod method) =>
        method switch
        {
            SignInMethod.Password => new Text("Passwort", "password"),
            SignInMethod.PasswordAndCode => new Text("Passwort und Code", "password and code"),
            SignInMethod.Passkey => new Text("Passkey", "passkey"),
            SignInMethod.Provider => new Text("Klinik-Anmeldung", "hospital sign-in"),
            SignInMethod.Link => new Text("Einmal-Link", "one-time link"),
            SignInMethod.ShareCode => new Text("Link und Code", "link and code"),
            _ => new Text($"{method}", $"{method}"),
        };
}
