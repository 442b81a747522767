using System.Collections.Concurrent;
using System.Net;

namespace Leadglass.Exposure.Tests.Audits;

/// <summary>Probes that dial for real and say what a test wants, so that a test of the stages needs no archive.</summary>
internal sealed class ProbeDouble(IProbeDialer dialer, Func<ProbeTarget, CancellationToken, Task<bool?>> queryOpen)
    : IHostProbes
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public IProbeDialer Dialer => dialer;

    /// <summary>Probes in the order in which they began.</summary>
    public ConcurrentQueue<(string Protocol, ProbeTarget Target)> Began { get; } = new();

    /// <summary>Ports that speak HTTP and nothing else.</summary>
    public HashSet<int> WebPorts { get; } = [];

    public async ValueTask<DicomObservation> DicomAsync(
        ProbeTarget target,
        ProbePlan plan,
        ProductHint? hint,
        CancellationToken cancel
    )
    {
        Began.Enqueue(("dicom", target));
        if (WebPorts.Contains(target.Port))
        {
            return new DicomObservation { Target = target, SpeaksDicom = false };
        }
        var connection = (await dialer.DialAsync(target, Rung.Identify, cancel)).Connection;
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
        var open = await queryOpen(target, cancel);
        var answer =
            open is null ? Answer.Unknown
            : open.Value ? Answer.Open
            : Answer.Closed;
        return new DicomObservation
        {
            Target = target,
            SpeaksDicom = connection is not null,
            Rungs =
            [
                new RungAnswer(Rung.Identify, Answer.Open, "accept", "an association was accepted", At),
                new RungAnswer(Rung.NullQuery, answer, "0000", "the query was answered", At),
            ],
        };
    }

    public async ValueTask<WebObservation> WebAsync(ProbeTarget target, ProbePlan plan, CancellationToken cancel)
    {
        Began.Enqueue(("web", target));
        await using var connection = (await dialer.DialAsync(target, Rung.Identify, cancel)).Connection;
        return new WebObservation { Target = target, SpeaksHttp = WebPorts.Contains(target.Port) };
    }

    public ProductIdentification Identify(ExposedSystem system) => ProductIdentification.Unknown;

    public ProductHint? HintFor(IReadOnlyList<DicomObservation> dicom, IReadOnlyList<WebObservation> web) => null;
}

/// <summary>Addresses as tests compare them.</summary>
internal static class Loopback
{
    public static IPAddress At(int last, int third = 0) => new([127, 9, (byte)third, (byte)last]);
}
