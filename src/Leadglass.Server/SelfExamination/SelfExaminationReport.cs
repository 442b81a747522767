using System.Collections.Immutable;

namespace Leadglass.Server.SelfExamination;

/// <summary>What the archive saw when it last looked at itself as a stranger would.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Attempts">How much was tried.</param>
/// <param name="NotLooked">Of how many attempts nothing can be said.</param>
/// <param name="Notices">What was not as it should be; at most 100.</param>
/// <param name="Closed">What is closed, by this look or one before.</param>
public sealed record SelfExaminationReport(
    DateTimeOffset At,
    int Attempts,
    int NotLooked,
    ImmutableArray<SelfExaminationNotice> Notices,
    ImmutableArray<string> Closed
)
{
    /// <summary>Whether no stranger got further than they should.</summary>
    public bool IsClean => Closed.IsEmpty && Notices.All(notice => notice.IsNotLooked);
}

/// <summary>One thing that was not as it should be.</summary>
/// <param name="Service">Where.</param>
/// <param name="Attempt">What was tried.</param>
/// <param name="Answer">What came back.</param>
/// <param name="IsNotLooked">Whether nothing can be said; else a stranger got further than they should.</param>
public sealed record SelfExaminationNotice(string Service, string Attempt, string Answer, bool IsNotLooked);
