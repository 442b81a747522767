namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of every page: head, navigation, forms, units.</summary>
public static class CommonTexts
{
    public static readonly Text SkipToContent = new("Zum Inhalt springen", "Skip to content");
    public static readonly Text Navigation = new("Hauptnavigation", "Main navigation");
    public static readonly Text Studies = new("Untersuchungen", "Studies");
    public static readonly Text Upload = new("Hochladen", "Upload");
    public static readonly Text Records = new("Datenpflege", "Records");
    public static readonly Text Trail = new("Protokoll", "Trail");
    public static readonly Text Administration = new("Verwaltung", "Administration");
    public static readonly Text Account = new("Konto", "Account");
    public static readonly Text SignOut = new("Abmelden", "Sign out");
    public static readonly Text SignedInAs = new("Angemeldet als {0}", "Signed in as {0}");
    public static readonly Text LanguageLabel = new("Sprache", "Language");
    public static readonly Text Brightness = new("Darstellung", "Appearance");
    public static readonly Text ThemeSystem = new("Automatisch", "Automatic");
    public static readonly Text ThemeDark = new("Dunkel", "Dark");
    public static readonly Text ThemeLight = new("Hell", "Light");
    public static readonly Text Save = new("Speichern", "Save");
    public static readonly Text Cancel = new("Abbrechen", "Cancel");
    public static readonly Text Back = new("Zurück", "Back");
    public static readonly Text Required = new("Pflichtangabe", "required");
    public static readonly Text Yes = new("ja", "yes");
    public static readonly Text No = new("nein", "no");
    public static readonly Text None = new("keine", "none");
    public static readonly Text Unknown = new("unbekannt", "unknown");
    public static readonly Text Actions = new("Aktionen", "Actions");
    public static readonly Text Female = new("weiblich", "female");
    public static readonly Text Male = new("männlich", "male");
    public static readonly Text OtherSex = new("divers", "other");
    public static readonly Text Years = new("{0} J.", "{0} y");
    public static readonly Text Months = new("{0} Mon.", "{0} mo");
    public static readonly Text Weeks = new("{0} Wo.", "{0} wk");
    public static readonly Text Days = new("{0} T.", "{0} d");
    public static readonly Text NotShownValue = new("Wert wird nicht angezeigt", "value not shown");
    public static readonly Text Footer = new("Jeder Zugriff wird protokolliert.", "Every access is recorded.");
    public static readonly Text ErrorTitle = new("Das ging nicht", "That did not work");
    public static readonly Text NotFoundTitle = new("Nicht gefunden", "Not found");
    public static readonly Text NotFoundDetail = new(
        "Unter dieser Adresse gibt es nichts, was Sie sehen dürfen.",
        "At this address there is nothing that you may see."
    );
    public static readonly Text ForbiddenTitle = new("Nicht erlaubt", "Not permitted");
    public static readonly Text ForbiddenDetail = new(
        "Ihr Konto hat dieses Recht nicht. Der Versuch steht im Protokoll.",
        "Your account does not have this right. The attempt is in the trail."
    );
    public static readonly Text ExpiredTitle = new("Seite abgelaufen", "Page expired");
    public static readonly Text ExpiredDetail = new(
        "Das Formular ist abgelaufen oder kam nicht von dieser Seite. Laden Sie die Seite neu und wiederholen Sie die Eingabe.",
        "The form has expired or did not come from this page. Reload the page and enter it again."
    );
    public static readonly Text UnavailableTitle = new("Zur Zeit nicht möglich", "Not possible at the moment");
    public static readonly Text UnavailableDetail = new(
        "Das Archiv konnte die Anfrage nicht ausführen. Es wurde nichts herausgegeben und nichts geändert. Versuchen Sie es in einigen Minuten erneut.",
        "The archive could not carry out the request. Nothing was released and nothing changed. Try again in a few minutes."
    );
    public static readonly Text ToStudies = new("Zu den Untersuchungen", "To the studies");
    public static readonly Text ToStart = new("Zur Startseite", "To the start page");
}
