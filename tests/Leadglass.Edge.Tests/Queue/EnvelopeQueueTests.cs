using System.Buffers;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Edge.Tests.Queue;

/// <summary>Order, quotas and what is done with envelopes that the archive does not take.</summary>
public sealed class EnvelopeQueueTests
{
    private readonly FaultyDisk _disk = new(1);

    [Fact]
    public async Task EnvelopesOfOneAssociationKeepTheirOrderWhileOneIsTriedAgain()
    {
        await using var queue = EnvelopeQueue.Open(_disk.Root, new QueueLimits(), TimeProvider.System);
        var first = await StoreAsync(queue, 1);
        await StoreAsync(queue, 1);
        var other = await StoreAsync(queue, 2);
        var taken = await queue.TakeAsync(CancellationToken.None);
        Assert.Equal(first, taken.Id);
        queue.PutBack(taken, TimeSpan.FromMinutes(10));

        // The second of the same association waits with it; the other association goes on.
        var next = await queue.TakeAsync(CancellationToken.None);
        Assert.Equal(other, next.Id);
        queue.Delivered(next);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.TakeAsync(soon.Token));
    }

    /// <summary>Modalities ask for commitment on an association of its own, while others still forward what it is about.</summary>
    [Fact]
    public async Task ACommitmentRequestWaitsForAllThatItsScannerStoredBefore()
    {
        await using var queue = EnvelopeQueue.Open(_disk.Root, new QueueLimits(), TimeProvider.System);
        await StoreAsync(queue, EnvelopeQueue.NewAssociation("CT1"));
        await StoreAsync(queue, EnvelopeQueue.NewAssociation("CT1"));
        var request = await StoreAsync(queue, EnvelopeQueue.BarrierOf("CT1"));
        var other = await StoreAsync(queue, EnvelopeQueue.NewAssociation("CT2"));
        var later = await StoreAsync(queue, EnvelopeQueue.NewAssociation("CT1"));
        var first = await queue.TakeAsync(CancellationToken.None);
        var second = await queue.TakeAsync(CancellationToken.None);
        Assert.Equal(other, (await queue.TakeAsync(CancellationToken.None)).Id);
        Assert.Equal(later, (await queue.TakeAsync(CancellationToken.None)).Id);
        queue.Delivered(second);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.TakeAsync(soon.Token));
        queue.Delivered(first);
        Assert.Equal(request, (await queue.TakeAsync(CancellationToken.None)).Id);
    }

    [Fact]
    public async Task AFullQueueRefusesAndTakesAgainWhenItHasDrained()
    {
        await using var queue = EnvelopeQueue.Open(
            _disk.Root,
            new QueueLimits { EnvelopesMax = 2 },
            TimeProvider.System
        );
        await StoreAsync(queue, 1);
        await StoreAsync(queue, 1);
        Assert.True(queue.State().Full);
        Assert.Throws<QueueFullException>(() => queue.Begin(1));
        queue.Delivered(await queue.TakeAsync(CancellationToken.None));
        Assert.False(queue.State().Full);
        await StoreAsync(queue, 1);
    }

    [Fact]
    public async Task AnInstanceThatExceedsTheQuotaWhileItArrivesIsRefusedAndLeavesNothing()
    {
        await using var queue = EnvelopeQueue.Open(
            _disk.Root,
            new QueueLimits { BytesMax = 1 << 20 },
            TimeProvider.System
        );
        var arriving = queue.Begin(1);
        Assert.Throws<QueueFullException>(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                arriving.Write(new byte[64 * 1024]);
            }
        });
        queue.Abandon(arriving);
        Assert.Empty(_disk.Root.Folder("queue").List());
        await StoreAsync(queue, 1);
    }

    [Fact]
    public async Task WhatIsSetAsideCountsInTheQuotaAfterTheNextStartToo()
    {
        var limits = new QueueLimits { BytesMax = 1 << 20 };
        await using (var queue = EnvelopeQueue.Open(_disk.Root, limits, TimeProvider.System))
        {
            var arriving = queue.Begin(1);
            arriving.Write(new byte[(1 << 20) - 100]);
            await queue.CommitAsync(arriving);
            queue.SetAside(await queue.TakeAsync(CancellationToken.None));
            Assert.Throws<QueueFullException>(() =>
            {
                var next = queue.Begin(1);
                next.Write(new byte[200_000]);
            });
        }

        await using var again = EnvelopeQueue.Open(_disk.Root, limits, TimeProvider.System);
        Assert.Throws<QueueFullException>(() =>
        {
            var next = again.Begin(1);
            next.Write(new byte[200_000]);
        });
    }

    [Fact]
    public async Task TheReserveOfTheDiskStaysFree()
    {
        _disk.CapacityBytes = 20 << 20;
        var limits = new QueueLimits { ReserveBytes = 16 << 20 };
        await using var queue = EnvelopeQueue.Open(_disk.Root, limits, TimeProvider.System);
        await StoreAsync(queue, 1);
        _disk.CapacityBytes = 16 << 20;
        Assert.Throws<QueueFullException>(() => queue.Begin(1));
    }

    [Fact]
    public async Task WhatIsSetAsideBlocksNothingAndCanBePutBack()
    {
        Guid poisoned;
        await using (var queue = EnvelopeQueue.Open(_disk.Root, new QueueLimits(), TimeProvider.System))
        {
            poisoned = await StoreAsync(queue, 1);
            var good = await StoreAsync(queue, 1);
            queue.SetAside(await queue.TakeAsync(CancellationToken.None));
            Assert.Equal(good, (await queue.TakeAsync(CancellationToken.None)).Id);
            Assert.Equal(1, queue.State().SetAside);
            Assert.True(queue.IsAlarming(queue.State()));
        }

        Assert.Equal(1, EnvelopeQueue.PutBackAside(_disk.Root));
        await using var again = EnvelopeQueue.Open(_disk.Root, new QueueLimits(), TimeProvider.System);
        Assert.Equal(0, again.State().SetAside);
        Assert.Equal(poisoned, (await again.TakeAsync(CancellationToken.None)).Id);
    }

    [Fact]
    public async Task AfterAFailedFlushNothingIsAcknowledged()
    {
        await using var queue = EnvelopeQueue.Open(_disk.Root, new QueueLimits(), TimeProvider.System);
        await StoreAsync(queue, 1);
        _disk.Fault = (_, operation) =>
            operation.Contains("sync", StringComparison.Ordinal) ? Errnos.InputOutput : null;
        await Assert.ThrowsAsync<QueueFullException>(() => StoreAsync(queue, 1));
        _disk.Fault = (_, _) => null;
        await Assert.ThrowsAsync<QueueFullException>(() => StoreAsync(queue, 1));
        Assert.NotNull(queue.Broken);

        // What was acknowledged before is still forwarded.
        Assert.NotNull(await queue.TakeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task NamesOnTheDiskAreNumbersOnly()
    {
        await using var queue = EnvelopeQueue.Open(_disk.Root, new QueueLimits(), TimeProvider.System);
        await StoreAsync(queue, 7);
        var name = Assert.Single(_disk.Root.Folder("queue").List());
        Assert.Matches("^[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{32}[.]env$", name);
    }

    private static async Task<Guid> StoreAsync(EnvelopeQueue queue, ulong association)
    {
        var arriving = queue.Begin(association);
        arriving.Write(new byte[1000]);
        await queue.CommitAsync(arriving);
        return arriving.Id;
    }
}
