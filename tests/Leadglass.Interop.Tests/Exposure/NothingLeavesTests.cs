using System.Text;
using Leadglass.Testing.Lab;
using Leadglass.Testing.Processes;

namespace Leadglass.Interop.Tests.Exposure;

/// <summary>
/// Archives full of made-up patients are audited, and what names a patient is looked for everywhere afterwards: on the wire
/// at the null rungs, in everything written and in the memory of the process at the highest.
/// </summary>
[Collection(nameof(ProductLabFixture))]
public sealed class NothingLeavesTests(ProductLabFixture fixture, ITestOutputHelper output)
{
    private const ushort StoreRequest = 0x0001;
    private const ushort GetRequest = 0x0010;
    private const ushort FindRequest = 0x0020;
    private const ushort MoveRequest = 0x0021;
    private static readonly TimeSpan AuditLimit = TimeSpan.FromMinutes(3);

    private static readonly CanarySearch Canaries = CanaryStudies.Identifiers.Aggregate(
        new CanarySearch().AddText("UID", CanaryStudies.UidRoot),
        (search, identifier) => search.AddText(identifier.What, identifier.Text)
    );

    [Fact]
    public async Task At_the_null_rungs_nothing_that_names_a_patient_is_on_the_wire()
    {
        Assert.SkipUnless(PacketCapture.IsInstalled, "tcpdump is not installed");
        var lab = fixture.Lab;
        await using var capture = await PacketCapture.StartAsync(lab.Network, "null-rungs");
        await using var audit = AuditProcess.Start(lab.Network, Scope("4"), "--mode", "thorough");
        var findings = Verdict.Read(await audit.FinishAsync(AuditLimit));
        var traffic = await capture.StopAsync();

        Assert.Contains(findings.Values, f => f is { QueryOpen: true, RetrieveOpen: true });
        Assert.Contains(Sent(traffic), m => m.Field == FindRequest);
        Assert.Contains(Sent(traffic), m => m.Field == GetRequest);
        AssertNothingIsTaken(lab, traffic);
        Assert.Empty(FindIn(traffic));
    }

    [Fact]
    public async Task At_the_highest_rung_nothing_that_names_a_patient_stays()
    {
        Assert.SkipUnless(PacketCapture.IsInstalled, "tcpdump is not installed");
        var lab = fixture.Lab;
        await using var capture = await PacketCapture.StartAsync(lab.Network, "highest-rung");
        await using var audit = await FreezeAsync(lab);
        var needles = Needles(CanaryStudies.Identifiers.Append(("UID", CanaryStudies.UidRoot)));
        var (found, bytes) = ProcessMemory.Search(audit.Id, needles);
        var (control, _) = ProcessMemory.Search(audit.Id, Needles([("calling AE title", "LEADGLASS-AUDIT")]));
        output.WriteLine($"{bytes >> 20} MiB of memory searched; control found {control.Count} times");
        Assert.True(found.Count == 0, string.Join('\n', found));
        Assert.NotEmpty(control);
        Assert.Empty(Canaries.Find(audit.Folders.Where(Directory.Exists), audit.Output));

        await audit.ThawAsync();
        var document = await audit.FinishAsync(AuditLimit);
        Assert.Contains("PatientName", document.ToJsonString(), StringComparison.Ordinal);
        Assert.Empty(Canaries.Find(audit.Folders.Where(Directory.Exists), audit.Output));
        var traffic = await capture.StopAsync();
        Assert.Contains(FindIn(traffic), f => f.Contains("family name", StringComparison.Ordinal));
        AssertNothingIsTaken(lab, traffic);
    }

    /// <summary>An audit that stands still between its document and its end.</summary>
    private static async Task<AuditProcess> FreezeAsync(ProductLab lab)
    {
        for (var attempt = 1; ; attempt++)
        {
            var audit = AuditProcess.Start(lab.Network, Scope("6"), "--mode", "thorough");
            if (await audit.FreezeWhenWrittenAsync(AuditLimit))
            {
                return audit;
            }

            await audit.DisposeAsync();
            Assert.True(attempt < 5, "the process ended before it could be stopped, five times");
        }
    }

    /// <summary>Nothing stored, moved or retrieved, and never two connections to a host at once.</summary>
    private void AssertNothingIsTaken(ProductLab lab, CapturedTraffic traffic)
    {
        Assert.All(lab.Products, p => Assert.Equal(1, traffic.MostAtOnce(p.Host.Address)));
        var sent = Sent(traffic).ToList();
        Assert.DoesNotContain(sent, m => m.Field is StoreRequest or MoveRequest);
        Assert.All(
            sent.Where(m => m.Field == GetRequest),
            m => Assert.Equal(-1, m.DataSet.AsSpan().IndexOf(Encoding.ASCII.GetBytes(CanaryStudies.UidRoot)))
        );
        var received = traffic.Connections.SelectMany(c => CapturedMessages.Dimse(c.FromServer.ToArray()));
        Assert.DoesNotContain(received, m => m.Field == StoreRequest);

        var requests = traffic
            .Connections.SelectMany(c => CapturedMessages.Http(c.FromClient.ToArray(), isClient: true))
            .Select(h => h.FirstLine)
            .ToList();
        output.WriteLine(string.Join('\n', requests.Distinct(StringComparer.Ordinal)));
        Assert.NotEmpty(requests);
        Assert.All(requests, line => Assert.True(line.StartsWith("GET ", StringComparison.Ordinal), line));
        Assert.DoesNotContain(
            requests,
            line => line.Contains($"studies/{CanaryStudies.UidRoot}", StringComparison.Ordinal)
        );
        var answers = traffic.Connections.SelectMany(c =>
            CapturedMessages.Http(c.FromServer.ToArray(), isClient: false)
        );
        Assert.DoesNotContain(answers, a => a.Fields.Contains("multipart/related", StringComparison.OrdinalIgnoreCase));
    }

    private static IEnumerable<CapturedDimse> Sent(CapturedTraffic traffic) =>
        traffic.Connections.SelectMany(c => CapturedMessages.Dimse(c.FromClient.ToArray()));

    /// <summary>What names a patient in all that both ends sent.</summary>
    private static IReadOnlyList<string> FindIn(CapturedTraffic traffic)
    {
        using var scratch = new ScratchFolder("wire");
        var folder = scratch.FullPath;
        foreach (var (index, connection) in traffic.Connections.Index())
        {
            File.WriteAllBytes(
                Path.Combine(folder, $"{index}-{connection.Server.Port}-client"),
                connection.FromClient.ToArray()
            );
            File.WriteAllBytes(
                Path.Combine(folder, $"{index}-{connection.Server.Port}-server"),
                connection.FromServer.ToArray()
            );
        }

        return Canaries.Find([folder]);
    }

    private static List<(string What, byte[] Bytes)> Needles(IEnumerable<(string What, string Text)> texts) =>
        [
            .. texts.SelectMany(t =>
                ((string, byte[])[])
                    [
                        ($"{t.What} {t.Text} in ASCII", Encoding.ASCII.GetBytes(t.Text)),
                        ($"{t.What} {t.Text} in UTF-16", Encoding.Unicode.GetBytes(t.Text)),
                    ]
            ),
        ];

    private static LabScope Scope(string rung) =>
        new() { HighestRung = rung, CalledAeTitles = [ProductLab.KnownTitle] };
}
