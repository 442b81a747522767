using System.Security.Cryptography;
using System.Text.Json;
using Leadglass.Access;
using Leadglass.Edge;

namespace Leadglass.Server.Edges;

/// <summary>The devices behind an edge, as the edge is told.</summary>
internal static class EdgeScanners
{
    /// <summary>Those that are enabled now. Rules that the archive applies by itself are not the edge's to know.</summary>
    public static ScannerList Of(ArchiveHost host, string edge)
    {
        List<ScannerEntry> entries =
        [
            .. host.Devices.Current.All.Where(device => device.Enabled && IsBehind(device, edge)).Select(Entry),
        ];
        var list = new ScannerList("", entries)
        {
            PrivateSopClasses = [.. host.Configuration.PrivateStorageClasses.Take(ScannerList.ScannersMax)],
        };
        var digest = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(list, WireJson.Default.ScannerList));
        return list with { Digest = Convert.ToHexStringLower(digest) };
    }

    /// <summary>Whether a device is behind this edge.</summary>
    public static bool IsBehind(Device device, string edge) =>
        device.Behind is { } place && string.Equals(place.Edge, edge, StringComparison.OrdinalIgnoreCase);

    private static ScannerEntry Entry(Device device) =>
        new(
            device.Name,
            [.. device.AeTitles.Select(title => title.Value)],
            [.. device.Behind!.Sources.Select(source => source.ToString())],
            [
                .. new (DeviceRights Right, ScannerService Service)[]
                {
                    (DeviceRights.Store, ScannerService.Store),
                    (DeviceRights.Query, ScannerService.Query),
                    (DeviceRights.Retrieve, ScannerService.Retrieve),
                }
                    .Where(pair => device.Rights.HasFlag(pair.Right))
                    .Select(pair => pair.Service),
            ]
        )
        {
            ListensAt = device.Behind.ListensAt?.ToString(),
            MoveTo = [.. device.MoveDestinations],
        };
}
