using System.IO.Pipelines;
using System.Net;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>Probes as an audit does, over real sockets, with times that a loaded machine keeps; tests of time-outs set their own.</summary>
internal static class Probing
{
    public static DicomProbeTimes Times { get; } =
        new()
        {
            Associate = TimeSpan.FromSeconds(30),
            Tls = TimeSpan.FromSeconds(30),
            Response = TimeSpan.FromSeconds(30),
            Farewell = TimeSpan.FromSeconds(5),
            Respite = TimeSpan.FromMilliseconds(50),
            FirstMatch = TimeSpan.FromSeconds(30),
            Range = TimeSpan.FromSeconds(60),
        };

    public static ProbePlan Plan(Rung highest = Rung.NullRetrieve, params string[] titles) =>
        new(highest, titles, TriesPublishedTitles: false, IsThorough: false);

    public static ProbeDialer Dialer() =>
        new(
            (_, _) => null,
            new ConnectionLimits { PerSecond = 1_000, PerNetworkPerSecond = 1_000 },
            TimeProvider.System
        );

    public static async Task<DicomObservation> ObserveAsync(
        ProbeTarget target,
        ProbePlan? plan = null,
        ProductHint? hint = null,
        DicomProbeTimes? times = null
    ) =>
        await new DicomProbe(Dialer(), TimeProvider.System, times ?? Times, CarrierInThisProcess).ObserveAsync(
            target,
            plan ?? Plan(),
            hint,
            TestContext.Current.CancellationToken
        );

    /// <summary>A carrier that runs in this process, over pipes: the same code without the process around it.</summary>
    public static CarrierProcess CarrierInThisProcess()
    {
        var input = new Pipe();
        var output = new Pipe();
        _ = CarryAsync();
        return new CarrierProcess(
            input.Writer.AsStream(),
            output.Reader.AsStream(),
            () => output.Reader.CancelPendingRead()
        );

        async Task CarryAsync()
        {
            await TlsCarrier.RunAsync(input.Reader.AsStream(), output.Writer.AsStream(), TimeProvider.System);
            await output.Writer.CompleteAsync();
            await input.Reader.CompleteAsync();
        }
    }

    public static RungAnswer At(this DicomObservation observation, Rung rung) =>
        Assert.Single(observation.Rungs, answer => answer.Rung == rung);
}
