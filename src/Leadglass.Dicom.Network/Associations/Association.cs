using System.Buffers;
using System.IO.Pipelines;

namespace Leadglass.Dicom.Network;

/// <summary>
/// The DIMSE service over an established association, the same for both sides: one loop receives, requests of the peer
/// go to the handler, responses to whoever waits for them.
/// </summary>
internal sealed partial class Association : IAssociation, IAsyncDisposable
{
    private readonly AssociationOptions _options;
    private readonly bool _isRequestor;
    private readonly IAssociationObserver? _observer;
    private readonly UpperLayerConnection _upper;
    private readonly DimseMessageReader _messages;
    private readonly PresentationContext?[] _contexts = new PresentationContext?[256];
    private IDimseHandler _handler = RefusingHandler.Instance;
    private int _fragmentBytesMax;

    public Association(
        IDuplexPipe transport,
        bool isRequestor,
        AssociationOptions options,
        TimeProvider time,
        IAssociationObserver? observer,
        Func<AAssociateRequest, AAssociateReject?>? rejectionByProvider = null
    )
    {
        _options = options;
        _isRequestor = isRequestor;
        _observer = observer;
        _messages = new DimseMessageReader(options.DimseLimits);
        _upper = new UpperLayerConnection(transport, isRequestor, options, time, observer)
        {
            PeerDueWithin = PeerDueWithin,
            RejectionByProvider = rejectionByProvider ?? (_ => null),
        };
    }

    /// <inheritdoc/>
    public AAssociateRequest Request { get; private set; } = new() { CalledAeTitle = "", CallingAeTitle = "" };

    /// <inheritdoc/>
    public IReadOnlyList<PresentationContext> PresentationContexts { get; private set; } = [];

    public UpperLayerConnection Upper => _upper;

    /// <summary>Nothing of the peer's is under way: no operation and no part of a message.</summary>
    public bool IsIdle => Volatile.Read(ref _performing) == 0 && _messages.IsBetweenMessages;

    /// <summary>The request is known, the contexts are not yet.</summary>
    public void Begin(AAssociateRequest request) => Request = request;

    /// <summary>The association is established.</summary>
    public void Establish(AAssociateAccept accept, IDimseHandler handler)
    {
        _handler = handler;
        PresentationContexts = NegotiatedContexts.Between(Request, accept);
        foreach (var context in PresentationContexts)
        {
            _contexts[context.Id] = context;
        }

        var peer = (_isRequestor ? accept.UserInformation : Request.UserInformation).PduLengthBytesMax;
        _fragmentBytesMax = NegotiatedContexts.FragmentBytesMax(peer, _options.PduLimits);
        var window = NegotiatedContexts.Window(accept);
        var invokedByRequestor = window.OperationsInvokedMax;
        var invokedByAcceptor = window.OperationsPerformedMax;
        OpenWindows(
            invoked: _isRequestor ? invokedByRequestor : invokedByAcceptor,
            performed: _isRequestor ? invokedByAcceptor : invokedByRequestor
        );
    }

    /// <summary>Receives until the association ends; never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var indication = await _upper.ReceiveAsync();
                switch (indication.Kind)
                {
                    case IndicationKind.Data:
                        await ReceiveAsync(indication.Piece);
                        break;
                    case IndicationKind.ReleaseRequested:
                        await FinishOperationsAsync();
                        await _upper.RespondReleaseAsync();
                        break;
                    default:
                        return;
                }
            }
        }
        catch (DicomProtocolException error)
        {
            await _upper.AbortAsync(error);
        }
        catch (Exception error) when (_upper.End is null)
        {
            await _upper.AbortAsync(new AssociationEnd(AssociationEndKind.LocalFault) { Error = error });
        }
        catch (Exception)
        {
            // The association is over already: what fell over it says nothing new.
        }
        finally
        {
            await EndOperationsAsync();
        }
    }

    /// <inheritdoc/>
    public void Abort()
    {
        if (_upper.End is null)
        {
            _ = _upper.AbortAsync(new AssociationEnd(AssociationEndKind.Aborted));
        }
        else
        {
            _upper.CloseSoon();
        }
    }

    /// <summary>Closes the connection in order.</summary>
    public async ValueTask DisposeAsync()
    {
        await _upper.CloseAsync();
        _messages.Dispose();
        _upper.Dispose();
        DisposeWindows();
    }

    private async ValueTask ReceiveAsync(PduPiece piece)
    {
        var context =
            _contexts[piece.ContextId]
            ?? throw new DicomProtocolException(
                _upper.Position,
                "PS3.8 9.3.5.1",
                $"presentation context {piece.ContextId} was not accepted"
            );
        switch (_messages.Feed(piece, _upper.Position))
        {
            case DimseStep.CommandComplete:
                var command = _messages.Command!;
                _observer?.MessageReceived(
                    command.Field,
                    command.MessageId ?? command.MessageIdBeingRespondedTo.GetValueOrDefault()
                );
                await BeginMessageAsync(command, context);
                if (!command.HasDataSet)
                {
                    await EndMessageAsync(command, context);
                }

                break;
            case DimseStep.DataSetContinues:
                await TakeDataAsync(piece.Bytes);
                break;
            case DimseStep.DataSetComplete:
                await TakeDataAsync(piece.Bytes);
                await EndMessageAsync(_messages.Command!, context);
                break;
        }
    }

    private TimeSpan? PeerDueWithin()
    {
        if (Volatile.Read(ref _awaited) > 0)
        {
            return _options.Timers.Response;
        }

        var acceptorIsIdle = !_isRequestor && Volatile.Read(ref _performing) == 0;
        return acceptorIsIdle || !_messages.IsBetweenMessages ? _options.Timers.Idle : null;
    }
}
