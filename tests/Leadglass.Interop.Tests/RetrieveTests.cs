using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests;

/// <summary>C-GET and C-MOVE where the requester's contexts and the stored instances do not fit together at once.</summary>
public sealed class RetrieveTests(ArchiveFixture fixture) : IClassFixture<ArchiveFixture>
{
    private static readonly Dictionary<string, string> ConvertOptions = new(StringComparer.Ordinal)
    {
        ["1.2.840.10008.1.2"] = "+ti",
        ["1.2.840.10008.1.2.1"] = "+te",
        ["1.2.840.10008.1.2.2"] = "+tb",
        ["1.2.840.10008.1.2.1.99"] = "+td",
    };

    private const string JpegLossless = "1.2.840.10008.1.2.4.70";

    /// <summary>Storage SOP classes of images that many archives see.</summary>
    private static readonly string[] SopClasses =
    [
        .. (
            (string[])
                [
                    "1",
                    "1.1",
                    "1.1.1",
                    "1.2",
                    "1.2.1",
                    "1.3",
                    "1.3.1",
                    "2",
                    "2.1",
                    "3.1",
                    "4",
                    "4.1",
                    "6.1",
                    "7",
                    "7.1",
                    "7.2",
                    "7.3",
                    "7.4",
                    "12.1",
                    "12.1.1",
                    "12.2",
                    "12.2.1",
                    "13.1.1",
                    "13.1.2",
                    "13.1.3",
                    "20",
                    "77.1.1",
                    "77.1.2",
                    "77.1.4",
                    "77.1.5.1",
                    "77.1.5.2",
                    "128",
                    "128.1",
                    "481.1",
                ]
        ).Select(suffix => $"1.2.840.10008.5.1.4.1.1.{suffix}"),
    ];

    [Fact]
    public async Task More_combinations_than_one_association_has_contexts_are_moved_over_several()
    {
        string[] syntaxes =
        [
            RawServices.ExplicitLittle,
            RawServices.ImplicitLittle,
            JpegLossless,
            "1.2.840.10008.1.2.5",
        ];
        var instances = SopClasses
            .SelectMany(c => syntaxes.Select(s => (SopClass: c, Syntax: s)))
            .Select((c, i) => Instance(321, i + 1, c.SopClass, c.Syntax))
            .ToList();
        Assert.True(instances.Count > 128);
        foreach (var part in instances.Chunk(100))
        {
            await fixture.StoreAsync(fixture.Scanner, part);
        }

        await using var receiver = new RawReceiver(fixture.Workstation, fixture.WorkstationPort);
        await using var association = await fixture.ConnectAsync(
            fixture.Workstation,
            new RawContext(RawServices.StudyRootMove, RawServices.ImplicitLittle)
        );
        var moved = await association.MoveAsync(
            RawServices.StudyRootMove,
            fixture.Workstation.AeTitle,
            ArchivePeer.StudyKey("2.25.99.321")
        );
        await association.ReleaseAsync();
        Assert.Equal((0, instances.Count, 0), (moved.Status, moved.Completed, moved.Failed));
        Assert.True(receiver.Associations > 1, "one association cannot have that many contexts");
        var received = receiver.Instances.ToDictionary(i => i.SopInstanceUid, StringComparer.Ordinal);
        Assert.All(
            instances,
            sent =>
            {
                var back = received[sent.SopInstanceUid];
                Assert.Equal(sent.TransferSyntax, back.TransferSyntax);
                Assert.True(back.DataSet.AsSpan().SequenceEqual(sent.DataSet));
            }
        );
    }

    [Fact]
    public async Task An_instance_that_the_requester_cannot_take_fails_and_is_listed()
    {
        var plain = Instance(322, 1, TestInstance.CtImageStorage, RawServices.ExplicitLittle);
        var compressed = Instance(322, 2, TestInstance.CtImageStorage, JpegLossless);
        await fixture.StoreAsync(fixture.Scanner, plain, compressed);
        await using var association = await fixture.ConnectAsync(
            fixture.Workstation,
            new RawContext(RawServices.StudyRootGet, RawServices.ImplicitLittle),
            new RawContext(TestInstance.CtImageStorage, RawServices.ExplicitLittle) { IsProviderRoleProposed = true }
        );
        var got = await association.GetAsync(RawServices.StudyRootGet, ArchivePeer.StudyKey("2.25.99.322"));
        await association.ReleaseAsync();
        Assert.Equal((0xB000, 1, 1), (got.Status, got.Completed, got.Failed));
        Assert.Equal(plain.SopInstanceUid, Assert.Single(got.Instances).SopInstanceUid);
        Assert.Equal(compressed.SopInstanceUid, RawElements.Texts(got.FailedList, isExplicit: false)[0x00080058]);
    }

    [Fact]
    public async Task An_instance_that_the_requester_refuses_fails_and_is_listed()
    {
        var instances = Enumerable
            .Range(1, 3)
            .Select(i => Instance(323, i, TestInstance.CtImageStorage, RawServices.ExplicitLittle))
            .ToList();
        await fixture.StoreAsync(fixture.Scanner, instances);
        await using var association = await fixture.ConnectAsync(
            fixture.Workstation,
            new RawContext(RawServices.StudyRootGet, RawServices.ImplicitLittle),
            new RawContext(TestInstance.CtImageStorage, RawServices.ExplicitLittle) { IsProviderRoleProposed = true }
        );
        var refused = instances[1].SopInstanceUid;
        var got = await association.GetAsync(
            RawServices.StudyRootGet,
            ArchivePeer.StudyKey("2.25.99.323"),
            instance => instance.SopInstanceUid == refused ? (ushort)0xA700 : (ushort)0
        );
        await association.ReleaseAsync();
        Assert.Equal((0xB000, 2, 1), (got.Status, got.Completed, got.Failed));
        Assert.Equal(refused, RawElements.Texts(got.FailedList, isExplicit: false)[0x00080058]);
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2", "1.2.840.10008.1.2.2")]
    [InlineData("1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99")]
    [InlineData("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")]
    [InlineData("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99")]
    [InlineData("1.2.840.10008.1.2.2", "1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99")]
    [InlineData("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2")]
    public async Task Uncompressed_syntaxes_are_converted_into_each_other_and_DCMTK_reads_the_same(
        string stored,
        string wanted
    )
    {
        var file = SharedFiles.Valid().First(f => f.TransferSyntax == stored);
        await fixture.StoreAsync(fixture.Scanner, file.ToInstance());
        await using var association = await fixture.ConnectAsync(
            fixture.Workstation,
            new RawContext(RawServices.StudyRootGet, RawServices.ImplicitLittle),
            new RawContext(file.SopClassUid!, wanted) { IsProviderRoleProposed = true }
        );
        var got = await association.GetAsync(
            RawServices.StudyRootGet,
            ArchivePeer.ImageKey(file.StudyInstanceUid!, file.SeriesInstanceUid!, file.SopInstanceUid!)
        );
        await association.ReleaseAsync();
        Assert.True(got is { Status: 0, Instances: [_] }, $"{file}: {got}");
        using var scratch = new ScratchFolder("convert");
        var converted = scratch.File("converted.dcm");
        await File.WriteAllBytesAsync(converted, RawFile.Compose(got.Instances[0]));
        Assert.Equal(
            await AttributesAsync(scratch, file.Path, ConvertOptions[wanted]),
            await AttributesAsync(scratch, converted, ConvertOptions[wanted])
        );
    }

    /// <summary>
    /// All attributes and pixels, whatever the syntax and the way lengths were written; by way of the syntax in question,
    /// since implicit little endian forgets that pixels were OB.
    /// </summary>
    private static async Task<string> AttributesAsync(ScratchFolder scratch, string path, string option)
    {
        var (between, plain) = (scratch.File($"{Guid.NewGuid():N}.dcm"), scratch.File($"{Guid.NewGuid():N}.dcm"));
        foreach (
            var command in (string[][])
                [
                    [option, "-g", path, between],
                    ["+te", "-g", between, plain],
                ]
        )
        {
            var converted = await Dcmtk.RunAsync("dcmconv", command);
            Assert.True(converted.ExitCode == 0, converted.ToString());
        }

        var dump = await Dcmtk.DumpAsync(plain, "+L", "+R", "1024");
        return dump[dump.IndexOf("# Dicom-Data-Set", StringComparison.Ordinal)..];
    }

    private static RawInstance Instance(int study, int number, string sopClass, string syntax)
    {
        var plain = TestInstance.Numbered(study, 1, number) with { SopClassUid = sopClass };
        if (syntax is RawServices.ExplicitLittle or RawServices.ImplicitLittle)
        {
            return (plain with { TransferSyntax = syntax }).ToRaw();
        }

        // One fragment that only looks compressed: an archive keeps it as it came.
        byte[] fragments =
        [
            .. (byte[])[0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0],
            .. (byte[])[0xFE, 0xFF, 0x00, 0xE0, 4, 0, 0, 0, 0xFF, 0xD8, 0xFF, 0xD9],
            .. (byte[])[0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0],
        ];
        return new RawInstance(
            sopClass,
            plain.SopInstanceUid,
            syntax,
            [.. plain.HeaderBytes(0xFFFFFFFF), .. fragments]
        );
    }
}
