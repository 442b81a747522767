using Leadglass.Access;

namespace Leadglass.Server.Edges;

/// <summary>What is not well with an edge.</summary>
[Flags]
public enum EdgeProblems
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It has no certificate, and no code is open by which it could get one.</summary>
    NotEnrolled = 1,

    /// <summary>It has a certificate and has not reported for <see cref="EdgeHealth.SilentAfter"/>.</summary>
    Silent = 2,

    /// <summary>What waits there is older than <see cref="EdgeHealth.OldAfter"/>.</summary>
    QueueOld = 4,

    /// <summary>It takes nothing in.</summary>
    QueueFull = 8,

    /// <summary>The archive refused envelopes for good, which wait there for a person.</summary>
    SetAside = 16,
}

/// <summary>When an edge needs somebody's attention.</summary>
public static class EdgeHealth
{
    /// <summary>An edge reports every few seconds while it has a link.</summary>
    public static TimeSpan SilentAfter { get; } = TimeSpan.FromMinutes(15);

    /// <summary>A queue drains in seconds while there is a link.</summary>
    public static TimeSpan OldAfter { get; } = TimeSpan.FromHours(1);

    /// <summary>What is not well; nothing with one that is disabled, or whose code is still open.</summary>
    /// <param name="edge">The edge.</param>
    /// <param name="state">What it last reported; null: nothing as yet.</param>
    /// <param name="now">The time.</param>
    public static EdgeProblems Of(Device edge, EdgeState? state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(edge);
        var isEnrolled = edge.Certificates.Any(held => !held.IsRevoked);
        return !edge.Enabled ? EdgeProblems.None
            : isEnrolled ? Of(state, now)
            : edge.Edge?.Code is { } code && now < code.ValidUntil ? EdgeProblems.None
            : EdgeProblems.NotEnrolled;
    }

    /// <summary>The same for one that is enrolled.</summary>
    public static EdgeProblems Of(EdgeState? state, DateTimeOffset now) =>
        state is null
            ? EdgeProblems.Silent
            : (now - state.LastContact >= SilentAfter ? EdgeProblems.Silent : EdgeProblems.None)
                | (AgeOfOldest(state, now) >= OldAfter ? EdgeProblems.QueueOld : EdgeProblems.None)
                | (state.IsFull ? EdgeProblems.QueueFull : EdgeProblems.None)
                | (state.SetAside > 0 ? EdgeProblems.SetAside : EdgeProblems.None);

    /// <summary>How old the oldest in the queue is by now, as far as is known: it has aged since the last report.</summary>
    public static TimeSpan AgeOfOldest(EdgeState state, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Envelopes == 0
            ? TimeSpan.Zero
            : TimeSpan.FromSeconds(state.OldestSeconds) + (now - state.LastContact);
    }
}
