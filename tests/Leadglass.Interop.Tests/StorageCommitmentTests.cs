using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>
/// The Storage Commitment Push Model (PS3.4 J): modalities delete their images on this answer. The report may come on the
/// association that asked or on one of the archive's own.
/// </summary>
public sealed class StorageCommitmentTests(ArchiveFixture fixture) : IClassFixture<ArchiveFixture>
{
    [Fact]
    public async Task While_the_requester_waits()
    {
        var instances = Instances(501);
        await fixture.StoreAsync(fixture.Scanner, instances);
        AssertReport(await CommitAsync("2.25.50101", instances), "2.25.50101", confirmed: 3, failed: 0);
    }

    [Fact]
    public async Task On_a_reversed_association_when_the_requester_has_left()
    {
        var instances = Instances(502);
        await fixture.StoreAsync(fixture.Scanner, instances);
        var report = await CommitAsync("2.25.50201", instances, leaveAtOnce: true);
        AssertReport(report, "2.25.50201", confirmed: 3, failed: 0);
    }

    [Fact]
    public async Task What_is_not_here_is_not_confirmed()
    {
        var instances = Instances(503);
        await fixture.StoreAsync(fixture.Scanner, instances);
        var report = await CommitAsync("2.25.50301", [.. instances, TestInstance.Numbered(503, 1, 77).ToRaw()]);
        AssertReport(report, "2.25.50301", confirmed: 3, failed: 1);
    }

    [Fact]
    public async Task What_lies_in_quarantine_is_not_confirmed()
    {
        var first = TestInstance.Numbered(504).ToRaw();
        var other = (TestInstance.Numbered(504, 1, 2) with { PatientId = "SOMEBODY-ELSE" }).ToRaw();
        await fixture.StoreAsync(fixture.Scanner, first);
        await using (var storing = await fixture.ConnectAsync(fixture.Scanner, ArchivePeer.Contexts([other])))
        {
            Assert.Contains<ushort>(await storing.StoreAsync(other), (ushort[])[0x0000, 0xB000]);
            await storing.ReleaseAsync();
        }

        var report = await CommitAsync("2.25.50401", [first, other]);
        AssertReport(report, "2.25.50401", confirmed: 1, failed: 1);
    }

    private Task<RawMessage> CommitAsync(
        string transaction,
        IReadOnlyList<RawInstance> instances,
        bool leaveAtOnce = false
    ) =>
        ArchivePeer.CommitAsync(
            fixture.Archive,
            fixture.Scanner,
            fixture.ScannerPort,
            instances,
            transaction,
            leaveAtOnce
        );

    private static List<RawInstance> Instances(int study) =>
        [.. Enumerable.Range(1, 3).Select(i => TestInstance.Numbered(study, 1, i).ToRaw())];

    private static void AssertReport(RawMessage report, string transaction, int confirmed, int failed)
    {
        Assert.Equal(0x0100, report.Command.Field);
        Assert.True(
            report.Command.GetUInt16(0x1002) == (failed == 0 ? 1 : 2),
            $"event type {report.Command.GetUInt16(0x1002)}: {Convert.ToHexString(report.DataSet)}"
        );
        var isExplicit = report.TransferSyntax != RawServices.ImplicitLittle;
        var elements = RawElements.Walk(report.DataSet, isExplicit);
        Assert.Equal(transaction, RawElements.Text(report.DataSet, elements, 0x00081195));
        Assert.Equal(confirmed, Items(report.DataSet, elements, 0x00081199));
        Assert.Equal(failed, Items(report.DataSet, elements, 0x00081198));
    }

    private static int Items(byte[] dataSet, IReadOnlyList<RawElement> elements, uint tag)
    {
        if (elements.FirstOrDefault(e => e.Tag == tag) is not { } sequence)
        {
            return 0;
        }

        // A referenced SOP instance (0008,1155) stands in every item, failed or not.
        var value = dataSet.AsSpan(sequence.ValueOffset, sequence.ValueLength);
        ReadOnlySpan<byte> referenced = [0x08, 0x00, 0x55, 0x11];
        var count = 0;
        for (var at = value.IndexOf(referenced); at >= 0; at = value.IndexOf(referenced))
        {
            count++;
            value = value[(at + 4)..];
        }

        return count;
    }
}
