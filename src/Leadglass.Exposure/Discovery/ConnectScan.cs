using System.Net;

namespace Leadglass.Exposure;

/// <summary>Where a scan stands.</summary>
/// <param name="Done">Up to where all steps are finished.</param>
/// <param name="Finished">Steps that are finished, in whatever order.</param>
/// <param name="Total">Steps in all.</param>
/// <param name="Open">Ports found open in this run.</param>
/// <param name="Silent">Pairs that did not answer in this run.</param>
/// <param name="InFlightMax">How many may be under way now.</param>
internal readonly record struct ScanState(
    ScanPosition Done,
    long Finished,
    long Total,
    long Open,
    long Silent,
    int InFlightMax
);

/// <summary>What a scan needs from the audit around it.</summary>
internal interface IScanSink
{
    /// <summary>Whether another open port can be taken now; else the scan begins nothing.</summary>
    bool HasRoom { get; }

    /// <summary>Whether connections may be made at this hour.</summary>
    bool MayProbe { get; }

    /// <summary>A port is open. It is recorded before the step counts as finished.</summary>
    void Found(IPAddress address, int port);
}

/// <summary>
/// Tries every pair of a space once: a connect, and a goodbye where something listens. One thread, a table of fixed size, no
/// memory of what was done but a position. A host never has two connections, the probes' included.
/// </summary>
internal sealed class ConnectScan
{
    private const int WaitingMax = 4_096;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan GoodbyeTime = TimeSpan.FromMilliseconds(300);

    private readonly ScanSpace _space;
    private readonly ScopeRefusal _refusal;
    private readonly HostTurns _turns;
    private readonly ConnectionRates _rates;
    private readonly TimeProvider _clock;
    private readonly IScanSink _sink;
    private readonly ScanPace _pace;
    private readonly FinishedSteps _finished;
    private readonly WaitingPairs _waiting = new();
    private readonly Slot[] _slots;
    private readonly Stack<int> _free;
    private readonly Queue<(int Slot, int Use, TimeSpan Due)> _due = new();
    private readonly Queue<(int Slot, int Use, TimeSpan Due)> _dueGoodbyes = new();
    private readonly long _began;
    private readonly Lock _publishing = new();
    private ScanStep? _candidate;
    private long _next;
    private long _ended;
    private long _open;
    private long _silent;
    private ScanPosition _published;

    /// <param name="from">The step to begin with.</param>
    public ConnectScan(ScanSpace space, ProbeDialer dialer, IScanSink sink, ScanPosition from)
    {
        _space = space;
        _refusal = dialer.Refusal;
        _turns = dialer.Turns;
        _rates = dialer.Rates;
        _clock = dialer.Clock;
        _sink = sink;
        _pace = new ScanPace(dialer.Limits.InFlightMax, dialer.Limits.ConnectTime);
        _finished = new FinishedSteps(from);
        _next = from.Step;
        _ended = from.Step;
        _published = from;
        _slots = new Slot[dialer.Limits.InFlightMax];
        _free = new Stack<int>(Enumerable.Range(0, _slots.Length).Reverse());
        _began = _clock.GetTimestamp();
    }

    /// <summary>Where it stands; from any thread.</summary>
    public ScanState State =>
        new(
            Published,
            Interlocked.Read(ref _ended),
            _space.Steps,
            Interlocked.Read(ref _open),
            Interlocked.Read(ref _silent),
            _pace.Window
        );

    /// <summary>How often it slowed down because something on the way dropped.</summary>
    public int SlowedDown => _pace.SlowedDown;

    private ScanPosition Published
    {
        get
        {
            lock (_publishing)
            {
                return _published;
            }
        }
    }

    private TimeSpan Now => _clock.GetElapsedTime(_began);

    private int UnderWay => _slots.Length - _free.Count;

    /// <summary>Runs to the end, on a thread of its own so that no probe waits for it.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; <see cref="State"/> says how far it came.</exception>
    public Task RunAsync(CancellationToken cancel) =>
        Task.Factory.StartNew(
            () => Run(cancel),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );

    private void Run(CancellationToken cancel)
    {
        using var connects = new NativeConnects(_slots.Length);
        try
        {
            while (_finished.Position.Step < _space.Steps)
            {
                cancel.ThrowIfCancellationRequested();
                var wait = Feed(connects);
                foreach (var slot in connects.Wait(wait))
                {
                    Happened(connects, slot);
                }
                Expire(connects);
                Publish();
            }
        }
        finally
        {
            foreach (var slot in _slots)
            {
                if (slot.Use != SlotUse.Free)
                {
                    _turns.Release(slot.Step.Address);
                }
            }
            ReleaseCandidate();
        }
    }

    /// <summary>Begins what may begin.</summary>
    /// <returns>How long to wait for something to happen before trying again.</returns>
    private TimeSpan Feed(NativeConnects connects)
    {
        // A batch, so that answers are looked at in between.
        for (var begun = 0; begun < 64; begun++)
        {
            if (UnderWay >= _pace.Window || !_sink.HasRoom || !_sink.MayProbe || Now < _pace.PausedUntil)
            {
                return UntilDue(LongestWait);
            }
            if (_candidate is null && !TryNext())
            {
                return UntilDue(_waiting.Count > 0 ? LookAgain : LongestWait);
            }
            if (_candidate is not { } step)
            {
                continue;
            }
            var wait = _rates.Take(step.Address);
            if (wait > TimeSpan.Zero)
            {
                return UntilDue(wait);
            }
            _candidate = null;
            Begin(connects, _free.Pop(), step, isSecondTry: false);
        }
        return TimeSpan.Zero;
    }

    /// <summary>Makes the next step whose host gives its turn the candidate; a step that the scope refuses is finished.</summary>
    private bool TryNext()
    {
        if (_waiting.Count > 0 && _waiting.TryTake(_turns, out var waited))
        {
            _candidate = waited;
            return true;
        }
        if (_next >= _space.Steps || _waiting.Count >= WaitingMax || !_finished.HasRoomFor(_next))
        {
            return false;
        }
        var step = _space.At(_next++);
        if (_refusal(new ProbeTarget(step.Address, step.Port), Rung.Connect) is not null)
        {
            End(step, StepKinds.None);
        }
        else if (_waiting.HasOf(step.Address) || !_turns.TryTake(step.Address))
        {
            _waiting.Add(step);
        }
        else
        {
            _candidate = step;
        }
        return true;
    }

    private void Begin(NativeConnects connects, int slot, ScanStep step, bool isSecondTry)
    {
        ref var own = ref _slots[slot];
        own.Step = step;
        own.Began = Now;
        own.Use = isSecondTry ? SlotUse.SecondTry : SlotUse.FirstTry;
        own.Uses++;
        var state = connects.Begin(slot, step.Address, step.Port);
        if (state == ConnectState.Pending)
        {
            _due.Enqueue((slot, own.Uses, own.Began + _pace.TimeFor(isSecondTry)));
        }
        else
        {
            Settle(connects, slot, state);
        }
    }

    private void Happened(NativeConnects connects, int slot)
    {
        switch (_slots[slot].Use)
        {
            case SlotUse.FirstTry or SlotUse.SecondTry:
                Settle(connects, slot, connects.Look(slot));
                break;
            case SlotUse.Goodbye:
                Finish(connects, slot);
                break;
            default:
                break;
        }
    }

    private void Settle(NativeConnects connects, int slot, ConnectState state)
    {
        ref var own = ref _slots[slot];
        var isSecondTry = own.Use == SlotUse.SecondTry;
        switch (state)
        {
            case ConnectState.Open:
                _pace.Answered(Now - own.Began, isSecondTry, Now);
                Interlocked.Increment(ref _open);
                connects.SayGoodbye(slot);
                own.Use = SlotUse.Goodbye;
                own.Uses++;
                _dueGoodbyes.Enqueue((slot, own.Uses, Now + GoodbyeTime));
                break;
            case ConnectState.Silent when !isSecondTry:
                connects.Close(slot);
                _rates.Owe(own.Step.Address);
                Begin(connects, slot, own.Step, isSecondTry: true);
                break;
            case ConnectState.Silent:
                _pace.StayedSilent(Now);
                Interlocked.Increment(ref _silent);
                Finish(connects, slot);
                break;
            case ConnectState.Starved:
                _pace.Starved(Now);
                connects.Close(slot);
                _turns.Release(own.Step.Address);
                _waiting.Add(own.Step);
                Free(slot);
                break;
            default:
                _pace.Answered(Now - own.Began, isSecondTry, Now);
                Finish(connects, slot);
                break;
        }
    }

    private void Expire(NativeConnects connects)
    {
        while (_due.TryPeek(out var due) && due.Due <= Now)
        {
            _due.Dequeue();
            if (_slots[due.Slot].Uses == due.Use && _slots[due.Slot].Use is SlotUse.FirstTry or SlotUse.SecondTry)
            {
                Settle(connects, due.Slot, ConnectState.Silent);
            }
        }
        while (_dueGoodbyes.TryPeek(out var due) && due.Due <= Now)
        {
            _dueGoodbyes.Dequeue();
            if (_slots[due.Slot].Uses == due.Use && _slots[due.Slot].Use == SlotUse.Goodbye)
            {
                Finish(connects, due.Slot);
            }
        }
    }

    private void Finish(NativeConnects connects, int slot)
    {
        var (step, use) = (_slots[slot].Step, _slots[slot].Use);
        connects.Close(slot);
        _turns.Release(step.Address);
        if (use == SlotUse.Goodbye)
        {
            _sink.Found(step.Address, step.Port);
        }
        End(step, step.IsFirstPort ? StepKinds.Tried | StepKinds.FirstPort : StepKinds.Tried);
        Free(slot);
    }

    private void End(ScanStep step, StepKinds kinds)
    {
        _finished.Finish(step.Number, kinds);
        Interlocked.Increment(ref _ended);
    }

    private void Free(int slot)
    {
        _slots[slot].Use = SlotUse.Free;
        _free.Push(slot);
    }

    private void Publish()
    {
        lock (_publishing)
        {
            _published = _finished.Position;
        }
    }

    private void ReleaseCandidate()
    {
        if (_candidate is { } step)
        {
            _candidate = null;
            _turns.Release(step.Address);
        }
    }

    private TimeSpan UntilDue(TimeSpan atMost)
    {
        var until = atMost;
        if (_due.TryPeek(out var connect) && connect.Due - Now < until)
        {
            until = connect.Due - Now;
        }
        if (_dueGoodbyes.TryPeek(out var goodbye) && goodbye.Due - Now < until)
        {
            until = goodbye.Due - Now;
        }
        return until > TimeSpan.Zero ? until : TimeSpan.Zero;
    }

    private enum SlotUse
    {
        Free,
        FirstTry,
        SecondTry,
        Goodbye,
    }

    private struct Slot
    {
        public ScanStep Step;
        public TimeSpan Began;
        public SlotUse Use;
        public int Uses;
    }
}
