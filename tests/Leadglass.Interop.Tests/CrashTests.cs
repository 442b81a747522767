using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Authentication;
using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>
/// The server is killed while eight associations store: whatever was acknowledged is there after the next start, byte for
/// byte, and findable. Ten rounds, or two hundred in the long form.
/// </summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Associations = 8;

    [Fact]
    public async Task What_was_acknowledged_survives_kill_9()
    {
        var rounds = LongForm.Choose(10, 200);
        var seed = Environment.GetEnvironmentVariable("LEADGLASS_SEED") is { } text ? int.Parse(text) : 20260;
        output.WriteLine($"{rounds} rounds, LEADGLASS_SEED={seed}");
        var random = new Random(seed);
        await using var archive = await ArchiveProcess.StartNewAsync();
        var scanner = await archive.EnrolAsync("scanner", "SCANNER", "store");
        var workstation = await archive.EnrolAsync("workstation", "WORKSTATION", "query,retrieve");
        var total = 0;
        for (var round = 1; round <= rounds; round++)
        {
            var acknowledged = new ConcurrentDictionary<string, RawInstance>(StringComparer.Ordinal);
            var senders = Enumerable
                .Range(1, Associations)
                .Select(n => SendUntilTheEndAsync(archive, scanner, (round * 10) + n, acknowledged))
                .ToList();
            await WaitForAsync(acknowledged, random.Next(1, 120));
            await Task.Delay(random.Next(0, 60));
            await archive.KillAsync();
            await Task.WhenAll(senders);
            await archive.StartAsync();
            await AssertAllThereAsync(archive, workstation, acknowledged);
            total += acknowledged.Count;
        }

        output.WriteLine($"{total} instances acknowledged before a kill, every one there afterwards");
        var verified = await archive.RunHereAsync("verify");
        Assert.True(verified.ExitCode == 0, verified.ToString());
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_does_not_start()
    {
        await using var archive = await ArchiveProcess.StartNewAsync();
        var second = await archive.RunHereAsync("serve", "--dicom-port", "0", "--http-port", "0");
        Assert.Equal(1, second.ExitCode);
        Assert.DoesNotContain("ready ", second.Output);
    }

    private static async Task WaitForAsync(ConcurrentDictionary<string, RawInstance> acknowledged, int count)
    {
        using var timer = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (acknowledged.Count < count)
        {
            await Task.Delay(2, timer.Token);
        }
    }

    /// <summary>Stores small and larger instances, now and then a new series, until the connection breaks.</summary>
    private static async Task SendUntilTheEndAsync(
        ArchiveProcess archive,
        EnrolledDevice scanner,
        int study,
        ConcurrentDictionary<string, RawInstance> acknowledged
    )
    {
        try
        {
            await using var association = await ArchivePeer.ConnectAsync(
                archive,
                scanner,
                [new RawContext(TestInstance.CtImageStorage, RawServices.ExplicitLittle)]
            );
            for (var number = 1; ; number++)
            {
                var size = (ushort)(number % 7 == 0 ? 512 : 64);
                var instance = (
                    TestInstance.Numbered(study, 1 + (number / 10), number, "2.25.66") with
                    {
                        Rows = size,
                        Columns = size,
                    }
                ).ToRaw();
                if (await association.StoreAsync(instance) == 0)
                {
                    acknowledged[instance.SopInstanceUid] = instance;
                }
            }
        }
        catch (Exception end) when (end is IOException or SocketException or AuthenticationException)
        {
            // The server was killed: this is the end that the test waits for.
        }
    }

    private static async Task AssertAllThereAsync(
        ArchiveProcess archive,
        EnrolledDevice workstation,
        ConcurrentDictionary<string, RawInstance> acknowledged
    )
    {
        await using var association = await ArchivePeer.ConnectAsync(
            archive,
            workstation,
            [
                new RawContext(RawServices.StudyRootFind, RawServices.ImplicitLittle),
                new RawContext(RawServices.StudyRootGet, RawServices.ImplicitLittle),
                new RawContext(TestInstance.CtImageStorage, RawServices.ExplicitLittle)
                {
                    IsProviderRoleProposed = true,
                },
            ]
        );
        foreach (var study in acknowledged.Keys.Select(uid => string.Join('.', uid.Split('.')[..4])).Distinct())
        {
            var (status, answers) = await association.FindAsync(RawServices.StudyRootFind, ArchivePeer.StudyKey(study));
            Assert.True(status == 0 && answers.Count == 1, $"study found {answers.Count} times, status {status:X4}");
            var got = await association.GetAsync(RawServices.StudyRootGet, ArchivePeer.StudyKey(study));
            Assert.Equal(0, got.Status);
            var back = got.Instances.ToDictionary(i => i.SopInstanceUid, StringComparer.Ordinal);
            foreach (
                var (uid, sent) in acknowledged.Where(a => a.Key.StartsWith(study + ".", StringComparison.Ordinal))
            )
            {
                Assert.True(back.TryGetValue(uid, out var found), $"{uid} was acknowledged and is lost\n{archive.Log}");
                Assert.True(found.DataSet.AsSpan().SequenceEqual(sent.DataSet), $"{uid} came back with other bytes");
            }
        }

        await association.ReleaseAsync();
    }
}
