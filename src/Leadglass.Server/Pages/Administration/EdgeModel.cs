using Leadglass.Access;
using Leadglass.Server.Edges;

namespace Leadglass.Server.Pages.Administration;

/// <summary>An edge as its page shows it.</summary>
/// <param name="Edge">The edge.</param>
/// <param name="State">What it last reported; null: nothing as yet.</param>
/// <param name="Problems">What is not well.</param>
/// <param name="Behind">The devices behind it, by name.</param>
public sealed record EdgeModel(Device Edge, EdgeState? State, EdgeProblems Problems, IReadOnlyList<Device> Behind)
{
    /// <summary>All edges, by name.</summary>
    internal static IReadOnlyList<EdgeModel> AllOf(ArchiveHost host)
    {
        var now = host.Clock.GetUtcNow();
        var devices = host.Devices.Current.All.ToList();
        return
        [
            .. devices
                .Where(device => device.Edge is not null)
                .Select(edge =>
                {
                    var state = host.EdgeStates.Find(edge.Name);
                    return new EdgeModel(
                        edge,
                        state,
                        EdgeHealth.Of(edge, state, now),
                        [.. devices.Where(device => EdgeScanners.IsBehind(device, edge.Name))]
                    );
                }),
        ];
    }
}
