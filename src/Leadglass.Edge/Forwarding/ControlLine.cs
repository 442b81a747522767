using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization.Metadata;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>
/// The edge's talk with the archive beside the envelopes: reports, the list of scanners, results of storage commitment, and
/// the renewal of its certificate.
/// </summary>
internal sealed class ControlLine(
    EdgeOptions options,
    ScannerServices services,
    ArchiveLink link,
    LinkState state,
    TimeProvider clock,
    EdgeLog log
)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UndeliveredPauseMax = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RenewalPause = TimeSpan.FromMinutes(10);

    private readonly Guid _run = Guid.NewGuid();
    private readonly HashSet<Guid> _delivered = [];
    private readonly Dictionary<Guid, DateTimeOffset> _undelivered = [];
    private LinkedAssociation? _association;
    private IReadOnlyList<EdgeRefusal> _refusals = [];
    private long _sequence;
    private bool _hasAnswers;
    private DateTimeOffset _nextReport;
    private DateTimeOffset _nextRenewal;

    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(ControlLine).Assembly.GetName().Version?.ToString(3) ?? new Version(0, 0, 0).ToString();

    /// <summary>Talks until cancelled; never throws otherwise.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the line goes on: nobody else reports.")]
    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await state.WaitAsync(cancel);
                await TalkAsync(cancel);
                await Task.Delay(Tick, clock, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
                when (failure is LinkException or AssociationEndedException or OperationCanceledException)
            {
                await CloseAsync();
                state.Failed(failure is LinkException ? failure.Message : failure.GetType().Name);
                _nextReport = default;
            }
            catch (Exception fault)
            {
                // The link is well, what was said over it is not: envelopes go on meanwhile.
                log.LineFailed(fault is EdgeWireException ? fault.Message : fault.GetType().Name);
                await CloseAsync();
                _nextReport = clock.GetUtcNow() + TimeSpan.FromSeconds(options.ReportSeconds);
                await Task.Delay(Tick, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await CloseAsync();
    }

    private async Task TalkAsync(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        if (now >= _nextReport || _nextReport - now > TimeSpan.FromSeconds(options.ReportSeconds))
        {
            await ReportAsync(cancel);
            _nextReport = now + TimeSpan.FromSeconds(options.ReportSeconds);
        }

        if (_hasAnswers || _delivered.Count > 0 || services.Commitments.IsExpecting)
        {
            do
            {
                await FetchCommitmentsAsync(cancel);
            } while (_hasAnswers);
        }

        if (now >= _nextRenewal && IsRenewalDue(now))
        {
            _nextRenewal = now + RenewalPause;
            await RenewAsync(cancel);
        }
    }

    private async Task ReportAsync(CancellationToken cancel)
    {
        if (_refusals.Count == 0)
        {
            _refusals = services.Refusals.Take();
            _sequence++;
        }

        var report = new EdgeReport(Version, services.Queue.State(), _refusals, services.Scanners.Current.Digest)
        {
            Run = _run,
            Sequence = _sequence,
        };
        var instructions = await AskAsync(
            EdgeServices.ReportAction,
            report,
            WireJson.Default.EdgeReport,
            WireJson.Default.EdgeInstructions,
            cancel
        );
        _refusals = [];
        _hasAnswers = instructions.HasCommitmentAnswers;
        if (instructions.Scanners is { } scanners)
        {
            services.Scanners.Replace(scanners);
            log.ScannersChanged(scanners.Scanners.Count);
        }
    }

    private async Task FetchCommitmentsAsync(CancellationToken cancel)
    {
        var told = _delivered.Take(CommitmentInquiry.DeliveredMax).ToList();
        var answers = await AskAsync(
            EdgeServices.CommitmentAction,
            new CommitmentInquiry(told) { Waiting = Waiting() },
            WireJson.Default.CommitmentInquiry,
            WireJson.Default.CommitmentAnswers,
            cancel
        );
        _delivered.ExceptWith(told);
        _hasAnswers = false;
        foreach (var answer in answers.Answers)
        {
            var now = clock.GetUtcNow();
            if (_undelivered.TryGetValue(answer.Request, out var again) && now < again)
            {
                continue;
            }

            if (await services.Commitments.DeliverAsync(answer, cancel))
            {
                // Told at once: what the archive does not know after a crash of ours is delivered again.
                _delivered.Add(answer.Request);
                _undelivered.Remove(answer.Request);
                _hasAnswers = true;
            }
            else
            {
                _undelivered[answer.Request] = now + RetryPause(answer);
            }
        }
    }

    /// <summary>What was tried in vain and is not due again.</summary>
    private List<Guid> Waiting()
    {
        var now = clock.GetUtcNow();
        return
        [
            .. _undelivered
                .Where(held => now < held.Value && held.Value - now < UndeliveredPauseMax)
                .Select(held => held.Key)
                .Take(CommitmentInquiry.DeliveredMax),
        ];
    }

    // A scanner that listens is called every minute; one that does not is met when it associates again.
    private TimeSpan RetryPause(CommitmentAnswer answer) =>
        TimeSpan.FromSeconds(services.Scanners.Find(answer.Scanner)?.ListensAt is null ? 2 : 60);

    private bool IsRenewalDue(DateTimeOffset now)
    {
        var certificate = services.Identity.Certificate;
        var (from, until) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return now.UtcDateTime >= from + ((until - from) * 2 / 3);
    }

    private async Task RenewAsync(CancellationToken cancel)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={services.Identity.Edge:N}", key, HashAlgorithmName.SHA256);
        try
        {
            var renewed = await AskAsync(
                EdgeServices.RenewAction,
                new CertificateRenewal(request.CreateSigningRequestPem()),
                WireJson.Default.CertificateRenewal,
                WireJson.Default.RenewedCertificate,
                cancel
            );
            services.Identity.Replace(renewed.Certificate, renewed.Authorities, key.ExportPkcs8PrivateKeyPem());
            log.CertificateRenewed(new DateTimeOffset(services.Identity.Certificate.NotAfter));

            // The old certificate is still good; the next association shows the new one.
            await CloseAsync();
        }
        catch (Exception failure) when (failure is EdgeWireException or CryptographicException or ArgumentException)
        {
            log.CertificateNotRenewed(failure.GetType().Name);
        }
    }

    private async Task<TAnswer> AskAsync<TQuestion, TAnswer>(
        ushort action,
        TQuestion question,
        JsonTypeInfo<TQuestion> questionType,
        JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancel
    )
        where TAnswer : class
    {
        await EnsureAssociationAsync(cancel);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AnswerTimeout);
        var reply = await _association!.Dicom.ActionWithReplyAsync(
            EdgeServices.Control,
            EdgeServices.ControlInstance,
            action,
            WireJson.ToDataSet(question, questionType),
            limit.Token
        );
        if (!reply.Status.IsDone)
        {
            throw new EdgeWireException($"the archive answered {reply.Status} to action {action}");
        }

        state.Answered();
        return WireJson.FromDataSet(reply.Information, answerType);
    }

    private async Task EnsureAssociationAsync(CancellationToken cancel)
    {
        if (_association is { IsAlive: true })
        {
            return;
        }

        await CloseAsync();
        _association = await link.OpenAsync(
            services.Identity.AeTitle,
            [
                new ProposedPresentationContext(
                    1,
                    EdgeServices.Control.Value,
                    [TransferSyntax.ExplicitVrLittleEndian.Uid]
                ),
            ],
            [],
            null,
            cancel
        );
    }

    private async Task CloseAsync()
    {
        if (_association is { } association)
        {
            _association = null;
            await association.DisposeAsync();
        }
    }
}
