using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Leadglass.Browser.Tests;

/// <summary>The viewer in a browser, as a reader handles it: wheel, mouse, what the overlay says, what the canvas shows.</summary>
internal sealed partial class Viewer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly WatchedPage watched;

    private Viewer(WatchedPage watched) => this.watched = watched;

    private IPage Page => watched.Page;

    private ILocator Pane => Page.Locator("[data-cy=viewport-pane]").First;

    private ILocator Canvas => Pane.Locator("canvas").First;

    /// <summary>Opens a study from the archive's pages and puts the maker's notice away.</summary>
    public static async Task<Viewer> OpenAsync(WatchedPage watched, string study)
    {
        await watched.Page.GotoAsync($"/studies/{study}/viewer");
        var viewer = new Viewer(watched);
        await viewer.Canvas.WaitForAsync(new LocatorWaitForOptions { Timeout = (float)Patience.TotalMilliseconds });
        await viewer.Page.Locator("[data-cy=confirm-and-hide-button]").ClickAsync();
        return viewer;
    }

    /// <summary>
    /// What the overlay says of the image: its instance number (0 where it names none, of a single image), its place, and
    /// how many there are.
    /// </summary>
    public async Task<(int Number, int Place, int Count)> ImageAsync()
    {
        var match = await ReadAsync("viewport-overlay-bottom-right", ImageText());
        return (Number(match, "number"), Number(match, "place"), Number(match, "count"));
    }

    /// <summary>What the overlay says of the window.</summary>
    public async Task<(double Width, double Centre)> WindowAsync()
    {
        var match = await ReadAsync("viewport-overlay-bottom-left", WindowText());
        return (Number(match, "width"), Number(match, "centre"));
    }

    /// <summary>Turns the wheel by so many notches, each after the one before has shown.</summary>
    public async Task ScrollAsync(int notches)
    {
        await Canvas.HoverAsync();
        for (var i = 0; i < Math.Abs(notches); i++)
        {
            var (_, before, _) = await ImageAsync();
            await Page.Mouse.WheelAsync(0, Math.Sign(notches) * 100);
            await UntilAsync(async () => (await ImageAsync()).Place != before, "the wheel scrolls");
        }
    }

    /// <summary>Drags over the image with the first button, which changes the window.</summary>
    public async Task DragAsync(int right, int down)
    {
        var box = (await Canvas.BoundingBoxAsync())!;
        var (x, y) = (box.X + (box.Width / 2), box.Y + (box.Height / 2));
        await Page.Mouse.MoveAsync(x, y);
        await Page.Mouse.DownAsync();
        await Page.Mouse.MoveAsync(x + right, y + down, new MouseMoveOptions { Steps = 5 });
        await Page.Mouse.UpAsync();
    }

    public Task PressAsync(string key) => Page.Keyboard.PressAsync(key);

    /// <summary>Waits until the canvas shows what is expected and returns how far from it it is at last.</summary>
    public async Task<double> AssertShowsAsync(Func<Picture, double> distance, double tolerance)
    {
        var last = double.NaN;
        await UntilAsync(
            async () => (last = distance(await Picture.OfAsync(Canvas))) <= tolerance,
            "the canvas shows the image",
            () => $"still {last:0.00} grey levels away"
        );
        return last;
    }

    public Task<Picture> PictureAsync() => Picture.OfAsync(Canvas);

    private async Task<Match> ReadAsync(string overlay, Regex expression)
    {
        var text = "";
        var match = Match.Empty;
        await UntilAsync(
            async () =>
            {
                text = await Pane.Locator($"[data-cy={overlay}]").InnerTextAsync();
                return (match = expression.Match(text)).Success;
            },
            $"{overlay} can be read",
            () => text
        );
        return match;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo, string what, Func<string>? otherwise = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(
                TimeProvider.System.GetElapsedTime(started) < Patience,
                $"{what}: not in time. {otherwise?.Invoke()}"
            );
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private static int Number(Match match, string group) =>
        match.Groups[group] is { Success: true } digits
            ? int.Parse(digits.ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
            : 0;

    [GeneratedRegex(
        @"(I:\s*(?<number>\d+)\s*\()?(?<place>\d+)/(?<count>\d+)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex ImageText();

    [GeneratedRegex(
        @"W:\s*(?<width>-?\d+)\s*L:\s*(?<centre>-?\d+)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex WindowText();
}
