using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>One endpoint with what has been learnt of the way to speak to it: in clear or inside TLS.</summary>
internal sealed class DicomEndpoint(
    IProbeDialer dialer,
    TimeProvider time,
    DicomProbeTimes times,
    Func<CarrierProcess?> startCarrier,
    ProbeTarget target
)
{
    private bool _isReachable;

    public TimeProvider Time => time;

    public DicomProbeTimes Times => times;

    public ProbeTarget Target => target;

    /// <summary>Whether TLS is spoken from now on.</summary>
    public bool IsTls { get; set; }

    /// <summary>What TLS showed last.</summary>
    public TlsFacts? Tls { get; private set; }

    /// <summary>The scope, or its hours, ended while the server was probed: nothing more is asked.</summary>
    public bool IsForbidden { get; private set; }

    /// <summary>How TLS failed last, in a code of ours.</summary>
    public string? TlsFailure { get; private set; }

    /// <summary>
    /// Dials and asks for an association. A server that was there a moment ago and is silent now, or has no room just now, is
    /// asked once more.
    /// </summary>
    /// <exception cref="OutOfScopeException">The scope does not allow it, and nothing was asked before.</exception>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public async ValueTask<AssociationAnswer> AskAsync(AAssociateRequest request, Rung rung, CancellationToken cancel)
    {
        var answer = await AskOnceAsync(request, rung, cancel);
        var isSilent = _isReachable && answer is { Kind: AnswerKind.NotConnected, Dialled: DialOutcome.Silent };
        _isReachable |= answer.Kind != AnswerKind.NotConnected;
        if (answer.Reject is { Result: RejectResult.Transient })
        {
            await Task.Delay(times.Respite, time, cancel);
            return await AskOnceAsync(request, rung, cancel);
        }

        return isSilent ? await AskOnceAsync(request, rung, cancel) : answer;
    }

    private async ValueTask<AssociationAnswer> AskOnceAsync(
        AAssociateRequest request,
        Rung rung,
        CancellationToken cancel
    )
    {
        var dialled = await DialAsync(rung, cancel);
        if (dialled.Connection is not { } connection)
        {
            return new AssociationAnswer(AnswerKind.NotConnected) { Dialled = dialled.Outcome };
        }

        if (!IsTls)
        {
            return await ProbeAssociation.OpenAsync(connection, connection.Stream, request, times, time, cancel);
        }

        // Where records are shown, TLS is done elsewhere: its buffers cannot be cleared.
        return rung >= Rung.CountRecords
            ? await AskInCarriedTlsAsync(connection, request, cancel)
            : await AskInTlsAsync(connection, request, cancel);
    }

    private async ValueTask<Dialled> DialAsync(Rung rung, CancellationToken cancel)
    {
        try
        {
            return await dialer.DialAsync(target, rung, cancel);
        }
        catch (OutOfScopeException) when (_isReachable)
        {
            // What was proved before stands.
            IsForbidden = true;
            return new Dialled(DialOutcome.Exhausted, null);
        }
    }

    private async ValueTask<AssociationAnswer> AskInTlsAsync(
        ProbeConnection connection,
        AAssociateRequest request,
        CancellationToken cancel
    )
    {
        TlsLooked? looked = null;
        try
        {
            looked = await TlsLook.ConnectAsync(connection.Stream, target.Name, times.Tls, time, cancel);
        }
        finally
        {
            if (looked?.Stream is null)
            {
                await connection.DisposeAsync();
            }
        }

        Tls = looked.Facts ?? Tls;
        TlsFailure = looked.Failure;
        if (looked.Stream is null)
        {
            return new AssociationAnswer(AnswerKind.TlsFailed);
        }

        var answer = await ProbeAssociation.OpenAsync(connection, looked.Stream, request, times, time, cancel);
        Tls = answer switch
        {
            { Kind: AnswerKind.Closed or AnswerKind.Tls } => looked.FactsAfterRefusal,
            { Kind: AnswerKind.Silent } => looked.Facts,
            _ => looked.FactsAfterAnswer,
        };
        return answer;
    }

    private async ValueTask<AssociationAnswer> AskInCarriedTlsAsync(
        ProbeConnection connection,
        AAssociateRequest request,
        CancellationToken cancel
    )
    {
        CarriedTls? tls = null;
        try
        {
            if (startCarrier() is { } carrier)
            {
                var stream = connection.Stream;
                tls = await CarriedTls.ConnectAsync(stream, carrier, target.Name, times.Tls, time, cancel);
            }
        }
        finally
        {
            if (tls is null)
            {
                await connection.DisposeAsync();
            }
        }

        return tls is null
            ? new AssociationAnswer(AnswerKind.TlsFailed)
            : await ProbeAssociation.OpenAsync(connection, tls, request, times, time, cancel);
    }
}
