using System.Net;
using System.Net.NetworkInformation;
using Leadglass.Testing.Processes;

namespace Leadglass.Interop.Tests;

/// <summary>No variable with which a stock ASP.NET Core host opens listeners opens one, or moves one, on the real process.</summary>
public sealed class EnvironmentTests
{
    [Fact]
    public async Task The_environment_opens_nothing()
    {
        int[] ports = [FreePort.Next(), FreePort.Next(), FreePort.Next(), FreePort.Next(), FreePort.Next()];
        await using var archive = await ArchiveProcess.CreateAsync();
        foreach (
            var (name, value) in new Dictionary<string, string>
            {
                ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{ports[0]}",
                ["DOTNET_URLS"] = $"http://127.0.0.1:{ports[0]}",
                ["URLS"] = $"http://127.0.0.1:{ports[0]}",
                ["ASPNETCORE_HTTP_PORTS"] = $"{ports[1]}",
                ["DOTNET_HTTP_PORTS"] = $"{ports[1]}",
                ["HTTP_PORTS"] = $"{ports[1]}",
                ["ASPNETCORE_HTTPS_PORTS"] = $"{ports[2]}",
                ["Kestrel__Endpoints__Plain__Url"] = $"http://127.0.0.1:{ports[3]}",
                ["ASPNETCORE_Kestrel__Endpoints__Plain__Url"] = $"http://127.0.0.1:{ports[3]}",
                ["DOTNET_Kestrel__Endpoints__Plain__Url"] = $"http://127.0.0.1:{ports[3]}",
                ["ASPNETCORE_PREFERHOSTINGURLS"] = "true",
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["DOTNET_ENVIRONMENT"] = "Development",
            }
        )
        {
            archive.Variables[name] = value;
        }

        await archive.StartAsync();
        var listening = IPGlobalProperties
            .GetIPGlobalProperties()
            .GetActiveTcpListeners()
            .Select(endPoint => endPoint.Port)
            .ToHashSet();
        Assert.Contains(archive.HttpPort, listening);
        Assert.DoesNotContain(ports, listening.Contains);
        // Nor by the option of a stock host: it is no option here, and nothing starts.
        var refused = await archive.RunHereAsync("serve", "--urls", $"http://127.0.0.1:{ports[4]}");
        Assert.Equal(2, refused.ExitCode);
    }
}
