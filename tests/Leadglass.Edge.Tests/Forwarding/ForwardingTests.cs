using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Dicom.Network;
using Leadglass.Sealing;
using Leadglass.Testing.Processes;

namespace Leadglass.Edge.Tests.Forwarding;

/// <summary>What an edge does with the archive's answers, and with certificates that end or are of somebody else.</summary>
public sealed class ForwardingTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly ScratchFolder _scratch = new("edge-forwarding");
    private readonly StringWriter _log = new();

    private string Data => _scratch.File("data");

    public void Dispose()
    {
        _scratch.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task TheOrderOfEachAssociationIsKeptOverSeveralLines()
    {
        await using var archive = new StubArchive();
        Enrol(archive);
        for (var association = 1; association <= 5; association++)
        {
            await FillAsync(archive, association, 20);
        }

        await using (Start())
        {
            await UntilAsync(() => archive.Taken.Count == 100);
        }

        foreach (var taken in archive.Taken.GroupBy(one => one.Description.CallingAeTitle))
        {
            Assert.Equal(Enumerable.Range(0, 20), taken.Select(one => (int)one.DataSet[0]));
        }
    }

    [Fact]
    public async Task WhatIsRefusedForGoodIsSetAsideAndTheRestGoesOn()
    {
        await using var archive = new StubArchive();
        Enrol(archive);
        await FillAsync(archive, 1, 5);
        archive.Answer = attempt => attempt == 2 ? DimseStatus.CannotUnderstand : DimseStatus.Success;
        await using var edge = Start();
        await UntilAsync(() => archive.Taken.Count == 4 && edge.Status.Queue.Envelopes == 0);
        Assert.Equal(1, edge.Status.Queue.SetAside);
        Assert.Single(Directory.EnumerateFiles(Path.Combine(Data, "aside")));
        await UntilAsync(() => archive.Reports.Any(report => report.Queue.SetAside == 1));
    }

    [Fact]
    public async Task AnArchiveWithoutRoomIsTriedAgainAndNothingIsSetAside()
    {
        await using var archive = new StubArchive();
        Enrol(archive);
        await FillAsync(archive, 1, 5);
        archive.Answer = attempt => attempt <= 2 ? DimseStatus.OutOfResources : DimseStatus.Success;
        await using var edge = Start();
        await UntilAsync(() => archive.Taken.Count == 5);
        Assert.Equal(0, edge.Status.Queue.SetAside);
        Assert.Equal(Enumerable.Range(0, 5), archive.Taken.Select(one => (int)one.DataSet[0]));
    }

    [Fact]
    public async Task OneScannerForWhichTheArchiveHasNoRoomHoldsUpNobodyElse()
    {
        await using var archive = new StubArchive();
        Enrol(archive);
        await FillAsync(archive, 1, 3);
        await FillAsync(archive, 2, 20);
        archive.AnswerTo = description =>
            description.CallingAeTitle == "CT1" ? DimseStatus.OutOfResources : DimseStatus.Success;
        await using var edge = Start();
        await UntilAsync(() => archive.Taken.Count == 20);
        Assert.Null(edge.Status.Trouble);
        archive.AnswerTo = _ => DimseStatus.Success;
        await UntilAsync(() => archive.Taken.Count == 23);
    }

    /// <summary>Somebody took the oldest file away: those behind it on the same association go on, and the status tells.</summary>
    [Fact]
    public async Task AFileThatIsGoneHoldsUpNothingAndIsTold()
    {
        await using var archive = new StubArchive();
        Enrol(archive);
        await FillAsync(archive, 1, 20);
        var oldest = Directory.EnumerateFiles(Path.Combine(Data, "queue")).Order(StringComparer.Ordinal).First();
        archive.Answer = attempt =>
        {
            if (attempt == 1)
            {
                File.Delete(oldest);
                return DimseStatus.ProcessingFailure;
            }

            return DimseStatus.Success;
        };
        await using var edge = Start();
        await UntilAsync(() => archive.Taken.Count == 19 && edge.Status.Queue.SetAside == 1);
        Assert.Contains("passed over", _log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheCertificateIsRenewedBeforeItsEndAndTheNewOneShown()
    {
        await using var archive = new StubArchive();
        var now = TimeProvider.System.GetUtcNow();
        archive.Enrol(DurableFolder.Open(Data), now.AddMinutes(-60), now.AddMinutes(10));
        using var former = EdgeIdentity.Open(DurableFolder.Open(Data));
        await using (var edge = Start())
        {
            await UntilAsync(() => edge.Status.CertificateEnds > now.AddHours(1));
            await UntilAsync(() => archive.Shown.Any(serial => serial != former.Certificate.SerialNumber));
            await StillReportsAsync(archive, edge);
        }

        using var kept = EdgeIdentity.Open(DurableFolder.Open(Data));
        Assert.NotEqual(former.Certificate.SerialNumber, kept.Certificate.SerialNumber);
    }

    [Fact]
    public async Task AnEndedCertificateKeepsTheQueueUntilTheEdgeIsEnrolledAnew()
    {
        await using var archive = new StubArchive();
        var now = TimeProvider.System.GetUtcNow();
        archive.Enrol(DurableFolder.Open(Data), now.AddHours(-2), now.AddHours(-1));
        await FillAsync(archive, 1, 3);
        await using (var edge = Start())
        {
            await UntilAsync(() => _log.ToString().Contains("no link", StringComparison.Ordinal));
            Assert.NotNull(edge.Status.Trouble);
            Assert.Equal(3, edge.Status.Queue.Envelopes);
        }

        Enrol(archive);
        await using (Start())
        {
            await UntilAsync(() => archive.Taken.Count == 3);
        }
    }

    [Fact]
    public async Task NothingIsSentToAnArchiveOfAnotherAuthority()
    {
        await using var archive = new StubArchive();
        using var other = StubArchive.MakeAuthority();
        archive.Enrol(
            DurableFolder.Open(Data),
            TimeProvider.System.GetUtcNow().AddHours(-1),
            TimeProvider.System.GetUtcNow().AddDays(1),
            other
        );
        await AssertNothingIsSentAsync(archive);
    }

    /// <summary>Every device's certificate is of the archive's authority, and may name the archive's host.</summary>
    [Theory]
    [InlineData("some-device.hospital.example", false)]
    [InlineData("127.0.0.1", true)]
    public async Task NothingIsSentToADeviceThatPosesAsTheArchive(string name, bool showsDevice)
    {
        await using var archive = new StubArchive(name, showsDevice);
        Enrol(archive);
        await AssertNothingIsSentAsync(archive);
    }

    [Fact]
    public async Task TheEdgesOwnKeyOpensNothingOfItsQueue()
    {
        await using var archive = new StubArchive();
        Enrol(archive);
        await FillAsync(archive, 1, 1);
        using var identity = EdgeIdentity.Open(DurableFolder.Open(Data));
        var file = Assert.Single(Directory.EnumerateFiles(Path.Combine(Data, "queue")));
        var sealedBytes = await File.ReadAllBytesAsync(file);
        var ids = EnvelopeHeader.Parse(sealedBytes).Ids;
        using var signing = identity.Certificate.GetECDsaPrivateKey()!;
        using var stolen = RecipientKeyPair.Import(signing.ExportPkcs8PrivateKey());
        using var reader = new EnvelopeReader(stolen, ids);
        Assert.Throws<SealedFormatException>(() =>
            reader.Write(new ReadOnlySequence<byte>(sealedBytes), new ArrayBufferWriter<byte>())
        );

        // Claiming the right recipient in the header does not help: the key does not fit its commitment.
        stolen.PublicKey.Id.Write(sealedBytes.AsSpan(56));
        using var forced = new EnvelopeReader(stolen, ids);
        Assert.Throws<SealBrokenException>(() =>
            forced.Write(new ReadOnlySequence<byte>(sealedBytes), new ArrayBufferWriter<byte>())
        );
    }

    /// <summary>A code is good once: whose queue a folder holds is known before it is used.</summary>
    [Fact]
    public async Task AQueueNamesItsArchiveAndEdgeThoughTheIdentityIsDamaged()
    {
        await using var archive = new StubArchive();
        Enrol(archive);
        Assert.Null(EnvelopeQueue.FormerIds(DurableFolder.Open(Data)));
        await FillAsync(archive, 1, 1);
        await File.WriteAllTextAsync(Path.Combine(Data, "identity.json"), "{");
        Assert.Throws<EdgeConfigurationException>(() => EdgeIdentity.Open(DurableFolder.Open(Data)));
        var former = EnvelopeQueue.FormerIds(DurableFolder.Open(Data));
        Assert.Equal((archive.Id, archive.EdgeId), (former!.Archive, former.Sender));
    }

    [Fact]
    public void AFolderServesOneEdgeAtATime()
    {
        Directory.CreateDirectory(Data);
        using var first = EdgeService.Lock(Data);
        Assert.Throws<EdgeConfigurationException>(() => EdgeService.Lock(Data));
    }

    private void Enrol(StubArchive archive) =>
        archive.Enrol(
            DurableFolder.Open(Data),
            TimeProvider.System.GetUtcNow().AddHours(-1),
            TimeProvider.System.GetUtcNow().AddDays(1)
        );

    private EdgeService Start() =>
        EdgeService.Start(
            Data,
            new EdgeOptions
            {
                Port = 0,
                ReportSeconds = 1,
                RetrySecondsMax = 1,
            },
            TimeProvider.System,
            new EdgeLog(TextWriter.Synchronized(_log), TimeProvider.System)
        );

    private async Task AssertNothingIsSentAsync(StubArchive archive)
    {
        await FillAsync(archive, 1, 1);
        await using var edge = Start();
        await UntilAsync(() => _log.ToString().Contains("TLS failed", StringComparison.Ordinal));
        Assert.Equal(1, edge.Status.Queue.Envelopes);
        Assert.Empty(archive.Taken);
        Assert.Empty(archive.Reports);
    }

    /// <summary>Puts envelopes of one association into the queue of an edge that does not run.</summary>
    private async Task FillAsync(StubArchive archive, int association, int count)
    {
        var folder = DurableFolder.Open(Data);
        using var identity = EdgeIdentity.Open(folder);
        await using var queue = EnvelopeQueue.Open(folder, new QueueLimits(), TimeProvider.System);
        for (var number = 0; number < count; number++)
        {
            var arriving = queue.Begin((ulong)association);
            var description = new EnvelopeDescription(
                EnvelopeKind.Instance,
                "CT1",
                $"CT{association}",
                "ANY",
                "127.0.0.1",
                DateTimeOffset.UnixEpoch
            );
            using var writer = new EnvelopeWriter(
                identity.SealingKey,
                new EnvelopeIds(archive.Id, archive.EdgeId, arriving.Id),
                description,
                arriving
            );
            writer.Write(new ReadOnlySequence<byte>([(byte)number, .. RandomNumberGenerator.GetBytes(1000)]));
            writer.Complete();
            await queue.CommitAsync(arriving);
        }
    }

    private static async Task StillReportsAsync(StubArchive archive, EdgeService edge)
    {
        var before = archive.Reports.Count;
        await UntilAsync(() => archive.Reports.Count > before);
        Assert.Null(edge.Status.Trouble);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!isSo())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
