namespace Leadglass.Server.Pages.Texts;

/// <summary>What forms say of how it went.</summary>
public static class FormTexts
{
    public static readonly Text Stale = new(
        "Jemand anderes hat das inzwischen geändert. Bitte sehen Sie noch einmal hin.",
        "Somebody else changed this meanwhile. Please look again."
    );
    public static readonly Text Mistaken = new(
        "Eine Angabe fehlt oder hat eine Form, die nicht geht.",
        "Something is missing or has a form that does not work."
    );
    public static readonly Text SamePerson = new(
        "Das muss jemand anderes bestätigen: nicht wer es beantragt hat und nicht, für wen es ist.",
        "Somebody else has to confirm this: neither who asked for it nor whom it is for."
    );
    public static readonly Text NotThere = new("Das gibt es nicht (mehr).", "That is not there (any more).");
}
