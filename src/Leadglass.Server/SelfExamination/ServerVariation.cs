using Leadglass.Server.Listeners;
using Leadglass.Server.Web;

namespace Leadglass.Server.SelfExamination;

/// <summary>
/// How a test has a server differ from the program's, to open it on purpose and see that it notices. Nothing but tests can
/// make one: no option, file or variable leads here, and an architecture test holds that the program uses
/// <see cref="None"/> alone.
/// </summary>
internal sealed record ServerVariation
{
    /// <summary>The program as it is.</summary>
    public static ServerVariation None { get; } = new();

    /// <summary>Whether it looks at itself by itself, at start and hourly.</summary>
    public bool LooksAtItself { get; init; } = true;

    /// <summary>How long an answer to a look may take.</summary>
    public TimeSpan Patience { get; init; } = SelfExaminer.Patience;

    /// <summary>The listeners.</summary>
    public Func<ListenerParts, ListenerParts> Listeners { get; init; } = static parts => parts;

    /// <summary>The web application.</summary>
    public Func<WebParts, WebHost> Web { get; init; } = WebHost.For;
}
