using System.Text.Json;
using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>axe-core: what a page does to people who do not see it, or do not use a mouse.</summary>
internal static class Axe
{
    private static readonly Lazy<Task<string>> Source = new(() =>
        File.ReadAllTextAsync(Path.Combine(ServedArchive.NodeModules, "node_modules", "axe-core", "axe.min.js"))
    );

    /// <summary>The serious and critical faults of the page as it stands, one line each.</summary>
    public static async Task<IReadOnlyList<string>> FaultsAsync(IPage page)
    {
        await page.EvaluateAsync(await Source.Value);
        var faults = await page.EvaluateAsync<JsonElement>(
            """
            async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
              .filter(v => v.impact === 'serious' || v.impact === 'critical')
              .map(v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')}`)
            """
        );
        return [.. faults.EnumerateArray().Select(fault => fault.GetString()!)];
    }
}
