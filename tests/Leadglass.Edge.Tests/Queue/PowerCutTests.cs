using System.Buffers;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Edge.Tests.Queue;

/// <summary>What was acknowledged is there after any crash, whole and in order; what was not is either whole or gone.</summary>
public sealed class PowerCutTests
{
    private const int Seeds = 60;

    [Fact]
    public async Task NothingAcknowledgedIsLostWhereverThePowerGoes()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            await new History(seed).RunAsync();
        }
    }

    /// <summary>Random stores, deliveries, refusals, crashes; what must be there is known beside it.</summary>
    private sealed class History(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly FaultyDisk _disk = new(seed);
        private readonly Dictionary<Guid, byte[]> _begun = [];
        private readonly Dictionary<ulong, List<Guid>> _acknowledged = [];
        private readonly HashSet<Guid> _gone = [];
        private readonly HashSet<Guid> _leaving = [];

        public async Task RunAsync()
        {
            for (var round = 0; round < 4; round++)
            {
                _disk.CutAtStep = _disk.Steps + _random.Next(1, 60);
                try
                {
                    await LiveAsync();
                }
                catch (Exception end) when (end is PowerCutException or QueueFullException)
                {
                    // As meant: nothing more happens until the machine starts again.
                }

                if (_random.Next(2) == 0)
                {
                    _disk.CutPower();
                }
                else
                {
                    _disk.KillProcess();
                }

                await CheckAsync();
            }
        }

        private async Task LiveAsync()
        {
            var queue = EnvelopeQueue.Open(_disk.Root, new QueueLimits(), TimeProvider.System);
            ulong[] associations = [EnvelopeQueue.NewAssociation("CT1"), EnvelopeQueue.NewAssociation("CT2")];
            foreach (var association in associations)
            {
                _acknowledged[association] = [];
            }

            for (var step = 0; step < 20; step++)
            {
                if (_random.Next(3) > 0)
                {
                    await Task.WhenAll(associations.Select(association => StoreAsync(queue, association)));
                }
                else if (queue.State().Envelopes > 0)
                {
                    var envelope = await queue.TakeAsync(CancellationToken.None);
                    _leaving.Add(envelope.Id);
                    if (_random.Next(2) == 0)
                    {
                        queue.Delivered(envelope);
                    }
                    else
                    {
                        queue.SetAside(envelope);
                    }

                    _gone.Add(envelope.Id);
                }
            }
        }

        private async Task StoreAsync(EnvelopeQueue queue, ulong association)
        {
            var content = new byte[_random.Next(1, 3_000)];
            _random.NextBytes(content);
            var arriving = queue.Begin(association);
            _begun[arriving.Id] = content;
            arriving.Write(content);
            await queue.CommitAsync(arriving);
            _acknowledged[association].Add(arriving.Id);
        }

        private async Task CheckAsync()
        {
            await using var queue = EnvelopeQueue.Open(_disk.Root, new QueueLimits(), TimeProvider.System);
            Assert.DoesNotContain(
                _disk.Root.Folder("queue").List(),
                name => name.EndsWith(".part", StringComparison.Ordinal)
            );
            var found = new Dictionary<ulong, List<Guid>>();
            for (var left = queue.State().Envelopes; left > 0; left--)
            {
                var envelope = await queue.TakeAsync(CancellationToken.None);
                using (var file = queue.OpenRead(envelope))
                {
                    Assert.Equal(_begun[envelope.Id], ReadAll(file));
                }

                found.TryAdd(envelope.Association, []);
                found[envelope.Association].Add(envelope.Id);

                // Out of the way of the next, as a delivery would, but left where it is in what must be there.
                queue.Delivered(envelope);
            }

            foreach (var (association, acknowledged) in _acknowledged)
            {
                var must = acknowledged.Where(id => !_gone.Contains(id) && !_leaving.Contains(id));
                var may = found.GetValueOrDefault(association, []);
                Assert.Equal(must, may.Where(id => acknowledged.Contains(id) && !_leaving.Contains(id)));
            }

            // What was set aside is never deleted silently.
            foreach (var name in _disk.Root.Folder("aside").List())
            {
                if (QueuedEnvelope.Parse(name, 0) is { } aside)
                {
                    using var file = _disk.Root.Folder("aside").Open(name, FileAccess.Read);
                    Assert.Equal(_begun[aside.Id], ReadAll(file));
                }
            }

            _acknowledged.Clear();
        }

        private static byte[] ReadAll(IDurableFile file)
        {
            var bytes = new byte[file.Length];
            Assert.Equal(bytes.Length, file.Read(0, bytes));
            return bytes;
        }
    }
}
