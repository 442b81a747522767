using System.Buffers;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>
/// One association of a probe, over the PDU codecs of <see cref="Leadglass.Dicom.Network"/>. It is not that room's client,
/// since that decodes what it receives; here whatever a server sends stays in two pinned blocks that are cleared, and only
/// numbers are read from it. One operation at a time.
/// </summary>
internal sealed partial class ProbeAssociation : IAsyncDisposable
{
    /// <summary>The longest A-ASSOCIATE-AC that is read, in bytes; ten contexts need 400.</summary>
    public const int AcceptBytesMax = 16 * 1024;

    private static readonly PduLimits Limits = new()
    {
        PDataTfLengthBytesMax = 256 * 1024,
        AssociateLengthBytesMax = AcceptBytesMax,
        ItemsMax = 256,
    };

    private readonly ProbeConnection _connection;
    private readonly Stream _stream;
    private readonly ProbeWire _wire;
    private readonly DicomProbeTimes _times;
    private readonly TimeProvider _time;
    private bool _isOver;

    private ProbeAssociation(ProbeConnection connection, Stream stream, DicomProbeTimes times, TimeProvider time)
    {
        _connection = connection;
        _stream = stream;
        _wire = new ProbeWire(stream);
        _times = times;
        _time = time;
    }

    /// <summary>No more can be asked.</summary>
    public bool IsOver => _isOver;

    /// <summary>What the server answered.</summary>
    public AAssociateAccept Accept { get; private set; } = new() { CalledAeTitle = "", CallingAeTitle = "" };

    /// <summary>The accepted contexts, of those proposed and in a transfer syntax proposed.</summary>
    public IReadOnlyList<ProbeContext> Contexts { get; private set; } = [];

    /// <summary>The server answered for contexts that were not proposed, or chose a syntax that was not.</summary>
    public bool InventsContexts { get; private set; }

    /// <summary>
    /// Asks for an association. Owns the connection from here on: it is closed when the association is disposed of, or when
    /// there is none.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="stream">Its stream, or that of TLS above it.</param>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public static async ValueTask<AssociationAnswer> OpenAsync(
        ProbeConnection connection,
        Stream stream,
        AAssociateRequest request,
        DicomProbeTimes times,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        var association = new ProbeAssociation(connection, stream, times, time);
        AssociationAnswer? answer = null;
        try
        {
            answer = await association.OpenAsync(request, cancel);
            return answer;
        }
        finally
        {
            if (answer is not { Kind: AnswerKind.Accepted })
            {
                await association.DisposeAsync();
            }
        }
    }

    /// <summary>The context of a SOP class; null when it was not accepted.</summary>
    public ProbeContext? Find(string sopClassUid) =>
        Contexts.FirstOrDefault(context => context.SopClassUid == sopClassUid);

    /// <summary>What was answered for a SOP class that was not accepted.</summary>
    public DimseOutcome NotAccepted(string sopClassUid, AAssociateRequest request)
    {
        var proposed = request.PresentationContexts.FirstOrDefault(context => context.AbstractSyntaxUid == sopClassUid);
        var answered = Accept.PresentationContexts.FirstOrDefault(context => context.Id == proposed?.Id);
        return DimseOutcome.OfContext(answered?.Result ?? PresentationContextResult.NoReason);
    }

    /// <summary>Releases the association, as far as the server lets it (PS3.8 7.2).</summary>
    public async ValueTask ReleaseAsync(CancellationToken cancel)
    {
        if (_isOver)
        {
            return;
        }

        try
        {
            using var limit = new StepLimit(_times.Farewell, _time, cancel);
            await SendPduAsync(new AReleaseRequest(), limit.Token);
            while (await _wire.HoldAsync(PduHeaderLength, limit.Token))
            {
                var header = ReadHeader();
                if (header.Type != PduType.PDataTf)
                {
                    _isOver = header.Type is PduType.AReleaseResponse or PduType.AAbort;
                    break;
                }

                _wire.Take(PduHeaderLength);
                await SkipAsync(header.Length, limit.Token);
            }
        }
        catch (Exception problem) when (IsOfTheServer(problem, cancel))
        {
            // An association that cannot be released is aborted when it is disposed of.
        }
    }

    /// <summary>Aborts an association that was not released, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_isOver)
            {
                _isOver = true;
                using var limit = new StepLimit(_times.Farewell, _time, CancellationToken.None);
                await SendPduAsync(new AAbort(AbortSource.ServiceUser, AbortReason.NotSpecified), limit.Token);
            }
        }
        catch (Exception problem) when (IsOfTheServer(problem, CancellationToken.None))
        {
            // It is gone already.
        }
        finally
        {
            _wire.Dispose();
            _identifier?.Dispose();
            await CloseAsync();
        }
    }

    /// <summary>Closes the connection, whatever its stream does: until then no other may be made to its host.</summary>
    private async ValueTask CloseAsync()
    {
        try
        {
            if (!ReferenceEquals(_stream, _connection.Stream))
            {
                await _stream.DisposeAsync();
            }
        }
        finally
        {
            await _connection.DisposeAsync();
        }
    }

    /// <summary>What a server can cause: everything else is a fault of ours and shows itself.</summary>
    internal static bool IsOfTheServer(Exception problem, CancellationToken cancel) =>
        problem
            is IOException
                or System.Net.Sockets.SocketException
                or ObjectDisposedException
                or InvalidOperationException
                or System.Security.Authentication.AuthenticationException
                or DicomProtocolException
                or ProbeLostException
        || (problem is OperationCanceledException && !cancel.IsCancellationRequested);

    private async ValueTask<AssociationAnswer> OpenAsync(AAssociateRequest request, CancellationToken cancel)
    {
        try
        {
            using var limit = new StepLimit(_times.Associate, _time, cancel);
            await SendPduAsync(request, limit.Token);
            await _wire.HoldAsync(PduHeaderLength, limit.Token);
            var kind = AssociationAnswer.Classify(_wire.Held.Span);
            if (kind is not (AnswerKind.Accepted or AnswerKind.Rejected or AnswerKind.Aborted))
            {
                _isOver = true;
                return new AssociationAnswer(kind);
            }

            return await ReadPduAsync(limit.Token) switch
            {
                AAssociateAccept accept => Establish(request, accept),
                AAssociateReject reject => Over(new(AnswerKind.Rejected) { Reject = reject }),
                AAbort abort => Over(new(AnswerKind.Aborted) { Abort = abort }),
                _ => new AssociationAnswer(AnswerKind.Other),
            };
        }
        catch (Exception problem) when (IsOfTheServer(problem, cancel))
        {
            var held = AssociationAnswer.Classify(_wire.Held.Span);
            return new AssociationAnswer(
                (problem, held) switch
                {
                    (OperationCanceledException, AnswerKind.Closed) => AnswerKind.Silent,
                    (_, AnswerKind.Accepted or AnswerKind.Rejected or AnswerKind.Aborted) => AnswerKind.Other,
                    _ => held,
                }
            );
        }
    }

    private AssociationAnswer Over(AssociationAnswer answer)
    {
        _isOver = true;
        return answer;
    }

    private AssociationAnswer Establish(AAssociateRequest request, AAssociateAccept accept)
    {
        Accept = accept;
        var contexts = new List<ProbeContext>();
        foreach (var answer in accept.PresentationContexts)
        {
            var proposed = request.PresentationContexts.FirstOrDefault(context => context.Id == answer.Id);
            var isAccepted = answer.Result == PresentationContextResult.Acceptance;
            if (
                proposed is null
                || (
                    isAccepted
                    && !proposed.TransferSyntaxUids.Contains(answer.TransferSyntaxUid, StringComparer.Ordinal)
                )
            )
            {
                InventsContexts = true;
            }
            else if (isAccepted)
            {
                var isExplicit = answer.TransferSyntaxUid == ProbeProposal.ExplicitVrLittleEndian;
                contexts.Add(new ProbeContext(answer.Id, proposed.AbstractSyntaxUid, isExplicit));
            }
        }

        Contexts = contexts;
        return new AssociationAnswer(AnswerKind.Accepted) { Association = this };
    }

    private async ValueTask SendPduAsync(Pdu pdu, CancellationToken cancel)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        PduWriter.Write(pdu, output);
        await _wire.SendAsync(output.WrittenMemory, cancel);
    }
}
