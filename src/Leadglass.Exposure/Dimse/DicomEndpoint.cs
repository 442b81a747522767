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
    public TimeProvider Time => time;

    public DicomProbeTimes Times => times;

    public ProbeTarget Target => target;

    /// <summary>Whether TLS is spoken from now on.</summary>
    public bool IsTls { get; set; }

    /// <summary>What TLS showed last.</summary>
    public TlsFacts? Tls { get; private set; }

    /// <summary>How TLS failed last, in a code of ours.</summary>
    public string? TlsFailure { get; private set; }

    /// <summary>Dials and asks for an association.</summary>
    /// <exception cref="OutOfScopeException">The scope does not allow it.</exception>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public async ValueTask<AssociationAnswer> AskAsync(
        Dicom.Network.AAssociateRequest request,
        Rung rung,
        CancellationToken cancel
    )
    {
        var dialled = await dialer.DialAsync(target, rung, cancel);
        if (dialled.Connection is not { } connection)
        {
            return new AssociationAnswer(AnswerKind.NotConnected) { Dialled = dialled.Outcome };
        }

        // Where records are shown, TLS is done elsewhere: its buffers cannot be cleared.
        return IsTls
            ? rung >= Rung.CountRecords
                ? await AskInCarriedTlsAsync(connection, request, cancel)
                : await AskInTlsAsync(connection, request, cancel)
            : await ProbeAssociation.OpenAsync(connection, connection.Stream, request, times, time, cancel);
    }

    private async ValueTask<AssociationAnswer> AskInTlsAsync(
        ProbeConnection connection,
        Dicom.Network.AAssociateRequest request,
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
        Dicom.Network.AAssociateRequest request,
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
