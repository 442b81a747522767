using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>Renders one component with the page's context cascading to all of it.</summary>
internal sealed class PageRoot : ComponentBase
{
    [Parameter]
    public PageContext Context { get; set; } = null!;

    [Parameter]
    public Type Component { get; set; } = null!;

    [Parameter]
    public IReadOnlyDictionary<string, object?> Values { get; set; } = null!;

    protected override void BuildRenderTree(RenderTreeBuilder builder)
    {
        builder.OpenComponent<CascadingValue<PageContext>>(0);
        builder.AddComponentParameter(1, nameof(CascadingValue<>.Value), Context);
        builder.AddComponentParameter(2, nameof(CascadingValue<>.IsFixed), true);
        builder.AddComponentParameter(3, nameof(CascadingValue<>.ChildContent), (RenderFragment)BuildComponent);
        builder.CloseComponent();
    }

    private void BuildComponent(RenderTreeBuilder builder)
    {
        builder.OpenComponent(0, Component);
        foreach (var (name, value) in Values)
        {
            builder.AddComponentParameter(1, name, value);
        }
        builder.CloseComponent();
    }
}
