namespace Leadglass.Exposure.Tests.Discovery;

/// <summary>The scan slows down where something drops, and is quick where nothing does.</summary>
public sealed class ScanPaceTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Near = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void SilentNetworksAreWaitedForBrieflyOnceNeighboursAnsweredAndThenInFull()
    {
        var pace = new ScanPace(100, Timeout);
        Assert.Equal(Timeout, pace.TimeFor(isSecondTry: false));
        for (var i = 0; i < 10; i++)
        {
            pace.Answered(Near, isSecondTry: false, TimeSpan.Zero);
        }
        Assert.Equal(TimeSpan.FromMilliseconds(100), pace.TimeFor(isSecondTry: false));
        Assert.Equal(Timeout, pace.TimeFor(isSecondTry: true));
    }

    [Fact]
    public void SilenceThatWasThereFromTheStartSlowsNothing()
    {
        var pace = new ScanPace(100, Timeout);
        for (var i = 0; i < 10_000; i++)
        {
            pace.StayedSilent(TimeSpan.FromMilliseconds(i));
            if (i % 10 == 0)
            {
                pace.Answered(Near, isSecondTry: false, TimeSpan.FromMilliseconds(i));
            }
        }
        Assert.Equal(100, pace.Window);
        Assert.Equal(0, pace.SlowedDown);
    }

    [Fact]
    public void AnAnswerToTheSecondTryHalvesWhatIsUnderWayOnceForEachTimeOut()
    {
        var pace = new ScanPace(100, Timeout);
        pace.Answered(Near, isSecondTry: true, TimeSpan.FromSeconds(1));
        pace.Answered(Near, isSecondTry: true, TimeSpan.FromSeconds(1.5));
        Assert.Equal(50, pace.Window);
        pace.Answered(Near, isSecondTry: true, TimeSpan.FromSeconds(4));
        Assert.Equal(25, pace.Window);
        for (var i = 0; i < 20; i++)
        {
            pace.Answered(Near, isSecondTry: true, TimeSpan.FromSeconds(10 + (i * 4)));
        }
        Assert.Equal(ScanPace.WindowMin, pace.Window);
    }

    [Fact]
    public void AnswersBringThePaceBackSlowly()
    {
        var pace = new ScanPace(100, Timeout);
        pace.Answered(Near, isSecondTry: true, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 60; i++)
        {
            pace.Answered(Near, isSecondTry: false, TimeSpan.FromSeconds(5));
        }
        Assert.InRange(pace.Window, 51, 52);
        for (var i = 0; i < 10_000; i++)
        {
            pace.Answered(Near, isSecondTry: false, TimeSpan.FromSeconds(5));
        }
        Assert.Equal(100, pace.Window);
    }

    [Fact]
    public void AJumpOfSilencePausesTheScan()
    {
        var pace = new ScanPace(100, Timeout);
        Feed(pace, silentOf8: 2, TimeSpan.FromSeconds(1));
        Feed(pace, silentOf8: 3, TimeSpan.FromSeconds(2));
        Assert.Equal(100, pace.Window);
        Feed(pace, silentOf8: 7, TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(7), pace.PausedUntil);
        Assert.InRange(pace.Window, 50, 55);
    }

    [Fact]
    public void RunningShortPausesTheScan()
    {
        var pace = new ScanPace(100, Timeout);
        pace.Starved(TimeSpan.FromSeconds(1));
        Assert.Equal(50, pace.Window);
        Assert.Equal(TimeSpan.FromSeconds(3), pace.PausedUntil);
    }

    private static void Feed(ScanPace pace, int silentOf8, TimeSpan now)
    {
        for (var i = 0; i < ScanPace.BlockResults; i++)
        {
            if (i % 8 < silentOf8)
            {
                pace.StayedSilent(now);
            }
            else
            {
                pace.Answered(Near, isSecondTry: false, now);
            }
        }
    }
}
