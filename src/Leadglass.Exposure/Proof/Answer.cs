namespace Leadglass.Exposure;

/// <summary>What a rung showed. What cannot be told without guessing is <see cref="Unknown"/>.</summary>
public enum Answer
{
    /// <summary>Not tried, or tried without an answer that means anything.</summary>
    Unknown,

    /// <summary>A stranger is answered.</summary>
    Open,

    /// <summary>A stranger is refused.</summary>
    Closed,
}

/// <summary>One rung tried at one endpoint.</summary>
/// <param name="Rung">The rung.</param>
/// <param name="Answer">What it showed.</param>
/// <param name="Response">
/// What the server sent, in code only: <c>0000</c>, <c>A-ABORT 2/0</c>, <c>reject 1/1/7</c>, <c>HTTP 401</c>, <c>time-out</c>.
/// Never text of the server.
/// </param>
/// <param name="Reason">Why this response means this answer, one sentence of ours.</param>
/// <param name="At">When, UTC.</param>
public sealed record RungAnswer(Rung Rung, Answer Answer, string Response, string Reason, DateTimeOffset At);
