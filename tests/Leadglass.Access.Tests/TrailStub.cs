using System.Collections.Concurrent;
using Leadglass.Access.Trails;

namespace Leadglass.Access.Tests;

/// <summary>A trail that a test can hold up or let fail.</summary>
internal sealed class TrailStub : ITrail
{
    public ConcurrentQueue<TrailEvent> Recorded { get; } = new();

    public ConcurrentQueue<TrailEvent> Refusals { get; } = new();

    public Func<Task> Writing { get; set; } = () => Task.CompletedTask;

    public async ValueTask RecordAsync(TrailEvent trailEvent, CancellationToken cancellationToken)
    {
        await Writing();
        Recorded.Enqueue(trailEvent);
    }

    public void NoteRefusal(TrailEvent refusal) => Refusals.Enqueue(refusal);
}
