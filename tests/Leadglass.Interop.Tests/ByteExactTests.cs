using Leadglass.Testing;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>Every storable file of many vendors goes in over TLS and comes back byte for byte.</summary>
public sealed class ByteExactTests(ArchiveFixture fixture) : IClassFixture<ArchiveFixture>
{
    [Fact]
    public async Task Every_storable_file_comes_back_as_it_went_in()
    {
        if (SharedData.Root is null)
        {
            Assert.Skip(SharedData.Absent);
        }

        var files = SharedFiles.Storable();
        Assert.True(files.Count > 200, $"only {files.Count} files look storable");
        List<string> problems = [];
        foreach (var file in files)
        {
            var instance = file.ToInstance();
            await using var association = await fixture.ConnectAsync(fixture.Scanner, ArchivePeer.Contexts([instance]));
            if (association.FindContext(instance.SopClassUid, instance.TransferSyntax) is null)
            {
                problems.Add($"{file}: context refused, {instance.SopClassUid} {instance.TransferSyntax}");
                continue;
            }

            var status = await association.StoreAsync(instance);
            await association.ReleaseAsync();
            if (SharedFiles.IsBroken(file))
            {
                Assert.True(status is >= 0xA900 and < 0xAA00 or >= 0xC000, $"{file}: C-STORE answered {status:X4}");
            }
            else if (status != 0)
            {
                problems.Add($"{file}: C-STORE answered {status:X4}");
            }
            else if (await DifferenceAsync(file) is { } difference)
            {
                problems.Add($"{file}: {difference}");
            }
        }

        Assert.True(
            problems.Count == 0,
            $"{problems.Count} of {files.Count} files\n{string.Join('\n', problems)}\n{fixture.Archive.Log}"
        );
    }

    [Fact]
    public async Task A_hostile_file_is_refused_or_comes_back_as_it_went_in()
    {
        if (SharedData.Root is null)
        {
            Assert.Skip(SharedData.Absent);
        }

        var files = SharedData.Files.Where(SharedFiles.IsHostile).Select(RawFile.TryRead).OfType<RawFile>().ToList();
        var stored = 0;
        List<string> problems = [];
        foreach (var (index, file) in files.Index())
        {
            var sending = file.IsDeflated || !SharedFiles.IsStorable(file) ? file : file.WithFreshUids(900_000 + index);
            var instance = sending.ToInstance() with
            {
                SopClassUid = TestInstance.CtImageStorage,
                SopInstanceUid = sending.SopInstanceUid is { Length: > 0 } uid ? uid : $"2.25.900{index}",
            };
            await using var association = await fixture.ConnectAsync(fixture.Scanner, ArchivePeer.Contexts([instance]));
            if (association.FindContext(instance.SopClassUid) is null)
            {
                continue;
            }

            try
            {
                var status = await association.StoreAsync(instance);
                if (status == 0)
                {
                    stored++;
                    if (await DifferenceAsync(sending) is { } difference)
                    {
                        problems.Add($"{file}: acknowledged, but {difference}");
                    }
                }
            }
            catch (RawAbortedException)
            {
                // An abort acknowledges nothing.
            }
        }

        Assert.True(fixture.Archive.IsRunning, fixture.Archive.Log);
        Assert.True(stored > 0, "not one of the hostile files was taken: the test shows nothing");
        Assert.True(problems.Count == 0, $"{problems.Count} of {files.Count}\n{string.Join('\n', problems)}");
    }

    private async Task<string?> DifferenceAsync(RawFile file)
    {
        var instance = file.ToInstance();
        var result = await ArchivePeer.GetAsync(
            fixture.Archive,
            fixture.Workstation,
            instance,
            ArchivePeer.ImageKey(file.StudyInstanceUid!, file.SeriesInstanceUid!, file.SopInstanceUid!)
        );
        return result switch
        {
            { Status: not 0 } => $"C-GET answered {result.Status:X4}, {result.Failed} failed",
            { Instances: not [_] } => $"C-GET brought {result.Instances.Count} instances",
            { Instances: [var back] } when back.DataSet.AsSpan().SequenceEqual(instance.DataSet) => null,
            { Instances: [var back] } =>
                $"{back.DataSet.Length} bytes for {instance.DataSet.Length}, first difference at "
                    + back.DataSet.AsSpan().CommonPrefixLength(instance.DataSet),
        };
    }
}
