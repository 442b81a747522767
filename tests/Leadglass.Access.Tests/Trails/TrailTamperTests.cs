using Leadglass.Access.Trails;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Access.Tests.Trails;

/// <summary>Whoever has the files but not the key cannot change the trail without being found out.</summary>
public sealed class TrailTamperTests : IDisposable
{
    private const string First = "00000001.trail";
    private const string Second = "00000002.trail";
    private readonly MasterKey _master = MasterKey.Create();

    public void Dispose() => _master.Dispose();

    [Fact]
    public async Task AnUntouchedTrailHasNoFindings() => Assert.Empty((await VerifyAsync(await WriteAsync())).Findings);

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    public async Task EveryFlippedByteIsFound(string name)
    {
        var disk = await WriteAsync();
        var end = EndOf(Read(disk, name), name);
        for (var offset = 0; offset < end; offset++)
        {
            disk.Rot(name, offset, 0x20);
            var verified = await VerifyAsync(disk);
            Assert.True(verified.Findings.Count > 0, $"the flipped byte {offset} of {name} was not found");
            disk.Rot(name, offset, 0x20);
        }
        Assert.Empty((await VerifyAsync(disk)).Findings);
    }

    /// <summary>The room ahead of the entries holds nothing: what somebody writes there is no entry either.</summary>
    [Fact]
    public async Task WhatIsWrittenIntoTheRoomAheadIsNoEntry()
    {
        var disk = await WriteAsync();
        var before = ReadEvents(disk).Count;
        disk.Rot(Second, EndOf(Read(disk, Second), Second) + 100, 0x55);
        Assert.Equal(before, ReadEvents(disk).Count);
    }

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    public async Task EveryTruncationIsFound(string name)
    {
        var disk = await WriteAsync();
        var bytes = Read(disk, name);
        var lengths = Enumerable
            .Range(0, (EndOf(bytes, name) + 6) / 7)
            .Select(part => part * 7)
            .Concat(Entries(bytes, name).Select(entry => entry.Offset));
        foreach (var length in lengths)
        {
            Write(disk, name, bytes[..length]);
            Assert.True((await VerifyAsync(disk)).Findings.Count > 0, $"cut at {length}");
            byte[] blanked = [.. bytes[..length], .. new byte[bytes.Length - length]];
            Write(disk, name, blanked);
            Assert.True((await VerifyAsync(disk)).Findings.Count > 0, $"blanked from {length}");
        }
        Write(disk, name, bytes);
        Assert.Empty((await VerifyAsync(disk)).Findings);
    }

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    public async Task EveryDeletedEntryIsFound(string name)
    {
        var disk = await WriteAsync();
        var bytes = Read(disk, name);
        foreach (var (offset, length) in Entries(bytes, name))
        {
            Write(disk, name, [.. bytes[..offset], .. bytes[(offset + length)..]]);
            Assert.NotEmpty((await VerifyAsync(disk)).Findings);
        }
    }

    [Fact]
    public async Task SwappedRepeatedAndForeignEntriesAreFound()
    {
        var disk = await WriteAsync();
        var bytes = Read(disk, First);
        var entries = Entries(bytes, First);
        byte[] Part(int index) => bytes[entries[index].Offset..(entries[index].Offset + entries[index].Length)];
        var head = bytes[..entries[0].Offset];
        byte[] rest = [.. Enumerable.Range(2, entries.Count - 2).SelectMany(Part)];
        var other = await WriteAsync();
        byte[][] forgeries =
        [
            [.. head, .. Part(1), .. Part(0), .. rest],
            [.. head, .. Part(0), .. Part(1), .. Part(1), .. rest],
            [.. bytes, .. Part(1)],
            Read(other, First),
            Read(disk, Second),
        ];
        foreach (var forgery in forgeries)
        {
            Write(disk, First, forgery);
            Assert.NotEmpty((await VerifyAsync(disk)).Findings);
        }
    }

    [Theory]
    [InlineData(First)]
    [InlineData(Second)]
    public async Task AMissingFileIsFound(string name)
    {
        var disk = await WriteAsync();
        disk.Root.Delete(name);
        Assert.NotEmpty((await VerifyAsync(disk)).Findings);
    }

    [Fact]
    public async Task ADamagedTrailIsSaidSoAtTheNextStartAndGoesOn()
    {
        var disk = await WriteAsync();
        disk.Rot(Second, Entries(Read(disk, Second), Second)[0].Offset + 60, 1);
        await using (var trail = await OpenAsync(disk))
        {
            await trail.RecordAsync(TrailTests.Said("1.2.99"), CancellationToken.None);
        }
        var read = ReadEvents(disk);
        Assert.Contains(read, recorded => recorded.Outcome == AuditOutcome.MajorFailure);
        Assert.Contains(read, recorded => recorded.Study?.Value == "1.2.99");
        Assert.NotEmpty((await VerifyAsync(disk)).Findings);
    }

    [Fact]
    public async Task ATrailWhoseEndWasTakenIsSaidSoAtTheNextStart()
    {
        var disk = await WriteAsync();
        var bytes = Read(disk, Second);
        Write(disk, Second, bytes[..Entries(bytes, Second)[^1].Offset]);
        await using (await OpenAsync(disk))
        {
            Assert.Contains("missing", ReadEvents(disk)[^1].Detail, StringComparison.Ordinal);
        }
        Assert.NotEmpty((await VerifyAsync(disk)).Findings);
    }

    /// <summary>A trail of two days, closed in good order.</summary>
    private async Task<FaultyDisk> WriteAsync()
    {
        var disk = new FaultyDisk(seed: 5);
        var clock = new ManualClock();
        await using var trail = await Trail.OpenAsync(disk.Root, _master, clock, CancellationToken.None);
        for (var day = 0; day < 2; day++)
        {
            for (var entry = 0; entry < 3; entry++)
            {
                await trail.RecordAsync(TrailTests.Said($"1.2.{(day * 10) + entry + 1}"), CancellationToken.None);
            }
            clock.Advance(TimeSpan.FromDays(1));
        }
        return disk;
    }

    private Task<Trail> OpenAsync(FaultyDisk disk) =>
        Trail.OpenAsync(disk.Root, _master, new ManualClock(), CancellationToken.None);

    private ValueTask<TrailVerification> VerifyAsync(FaultyDisk disk) =>
        new TrailReader(disk.Root, _master).VerifyAsync(CancellationToken.None);

    private List<TrailEvent> ReadEvents(FaultyDisk disk) =>
        [.. new TrailReader(disk.Root, _master).Read(default).Select(entry => entry.Event)];

    private int EndOf(byte[] bytes, string name)
    {
        var (offset, length) = Entries(bytes, name)[^1];
        return offset + length;
    }

    private List<(int Offset, int Length)> Entries(byte[] bytes, string name)
    {
        using var seal = new TrailSeal(_master);
        Assert.True(TrailFormat.TryParseName(name, out var number));
        return [.. TrailFile.Parse(number, bytes, seal).Entries.Select(entry => (entry.Offset, entry.Entry.Length))];
    }

    private static byte[] Read(FaultyDisk disk, string name)
    {
        using var file = disk.Root.Open(name, FileAccess.Read);
        var bytes = new byte[file.Length];
        return bytes[..file.Read(0, bytes)];
    }

    private static void Write(FaultyDisk disk, string name, byte[] bytes)
    {
        using var file = disk.Root.Open(name, FileAccess.ReadWrite);
        file.Truncate(0);
        file.Write(0, bytes);
    }
}
