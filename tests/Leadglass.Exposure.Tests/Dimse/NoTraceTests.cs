using System.Net;
using Leadglass.Testing.Processes;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>Searches the memory of its own process, which nothing else may grow meanwhile.</summary>
[CollectionDefinition(nameof(WholeMemory), DisableParallelization = true)]
public sealed class WholeMemory;

/// <summary>
/// What a probe at the highest rung leaves in the memory of its process: nothing of a patient. The archive is another
/// process, and this one never holds the patient's values but by receiving them.
/// </summary>
[Collection(nameof(WholeMemory))]
public sealed class NoTraceTests
{
    // Letters turned by thirteen, digits by five.
    private const string Name = "DHNOOYR^MNAMVONE";
    private const string PatientId = "DKW-1198640-ZNQR";
    private const string Description = "XVYYRE JUNYR UVC";

    [Fact]
    public async Task NothingOfAPatientIsLeftInMemory()
    {
        Assert.SkipUnless(Tool.IsInstalled("dcmqrscp") && Tool.IsInstalled("dcmqridx"), "dcmqrscp is not installed");
        using var scratch = new ScratchFolder("no-trace");
        await using var archive = await StartArchiveAsync(scratch.FullPath, FreePort.Next());

        var target = new ProbeTarget(IPAddress.Loopback, archive.Port);
        var seen = await Probing.ObserveAsync(target, Probing.Plan(Rung.IdentifyingFields, "CANARY"));
        Assert.True(seen.RecordsVisible);
        Assert.Equal(["PatientBirthDate", "PatientID", "PatientName"], seen.IdentifyingFields);
        Assert.Equal(3, seen.Records?.Totals[0].Value);

        Assert.All(OwnMemory.Find(Name, PatientId, Description), word => Assert.Equal(0, word.Value));

        // The search would have found it.
        var planted = OwnMemory.InClear(PatientId);
        Assert.NotEqual(0, OwnMemory.Find(PatientId)[PatientId]);
        GC.KeepAlive(planted);
    }

    private static async Task<Archive> StartArchiveAsync(string folder, int port)
    {
        var storage = Directory.CreateDirectory(Path.Combine(folder, "CANARY")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "qr.cfg"),
            $"""
            NetworkTCPPort = {port}
            MaxPDUSize = 16384
            MaxAssociations = 16
            HostTable BEGIN
            HostTable END
            VendorTable BEGIN
            VendorTable END
            AETable BEGIN
            CANARY {storage} RW (10, 1024mb) ANY
            AETable END

            """,
            TestContext.Current.CancellationToken
        );
        for (var i = 1; i <= 3; i++)
        {
            var script = $"""
                set -e
                turn() (printf %s "$1" | {OwnMemory.Turn})
                printf '%s\n' '(0008,0016) UI [1.2.840.10008.5.1.4.1.1.7]' '(0008,0018) UI [1.2.3.{i}.3]' \
                    '(0008,0020) DA [2019010{i}]' '(0008,0060) CS [OT]' "(0008,1030) LO [$(turn '{Description}')]" \
                    "(0010,0010) PN [$(turn '{Name}')]" "(0010,0020) LO [$(turn '{PatientId}')]" \
                    '(0010,0030) DA [18990101]' '(0020,000d) UI [1.2.3.{i}.1]' '(0020,000e) UI [1.2.3.{i}.2]' > {i}.dump
                dump2dcm {i}.dump CANARY/{i}.dcm
                dcmqridx CANARY CANARY/{i}.dcm
                """;
            var made = await Tool.RunAsync("bash", ["-c", script], workingFolder: folder);
            Assert.Equal(0, made.ExitCode);
        }

        var process = BackgroundProcess.Start("dcmqrscp", ["-c", Path.Combine(folder, "qr.cfg"), $"{port}"]);
        await process.WaitForPortAsync(port, TimeSpan.FromSeconds(20));
        return new Archive(process, port);
    }

    private sealed record Archive(BackgroundProcess Process, int Port) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
