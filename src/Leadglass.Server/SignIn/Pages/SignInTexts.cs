using Leadglass.Server.Pages.Texts;

namespace Leadglass.Server.SignIn.Pages;

/// <summary>Texts of the pages on which people prove who they are.</summary>
public static class SignInTexts
{
    public static readonly Text Title = new("Anmelden", "Sign in");
    public static readonly Text Name = new("Benutzername", "User name");
    public static readonly Text Password = new("Passwort", "Password");
    public static readonly Text SignIn = new("Anmelden", "Sign in");
    public static readonly Text WithPasskey = new("Mit Passkey anmelden", "Sign in with a passkey");
    public static readonly Text WithProvider = new("Anmelden über {0}", "Sign in with {0}");
    public static readonly Text Or = new("oder", "or");
    public static readonly Text Wrong = new(
        "So kann niemand angemeldet werden. Prüfen Sie Benutzername und Passwort; nach mehreren Fehlversuchen ist ein Konto einige Minuten gesperrt.",
        "Nobody can be signed in like this. Check user name and password; after several failed attempts an account is locked for some minutes."
    );
    public static readonly Text TooMany = new(
        "Zu viele Versuche. Warten Sie einige Minuten.",
        "Too many attempts. Wait some minutes."
    );
    public static readonly Text Refused = new("Die Anmeldung wurde abgelehnt.", "Signing in was refused.");
    public static readonly Text ProviderRefused = new(
        "Die Anmeldung über die Klinik wurde abgelehnt, oder Ihr Konto hat dort keine Gruppe, die hier etwas darf. Der Versuch steht im Protokoll.",
        "Signing in with the hospital was refused, or your account there has no group that may do anything here. The attempt is in the trail."
    );
    public static readonly Text StepOver = new(
        "Die Anmeldung hat zu lange gedauert oder zu oft nicht gestimmt. Beginnen Sie noch einmal.",
        "Signing in took too long or failed too often. Begin again."
    );
    public static readonly Text SignedOut = new("Sie sind abgemeldet.", "You are signed out.");
    public static readonly Text SigningOutThere = new(
        "Sie werden auch bei {0} abgemeldet.",
        "You are being signed out at {0} too."
    );
    public static readonly Text GoOn = new("Weiter", "Continue");
    public static readonly Text NeedsScript = new("Passkeys brauchen JavaScript.", "Passkeys need JavaScript.");

    public static readonly Text CodeTitle = new("Zweiter Faktor", "Second factor");
    public static readonly Text Code = new("Code", "Code");
    public static readonly Text CodeHint = new(
        "Sechs Ziffern aus Ihrer Authenticator-App, oder einer Ihrer Wiederherstellungscodes.",
        "Six digits from your authenticator app, or one of your recovery codes."
    );
    public static readonly Text CodeWrong = new(
        "Dieser Code stimmt nicht oder wurde schon benutzt.",
        "This code is wrong or was used already."
    );
    public static readonly Text Confirm = new("Bestätigen", "Confirm");
    public static readonly Text BeginAgain = new("Neu beginnen", "Begin again");

    public static readonly Text LinkTitle = new("Einmal-Link", "One-time link");
    public static readonly Text LinkIntro = new(
        "Mit diesem Link richten Sie Ihr Konto ein. Er gilt ein einziges Mal.",
        "With this link you set up your account. It works once only."
    );
    public static readonly Text LinkSecret = new("Zeichen nach dem # im Link", "Characters after the # in the link");
    public static readonly Text LinkOver = new(
        "Dieser Link gilt nicht: er wurde schon benutzt, ist abgelaufen oder unvollständig. Wer das Archiv verwaltet, kann einen neuen ausstellen.",
        "This link does not work: it was used already, has expired or is incomplete. Whoever administers the archive can issue a new one."
    );

    public static readonly Text ChooseTitle = new("Passwort wählen", "Choose a password");
    public static readonly Text ChooseFor = new("Konto {0}", "Account {0}");
    public static readonly Text NewPassword = new("Neues Passwort", "New password");
    public static readonly Text NewPasswordHint = new(
        "Mindestens {0} Zeichen; ein Satz ist besser als ein Wort mit Sonderzeichen.",
        "At least {0} characters; a sentence is better than a word with symbols."
    );
    public static readonly Text PasswordHint = new(
        "Mindestens 12 Zeichen; ein Satz ist besser als ein Wort mit Sonderzeichen.",
        "At least 12 characters; a sentence is better than a word with symbols."
    );
    public static readonly Text PasswordAgain = new("Noch einmal", "Once more");
    public static readonly Text PasswordsDiffer = new(
        "Die beiden Eingaben sind verschieden.",
        "The two entries differ."
    );
    public static readonly Text PasswordWeak = new(
        "Dieses Passwort ist zu leicht zu erraten: zu kurz, zu gleichförmig oder Ihr Name.",
        "This password is too easy to guess: too short, too uniform, or your name."
    );
    public static readonly Text PresentPassword = new("Jetziges Passwort", "Present password");
    public static readonly Text PasswordWrong = new("Das Passwort stimmt nicht.", "The password is wrong.");
    public static readonly Text PasswordChanged = new(
        "Das Passwort ist geändert. Alle anderen Sitzungen sind beendet.",
        "The password is changed. All other sessions have ended."
    );

    public static readonly Text EnrolTitle = new("Zweiten Faktor einrichten", "Set up a second factor");
    public static readonly Text EnrolIntro = new(
        "Ihre Rolle verlangt einen zweiten Faktor. Scannen Sie das Bild mit einer Authenticator-App und geben Sie den Code ein, den sie zeigt.",
        "Your role asks for a second factor. Scan the picture with an authenticator app and enter the code that it shows."
    );
    public static readonly Text EnrolOwn = new(
        "Scannen Sie das Bild mit einer Authenticator-App und geben Sie den Code ein, den sie zeigt.",
        "Scan the picture with an authenticator app and enter the code that it shows."
    );
    public static readonly Text EnrolByHand = new("Oder von Hand: {0}", "Or by hand: {0}");
    public static readonly Text QrLabel = new(
        "QR-Code mit dem Geheimnis für die Authenticator-App",
        "QR code with the secret for the authenticator app"
    );
    public static readonly Text AppCode = new("Code aus der App", "Code from the app");
    public static readonly Text RecoveryTitle = new("Wiederherstellungscodes", "Recovery codes");
    public static readonly Text RecoveryIntro = new(
        "Bewahren Sie diese Codes getrennt vom Passwort auf. Jeder ersetzt den zweiten Faktor ein einziges Mal. Sie werden nicht noch einmal gezeigt.",
        "Keep these codes apart from the password. Each replaces the second factor once. They are not shown again."
    );
    public static readonly Text NewRecoveryCodes = new("Neue Wiederherstellungscodes", "New recovery codes");
    public static readonly Text RecoveryLeft = new("Noch {0} Wiederherstellungscodes.", "{0} recovery codes left.");

    public static readonly Text FactorsTitle = new("Zweiter Faktor", "Second factor");
    public static readonly Text FactorOn = new(
        "Zur Anmeldung mit Passwort gehört ein Code aus der Authenticator-App.",
        "Signing in with the password takes a code from the authenticator app."
    );
    public static readonly Text FactorOff = new(
        "Noch kein zweiter Faktor eingerichtet.",
        "No second factor set up yet."
    );
    public static readonly Text ReplaceFactor = new("Neues Gerät einrichten", "Set up a new device");

    public static readonly Text PasskeysTitle = new("Passkeys", "Passkeys");
    public static readonly Text PasskeysIntro = new(
        "Ein Passkey meldet Sie ohne Passwort an, mit Fingerabdruck, Gesicht oder PIN Ihres Geräts. Er ist Besitz und Prüfung zugleich und ersetzt den zweiten Faktor.",
        "A passkey signs you in without a password, with fingerprint, face or PIN of your device. It is possession and proof at once and replaces the second factor."
    );
    public static readonly Text NoPasskeys = new("Noch kein Passkey.", "No passkey yet.");
    public static readonly Text PasskeyName = new("Bezeichnung", "Name");
    public static readonly Text AddPasskey = new("Passkey hinzufügen", "Add a passkey");
    public static readonly Text RemovePasskey = new("Entfernen", "Remove");
    public static readonly Text PasskeyFailed = new(
        "Der Passkey wurde nicht angenommen.",
        "The passkey was not accepted."
    );
    public static readonly Text PasskeyNotAdded = new(
        "Das Passwort stimmt nicht, oder der Passkey wurde nicht angenommen.",
        "The password is wrong, or the passkey was not accepted."
    );
    public static readonly Text PasskeysOfProvider = new(
        "Sie melden sich über Ihre Klinik an und nur dort: hier gibt es für Sie keine Passkeys.",
        "You sign in with your hospital and there only: there are no passkeys for you here."
    );
    public static readonly Text PasskeyAdded = new("Passkey hinzugefügt.", "Passkey added.");
    public static readonly Text PasskeyUnnamed = new("Passkey", "Passkey");
    public static readonly Text AddedOn = new("hinzugefügt {0}", "added {0}");

    public static readonly Text ShareTitle = new("Freigegebene Untersuchung", "Shared study");
    public static readonly Text ShareIntro = new(
        "Jemand hat eine Untersuchung für Sie freigegeben. Den Code haben Sie auf einem anderen Weg erhalten als den Link.",
        "Somebody has shared a study with you. The code reached you by another way than the link."
    );
    public static readonly Text ShareOpen = new("Untersuchung öffnen", "Open the study");
    public static readonly Text ShareRefused = new(
        "Link oder Code stimmt nicht, oder die Freigabe ist zu Ende. Nach fünf falschen Codes ist sie gesperrt.",
        "Link or code is wrong, or the share has ended. After five wrong codes it is locked."
    );
}
