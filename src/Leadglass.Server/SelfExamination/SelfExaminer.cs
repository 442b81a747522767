using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.SelfExamination;

/// <summary>
/// The archive looks at its own listeners as a stranger would, when it starts and every hour. Whatever answers a stranger
/// raises an alarm, is tried again at once, and is closed when it answers again; what is slow, busy or down is reported and
/// never closed for it.
/// </summary>
/// <param name="host">The archive.</param>
/// <param name="listeners">What is bound.</param>
/// <param name="endpoints">All endpoints of the web application.</param>
/// <param name="patience">How long an answer may take.</param>
internal sealed class SelfExaminer(
    ArchiveHost host,
    IReadOnlyList<BoundListener> listeners,
    IReadOnlyList<Endpoint> endpoints,
    TimeSpan patience,
    ServerLog log
) : IDisposable
{
    /// <summary>How long an answer may take where nobody says otherwise.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private const int NoticesMax = 100;

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Looks now and every hour until the server stops.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var hourly = new PeriodicTimer(Interval, host.Clock);
        try
        {
            do
            {
                try
                {
                    _ = await LookAsync(cancel);
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    log.SelfExaminationFault(Fault.Describe(fault));
                    host.LastLook = Failed(fault);
                }
            } while (await hourly.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    /// <summary>Looks once.</summary>
    public async Task<SelfExaminationReport> LookAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            var look = new OneLook(host, listeners, endpoints, patience, log);
            await look.RunAsync(cancel);
            var report = new SelfExaminationReport(
                host.Clock.GetUtcNow(),
                look.Attempts,
                look.NotLooked,
                [.. look.Notices.Take(NoticesMax)],
                [.. host.Closures.Closed]
            );
            host.LastLook = report;
            log.LookedAtItself(report.Attempts, report.NotLooked, report.Closed.Length);
            return report;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A look that failed is told too: the one before it says nothing of now.</summary>
    private SelfExaminationReport Failed(Exception fault) =>
        new(
            host.Clock.GetUtcNow(),
            Attempts: 1,
            NotLooked: 1,
            [new SelfExaminationNotice("the archive", "the look itself", fault.GetType().Name, IsNotLooked: true)],
            [.. host.Closures.Closed]
        );

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();
}
