using System.Buffers;
using CsCheck;
using Leadglass.Sealing;

namespace Leadglass.Edge.Tests.Wire;

/// <summary>What an edge seals, only its archive opens, and only as it was sealed.</summary>
public sealed class EnvelopeTests : IDisposable
{
    private static readonly EnvelopeIds Ids = new(Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
    private readonly RecipientKeyPair _archive = RecipientKeyPair.Create();

    private static EnvelopeDescription Description { get; } =
        new(EnvelopeKind.Instance, "CT1", "CT1", "ANY", "192.0.2.7", DateTimeOffset.UnixEpoch)
        {
            SopClass = "1.2.840.10008.5.1.4.1.1.2",
            SopInstance = "1.2.3",
            TransferSyntax = "1.2.840.10008.1.2",
        };

    public void Dispose() => _archive.Dispose();

    [Fact]
    public void WhatWasSealedComesOutWhateverPiecesItTravelsIn() =>
        Gen.Select(Gen.OneOf(Gen.Int[0, 300_000], Gen.Int[65_000, 65_600]), Gen.Int[1, 100_000], Gen.Int[1, 100_000])
            .Sample(
                (length, writes, reads) =>
                {
                    var content = Content(length);
                    var (description, opened) = Open(Seal(content, writes), reads);
                    Assert.Equal(Description.SopInstance, description.SopInstance);
                    Assert.Equal(Description.Kind, description.Kind);
                    Assert.Equal(content, opened);
                },
                iter: 60
            );

    [Fact]
    public void AnyChangedBitIsNoticed()
    {
        var content = Content(150_000);
        var whole = Seal(content, 150_000);
        Gen.Int[0, whole.Length - 1]
            .Sample(
                at =>
                {
                    var changed = whole.ToArray();
                    changed[at] ^= 1;
                    Assert.ThrowsAny<SealingException>(() => Open(changed, 70_000));
                },
                iter: 100
            );
    }

    [Fact]
    public void AnyCutIsNoticed()
    {
        var whole = Seal(Content(150_000), 150_000);
        Gen.Int[0, whole.Length - 1]
            .Sample(length => Assert.ThrowsAny<SealingException>(() => Open(whole[..length], 70_000)), iter: 100);

        // At the very end of a chunk too.
        Assert.ThrowsAny<SealingException>(() => Open(whole[..(169 + 65_552)], 70_000));
    }

    [Fact]
    public void AnotherKeyOpensNothing()
    {
        using var other = RecipientKeyPair.Create();
        var whole = Seal(Content(10), 10);
        Assert.Throws<SealedFormatException>(() => Open(whole, 100, other));
    }

    [Fact]
    public void AnEnvelopeOfAnotherEdgeOrDeliveredAsAnotherIsRefused()
    {
        var whole = Seal(Content(10), 10);
        foreach (
            var wrong in new[]
            {
                Ids with
                {
                    Archive = Guid.NewGuid(),
                },
                Ids with
                {
                    Sender = Guid.NewGuid(),
                },
                Ids with
                {
                    Envelope = Guid.NewGuid(),
                },
            }
        )
        {
            Assert.Throws<SealBrokenException>(() => Open(whole, 100, ids: wrong));
        }
    }

    [Fact]
    public void TheSealedBytesShowNothingOfTheContent()
    {
        var whole = Seal("CANARY^NEVER^SEEN"u8.ToArray(), 100);
        Assert.Equal(-1, whole.AsSpan().IndexOf("CANARY"u8));
        Assert.Equal(-1, whole.AsSpan().IndexOf("CT1"u8));
    }

    [Fact]
    public void AKeyPairSurvivesItsExport()
    {
        using var again = RecipientKeyPair.Import(_archive.Export());
        Assert.Equal(_archive.PublicKey.Id, again.PublicKey.Id);
        Assert.Equal(Content(1000), Open(Seal(Content(1000), 1000), 100, again).DataSet);
        Assert.Equal(_archive.PublicKey.Id, RecipientPublicKey.Import(_archive.PublicKey.Export()).Id);
        Assert.Throws<SealedFormatException>(() => RecipientPublicKey.Import([1, 2, 3]));
    }

    [Fact]
    public void EnvelopeIdsAndTheirUidsAreOne()
    {
        var id = Guid.NewGuid();
        Assert.Equal(id, EdgeServices.EnvelopeOf(EdgeServices.UidOf(id)));
        Assert.Null(EdgeServices.EnvelopeOf(Dicom.SopInstanceUid.Parse("1.2.840.1")));
    }

    private static byte[] Content(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    private byte[] Seal(byte[] content, int piece)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new EnvelopeWriter(_archive.PublicKey, Ids, Description, output);
        for (var at = 0; at < content.Length; at += piece)
        {
            writer.Write(new ReadOnlySequence<byte>(content.AsMemory(at, Math.Min(piece, content.Length - at))));
        }

        writer.Complete();
        Assert.Equal(output.WrittenCount, writer.Length);
        return output.WrittenSpan.ToArray();
    }

    private (EnvelopeDescription Description, byte[] DataSet) Open(
        byte[] envelope,
        int piece,
        RecipientKeyPair? key = null,
        EnvelopeIds? ids = null
    )
    {
        var output = new ArrayBufferWriter<byte>();
        using var reader = new EnvelopeReader(key ?? _archive, ids ?? Ids);
        for (var at = 0; at < envelope.Length; at += piece)
        {
            reader.Write(
                new ReadOnlySequence<byte>(envelope.AsMemory(at, Math.Min(piece, envelope.Length - at))),
                output
            );
        }

        reader.Complete(output);
        return (reader.Description!, output.WrittenSpan.ToArray());
    }
}
