namespace Leadglass.Server.SelfExamination;

/// <summary>What an attempt showed.</summary>
internal enum LookVerdict
{
    /// <summary>A stranger was refused, or got what every stranger may have.</summary>
    Refused,

    /// <summary>A stranger got further than they should, though to no data: an alarm, nothing is closed.</summary>
    Weakened,

    /// <summary>A stranger was answered: tried again, and then the service is closed.</summary>
    Answered,

    /// <summary>Nothing can be said: a time-out, a listener that is down or slow. Nothing is ever closed for it.</summary>
    NotLooked,
}

/// <summary>What came of one attempt.</summary>
/// <param name="Verdict">What it showed.</param>
/// <param name="Answer">What came back, in words of ours.</param>
/// <param name="IsSilent">Whether nothing came back at all.</param>
internal readonly record struct LookAnswer(LookVerdict Verdict, string Answer, bool IsSilent = false);

/// <summary>One thing that a stranger could try.</summary>
/// <param name="Service">The service that it is tried at.</param>
/// <param name="Name">What is tried.</param>
/// <param name="TryAsync">Tries it once.</param>
/// <param name="Close">Closes the service; null where there is nothing to close.</param>
internal sealed record LookAttempt(
    string Service,
    string Name,
    Func<CancellationToken, ValueTask<LookAnswer>> TryAsync,
    Action? Close
);
