using Leadglass.Server.Pages.Texts;
using Microsoft.AspNetCore.Components;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>A component of a page: knows the page's context and speaks its language.</summary>
public abstract class PageComponent : ComponentBase
{
    /// <summary>The page that this is part of.</summary>
    [CascadingParameter]
    public PageContext Page { get; set; } = null!;

    /// <summary>A text in the language of the page.</summary>
    protected string Say(Text text) => Page.Say(text);

    /// <summary>A text in the language of the page with its places filled.</summary>
    protected string Say(Text text, params ReadOnlySpan<object?> values) => Page.Say(text, values);
}
