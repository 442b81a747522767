using System.Globalization;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.IndependentReader;
using Leadglass.Sealing;

namespace Leadglass.Access.Tests.Trails;

/// <summary>docs/storage-format.md, "Trail": a reader written from the text alone reads what was recorded.</summary>
public sealed class TrailFormatTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("leadglass-trail-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task EveryEventIsReadFromTheFilesAlone()
    {
        using var master = MasterKey.Create();
        var keys = _folder.CreateSubdirectory("keys").FullName;
        var trailFolder = _folder.CreateSubdirectory("trail").FullName;
        MasterKeyFile.Write(DurableFolder.Open(keys), master);
        var clock = new ManualClock();
        for (var start = 0; start < 2; start++)
        {
            await using var trail = await Trail.OpenAsync(
                DurableFolder.Open(trailFolder),
                master,
                clock,
                CancellationToken.None
            );
            for (var i = 0; i < 5; i++)
            {
                // Another day, another file.
                clock.Advance(TimeSpan.FromHours(10));
                await trail.RecordAsync(
                    new TrailEvent
                    {
                        Event = AuditEvent.BeginTransferringInstances,
                        Type = AuditEventType.UseOfRestrictedFunction,
                        Who = "device:ws",
                        Study = StudyInstanceUid.Parse(string.Create(CultureInfo.InvariantCulture, $"1.2.{start}.{i}")),
                    },
                    CancellationToken.None
                );
            }
        }

        var events = IndependentReader
            .TrailReader.ReadEvents(trailFolder, new KeysReader(keys, _folder.FullName))
            .ToList();
        Assert.True(Directory.GetFiles(trailFolder, "*.trail").Length >= 2);
        Assert.Equal(10, events.Count(one => one.Contains("\"Study\":\"1.2.", StringComparison.Ordinal)));
        Assert.Equal(1, events.Count(one => one.Contains("\"Study\":\"1.2.1.4\"", StringComparison.Ordinal)));
        Assert.Throws<InvalidDataException>(() =>
            IndependentReader
                .TrailReader.ReadEvents(trailFolder, new KeysReader(new byte[32], _folder.FullName))
                .Count()
        );
    }
}
