using Leadglass.Testing;

namespace Leadglass.Browser.Tests;

/// <summary>
/// OHIF in a real browser, before this archive: what stands in its canvas is compared with pixels computed from what went
/// in.
/// </summary>
public sealed class ViewerTests(ServedArchive served, Chromium chromium)
{
    /// <summary>Mean distance per channel. A wrong slice or window is 20 and more away.</summary>
    private const double GreyTolerance = 2.5;

    private const double JpegTolerance = 5;

    [Fact]
    public async Task Shows_a_CT_series_scrolls_and_changes_the_window()
    {
        await using var watched = await served.SignInAsync(chromium, Staff.Radiologist);
        var viewer = await Viewer.OpenAsync(watched, TestImages.Head[0].StudyUid);

        var first = await AssertShowsSliceAsync(viewer);
        await watched.PhotographAsync("viewer-ct");
        await viewer.ScrollAsync(4);
        var second = await AssertShowsSliceAsync(viewer);
        Assert.NotEqual(first.Number, second.Number);

        var before = await viewer.WindowAsync();
        await viewer.DragAsync(80, 30);
        var after = await viewer.WindowAsync();
        Assert.NotEqual(before, after);
        await AssertShowsSliceAsync(viewer);
        await watched.PhotographAsync("viewer-ct-window");
        watched.AssertQuiet();
    }

    [Fact]
    public async Task Shows_an_ultrasound_clip_that_is_stored_as_JPEG()
    {
        await using var watched = await served.SignInAsync(chromium, Staff.Radiologist);
        var clip = TestImages.Clip;
        var viewer = await Viewer.OpenAsync(watched, clip.StudyUid);

        await viewer.AssertShowsAsync(FrameDistance(0), JpegTolerance);
        await viewer.ScrollAsync(3);
        await viewer.AssertShowsAsync(FrameDistance(3), JpegTolerance);
        Assert.True(FrameDistance(0)(await viewer.PictureAsync()) > 20);
        await watched.PhotographAsync("viewer-us");
        watched.AssertQuiet();

        Func<Picture, double> FrameDistance(int frame) =>
            picture => picture.DistanceFrom(clip.Rows, clip.Columns, (x, y) => clip.Colour(frame, x, y));
    }

    /// <summary>Its VOI LUT Function is the sigmoid, at which OHIF as it comes shows nothing.</summary>
    [Fact]
    public async Task Shows_a_mammogram_that_is_stored_as_lossless_JPEG()
    {
        Assert.SkipWhen(TestImages.Mammogram is null, SharedData.Absent);
        var image = await StoredImage.DecodeAsync(TestImages.Mammogram!);
        await using var watched = await served.SignInAsync(chromium, Staff.Radiologist);
        var viewer = await Viewer.OpenAsync(watched, image.StudyUid);

        var (width, centre) = await viewer.WindowAsync();
        await viewer.AssertShowsAsync(
            picture =>
                picture.DistanceFrom(
                    image.Rows,
                    image.Columns,
                    (x, y) => VoiWindow.Triple(VoiWindow.Sigmoid(image.Value(x, y), centre, width))
                ),
            GreyTolerance
        );
        await watched.PhotographAsync("viewer-mg");
        watched.AssertQuiet();
    }

    [Fact]
    public async Task Speaks_German_to_who_reads_German()
    {
        await using var watched = await served.SignInAsync(chromium, Staff.Radiologist, "de-DE");
        await Viewer.OpenAsync(watched, TestImages.Head[0].StudyUid);
        await watched.Page.GetByLabel("Helligkeit/Kontrast").First.WaitForAsync();
        watched.AssertQuiet();
    }

    /// <summary>The slice that the overlay names, under the window that the overlay names, and no other slice.</summary>
    private static async Task<(int Number, int Place, int Count)> AssertShowsSliceAsync(Viewer viewer)
    {
        var image = await viewer.ImageAsync();
        var (width, centre) = await viewer.WindowAsync();
        Assert.Equal(TestImages.Slices, image.Count);
        await viewer.AssertShowsAsync(Distance(image.Number), GreyTolerance);
        var picture = await viewer.PictureAsync();
        foreach (var other in TestImages.Head.Where(slice => slice.Number != image.Number))
        {
            Assert.True(Distance(other.Number)(picture) > 15, $"slice {other.Number} would pass for {image.Number}");
        }

        return image;

        Func<Picture, double> Distance(int number)
        {
            var slice = TestImages.Head[number - 1];
            return picture =>
                picture.DistanceFrom(
                    slice.Rows,
                    slice.Columns,
                    (x, y) => VoiWindow.Triple(VoiWindow.Linear(slice.Hounsfield(x, y), centre, width))
                );
        }
    }
}
