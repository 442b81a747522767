namespace Leadglass.Access.Trails;

/// <summary>Where everything that touches data is recorded before it happens.</summary>
public interface ITrail
{
    /// <summary>Returns when the event is on stable storage. Many callers share one flush.</summary>
    /// <exception cref="TrailUnavailableException">The trail cannot be written; what was to be recorded must not happen.</exception>
    ValueTask RecordAsync(TrailEvent trailEvent, CancellationToken cancellationToken);

    /// <summary>
    /// Notes a refusal. Never blocks and never fails: the first of a source and reason is recorded soon, what follows
    /// within the minute is summed. Memory is bounded however many sources there are.
    /// </summary>
    void NoteRefusal(TrailEvent refusal);
}

/// <summary>The trail cannot be written or is damaged. Nothing may be released until it can.</summary>
public sealed class TrailUnavailableException(string message, Exception? cause = null) : Exception(message, cause);
