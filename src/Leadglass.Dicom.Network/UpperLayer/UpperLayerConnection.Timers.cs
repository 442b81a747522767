using static Leadglass.Dicom.Network.UpperLayerEvent;
using static Leadglass.Dicom.Network.UpperLayerState;

namespace Leadglass.Dicom.Network;

/// <summary>
/// The timers: when each wait began is noted, and one timer per association looks at them as often as the shortest time
/// asks for, so that no wait costs a timer of its own.
/// </summary>
internal sealed partial class UpperLayerConnection
{
    private readonly ITimer _watchdog;
    private long _artimSince;
    private long _readSince;
    private long _writeSince;
    private long _touched;

    /// <summary>The peer owes something only since now.</summary>
    public void Touch() => BeginWait(ref _touched);

    private static void EndWait(ref long since) => Volatile.Write(ref since, 0);

    private static void OnTick(object? state) => ((UpperLayerConnection)state!).OnTick();

    private void BeginWait(ref long since) => Volatile.Write(ref since, Math.Max(1, _time.GetTimestamp()));

    private void OnTick()
    {
        var next = _timers.Shortest;
        if (IsOver(ref _artimSince, 0, _timers.Artim, ref next))
        {
            OnArtimExpired();
            return;
        }

        if (IsOver(ref _writeSince, 0, _timers.Write, ref next))
        {
            OnPeerNotReading();
            return;
        }

        var due = State is Sta6 ? PeerDueWithin() : _timers.Artim;
        if (
            due is { } time
            && State is not (Sta2 or Sta3 or Sta13)
            && IsOver(ref _readSince, Volatile.Read(ref _touched), time, ref next)
        )
        {
            _ = AbortAsync(new AssociationEnd(AssociationEndKind.PeerSilent));
        }

        _watchdog.Change(next, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether a wait has lasted its time; if not, when to look again.</summary>
    private bool IsOver(ref long since, long touched, TimeSpan time, ref TimeSpan next)
    {
        var began = Volatile.Read(ref since);
        if (began == 0)
        {
            return false;
        }

        var left = time - _time.GetElapsedTime(Math.Max(began, touched));
        if (left <= TimeSpan.Zero)
        {
            return true;
        }

        next = left < next ? left : next;
        return false;
    }

    private void OnArtimExpired()
    {
        lock (_gate)
        {
            TryStep(Evt18, out _);
            _closeNow = true;
            _end ??= new AssociationEnd(AssociationEndKind.PeerSilent);
            _aborting = WakeAfterAsync(_aborting);
        }
    }

    private void OnPeerNotReading()
    {
        lock (_gate)
        {
            // Nothing can be said to a peer that does not read: the transport is closed instead (Evt17).
            TryStep(Evt17, out _);
            _leftUnread = true;
            _closeNow = true;
            _end ??= new AssociationEnd(AssociationEndKind.PeerNotReading);
            _aborting = WakeAfterAsync(_aborting);
        }
    }

    private async Task WakeAfterAsync(Task earlier)
    {
        await WakeAsync();
        await earlier;
    }
}
