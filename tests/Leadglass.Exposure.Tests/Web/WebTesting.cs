namespace Leadglass.Exposure.Tests.Web;

/// <summary>Probing doubles with the real dialer over real sockets.</summary>
internal static class WebTesting
{
    public static ConnectionLimits Limits { get; } =
        new()
        {
            PerSecond = 10_000,
            PerNetworkPerSecond = 10_000,
            ConnectionTime = TimeSpan.FromSeconds(10),
        };

    public static ProbePlan Plan(Rung highest) => new(highest, [], TriesPublishedTitles: false, IsThorough: false);

    public static async Task<WebObservation> ObserveAsync(
        ProbeTarget target,
        Rung highest,
        ConnectionLimits? limits = null,
        WebProbeOptions? options = null
    )
    {
        var dialer = new ProbeDialer((_, _) => null, limits ?? Limits, TimeProvider.System);
        var probe = new WebProbe(
            dialer,
            TimeProvider.System,
            options ?? new WebProbeOptions { Contact = "ward@example.org" }
        );
        return await probe.ObserveAsync(target, Plan(highest), CancellationToken.None);
    }

    public static Answer Of(this WebObservation seen, Rung rung) =>
        seen.Rungs.LastOrDefault(one => one.Rung == rung)?.Answer ?? Answer.Unknown;
}
