using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Leadglass.Access;
using Leadglass.Server.Web;
using TestInstance = Leadglass.Testing.RawDicom.TestInstance;

namespace Leadglass.Server.Tests.Web;

/// <summary>Readiness, metrics, traces and the log: for those who observe, and without anything of a patient.</summary>
public sealed class ObservabilityTests(WebArchive web) : IClassFixture<WebArchive>
{
    [Theory]
    [InlineData("/metrics")]
    [InlineData("/health/ready")]
    public async Task OnlyObserversSeeHowItDoes(string path)
    {
        using var answer = await web.Program.GetAsync(path);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task AnObserverSeesThatItIsReadyAndNothingElse()
    {
        using var observer = await WebProgram.RegisterAsync(web.Archive, ProgramRights.Observe, "observer");
        using var ready = await observer.GetAsync("/health/ready");
        Assert.Equal("""{"status":"ready"}""", await ready.Content.ReadAsStringAsync());
        using var study = await observer.GetAsync("/dicom-web/studies/2.25.99.51/metadata");
        Assert.Equal(HttpStatusCode.Forbidden, study.StatusCode);
    }

    [Fact]
    public async Task MetricsAndTracesNameRoutesAndNoPatient()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == RequestLog.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await web.Program.StoreAsync(TestInstance.Numbered(52).ToRaw());
        using (await web.Program.GetAsync("/dicom-web/studies/2.25.99.52/series/2.25.99.52.1/metadata?canary=Phantom"))
        { }

        using var observer = await WebProgram.RegisterAsync(web.Archive, ProgramRights.Observe, "observer-2");
        using var answer = await observer.GetAsync("/metrics");
        var metrics = await answer.Content.ReadAsStringAsync();
        Assert.Contains(
            "leadglass_ready 1",
            metrics.Replace(".0", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.Contains("/dicom-web/studies/{study}/series/{series}/metadata", metrics, StringComparison.Ordinal);
        var traces = string.Concat(spans.Select(span => span.DisplayName + string.Concat(span.TagObjects)));
        Assert.Contains("/dicom-web/studies/{study}/series/{series}/metadata", traces, StringComparison.Ordinal);
        foreach (var told in new[] { metrics, traces })
        {
            Assert.DoesNotContain("2.25.99", told, StringComparison.Ordinal);
            Assert.DoesNotContain("Phantom", told, StringComparison.Ordinal);
            Assert.DoesNotContain("TEST-52", told, StringComparison.Ordinal);
        }
    }
}
