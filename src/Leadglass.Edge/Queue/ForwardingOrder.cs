namespace Leadglass.Edge;

/// <summary>
/// Which envelope goes next: the oldest whose association has none under way, so that envelopes of one association keep
/// their order while several lines forward. Holds no file; guarded by its owner.
/// </summary>
internal sealed class ForwardingOrder
{
    // A rest is never longer, unless the clock was set back.
    private static readonly TimeSpan RestMax = TimeSpan.FromMinutes(11);

    private static readonly Comparer<QueuedEnvelope> BySequence = Comparer<QueuedEnvelope>.Create(
        (one, other) => one.Sequence.CompareTo(other.Sequence)
    );

    private readonly Dictionary<ulong, Lane> _lanes = [];
    private readonly PriorityQueue<Lane, long> _ready = new();
    private readonly Dictionary<uint, SortedSet<QueuedEnvelope>> _byAge = [];
    private readonly List<Lane> _resting = [];
    private readonly List<Lane> _blocked = [];

    /// <summary>Envelopes that wait or are under way.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; private set; }

    /// <summary>When the oldest arrived; null when there is none.</summary>
    public DateTimeOffset? Oldest
    {
        get
        {
            QueuedEnvelope? oldest = null;
            foreach (var scanner in _byAge.Keys)
            {
                if (OldestOf(scanner) is { } one && (oldest is null || one.Sequence < oldest.Sequence))
                {
                    oldest = one;
                }
            }

            return oldest?.ArrivedAt;
        }
    }

    /// <summary>Puts an envelope behind those of its association.</summary>
    public void Add(QueuedEnvelope envelope)
    {
        Count++;
        Bytes += envelope.Bytes;
        if (!_byAge.TryGetValue(envelope.Scanner, out var ofScanner))
        {
            _byAge.Add(envelope.Scanner, ofScanner = new(BySequence));
        }

        ofScanner.Add(envelope);
        if (_lanes.TryGetValue(envelope.Association, out var lane))
        {
            lane.Waiting.Enqueue(envelope);
            return;
        }

        lane = new Lane();
        lane.Waiting.Enqueue(envelope);
        _lanes.Add(envelope.Association, lane);
        _ready.Enqueue(lane, envelope.Sequence);
    }

    /// <summary>The next to forward; its association rests until <see cref="Remove"/> or <see cref="PutBack"/>.</summary>
    public QueuedEnvelope? Take(DateTimeOffset now)
    {
        for (var i = _resting.Count - 1; i >= 0; i--)
        {
            if (_resting[i].NotBefore <= now || _resting[i].NotBefore - now > RestMax)
            {
                _ready.Enqueue(_resting[i], _resting[i].Waiting.Peek().Sequence);
                _resting.RemoveAt(i);
            }
        }

        QueuedEnvelope? taken = null;
        _blocked.Clear();
        while (taken is null && _ready.TryDequeue(out var lane, out _))
        {
            var first = lane.Waiting.Peek();
            if (first.IsBarrier && OldestOf(first.Scanner) != first)
            {
                _blocked.Add(lane);
            }
            else
            {
                taken = first;
            }
        }

        foreach (var lane in _blocked)
        {
            _ready.Enqueue(lane, lane.Waiting.Peek().Sequence);
        }

        return taken;
    }

    /// <summary>The envelope that was taken has left the queue.</summary>
    public void Remove(QueuedEnvelope envelope)
    {
        var lane = _lanes[envelope.Association];
        lane.Waiting.Dequeue();
        _byAge[envelope.Scanner].Remove(envelope);
        Count--;
        Bytes -= envelope.Bytes;
        if (lane.Waiting.TryPeek(out var next))
        {
            _ready.Enqueue(lane, next.Sequence);
        }
        else
        {
            _lanes.Remove(envelope.Association);
        }
    }

    /// <summary>The envelope that was taken stays first of its association, to be tried again.</summary>
    public void PutBack(QueuedEnvelope envelope, DateTimeOffset notBefore)
    {
        var lane = _lanes[envelope.Association];
        lane.NotBefore = notBefore;
        _resting.Add(lane);
    }

    private QueuedEnvelope? OldestOf(uint scanner) => _byAge[scanner].Min;

    private sealed class Lane
    {
        public Queue<QueuedEnvelope> Waiting { get; } = new(1);

        public DateTimeOffset NotBefore { get; set; }
    }
}
