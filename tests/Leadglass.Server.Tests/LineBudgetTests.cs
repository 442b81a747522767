namespace Leadglass.Server.Tests;

/// <summary>However many strangers come, the log grows by so many lines a minute, and none is forgotten.</summary>
public sealed class LineBudgetTests
{
    [Fact]
    public void LinesOfAMinuteAreLimitedAndTheRestIsCounted()
    {
        var clock = new Clock();
        var budget = new LineBudget(linesPerMinute: 3, clock);
        var (written, told) = (0, 0);
        for (var stranger = 0; stranger < 1_000; stranger++)
        {
            written += budget.TryTake(out var withheld) ? 1 : 0;
            told += withheld;
        }

        Assert.Equal((3, 0), (written, told));
        clock.Now += TimeSpan.FromSeconds(61);
        Assert.True(budget.TryTake(out var before));
        Assert.Equal(997, before);
        Assert.True(budget.TryTake(out var none));
        Assert.Equal(0, none);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
