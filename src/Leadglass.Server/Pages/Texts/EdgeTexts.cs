using Leadglass.Server.Edges;

namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts about edges and what stands behind them.</summary>
public static class EdgeTexts
{
    public static readonly Text Edges = new("Edges", "Edges");
    public static readonly Text Edge = new("Edge", "Edge");
    public static readonly Text EdgesLead = new(
        "Ein Edge steht neben Geräten, die kein TLS sprechen, und leitet weiter, was sie senden: versiegelt, in ihrem Namen und nur für Geräte, die hier stehen.",
        "An edge stands beside devices that speak no TLS and forwards what they send: sealed, in their name, and only for devices that are listed here."
    );
    public static readonly Text NoEdge = new(
        "Kein Edge ist aufgenommen. „leadglass device add NAME --edge“ gibt den Code dafür.",
        "No edge is enrolled. “leadglass device add NAME --edge” gives the code for one."
    );
    public static readonly Text NothingBehind = new(
        "Hinter diesem Edge steht noch kein Gerät; er weist alle ab.",
        "No device is behind this edge yet; it turns everybody away."
    );
    public static readonly Text BehindIt = new("Hinter {0}", "Behind {0}");
    public static readonly Text ByEdge = new("über {0}", "by {0}");
    public static readonly Text LastContact = new("Letzter Kontakt", "Last contact");
    public static readonly Text Queue = new("Warteschlange", "Queue");
    public static readonly Text Waiting = new("{0} ({1} MiB)", "{0} ({1} MiB)");
    public static readonly Text Oldest = new("Ältestes", "Oldest");
    public static readonly Text Minutes = new("{0} min", "{0} min");
    public static readonly Text Refused = new("Abgewiesen", "Refused");
    public static readonly Text Version = new("Version", "Version");
    public static readonly Text From = new("Kommt von", "Comes from");
    public static readonly Text Rules = new("Regeln", "Rules");
    public static readonly Text IssuerRule = new("Aussteller der Patienten-ID: {0}", "issuer of patient ID: {0}");
    public static readonly Text InstitutionRule = new("Institution wird {0}", "institution becomes {0}");
    public static readonly Text StationRule = new("Station wird {0}", "station becomes {0}");
    public static readonly Text CodeOpen = new("Code offen", "code open");
    public static readonly Text DisableConfirm = new(
        "Der Edge und alle Geräte dahinter können sofort nichts mehr senden und abfragen. Was dort wartet, bleibt dort. Entsperren geht nur mit dem Befehl auf dem Server. Fortfahren?",
        "The edge and all devices behind it can send and query nothing from now on. What waits there stays there. Only the command on the server can enable it again. Go on?"
    );

    /// <summary>What is not well, each by its name.</summary>
    public static IEnumerable<Text> NamesOf(EdgeProblems problems) =>
        Names.Where(name => problems.HasFlag(name.Key)).Select(name => name.Value);

    private static readonly Dictionary<EdgeProblems, Text> Names = new()
    {
        [EdgeProblems.NotEnrolled] = new("nicht aufgenommen", "not enrolled"),
        [EdgeProblems.Silent] = new("ohne Kontakt", "no contact"),
        [EdgeProblems.QueueOld] = new("Warteschlange alt", "queue old"),
        [EdgeProblems.QueueFull] = new("Warteschlange voll", "queue full"),
        [EdgeProblems.SetAside] = new("Abgelehntes liegt dort", "refused content waits"),
    };
}
