using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Leadglass.Dicom.Network;

/// <summary>
/// An association that this side asked for. Operations may be invoked from several threads; beyond the negotiated window
/// they wait for each other. Cancelling C-FIND, C-GET or C-MOVE sends C-CANCEL and awaits the final response, which is then
/// FE00; a C-STORE that has begun is finished; cancelling any other while its response is awaited aborts the association.
/// </summary>
public sealed class DicomClientAssociation : IAsyncDisposable
{
    private readonly Association _association;
    private readonly Task _running;

    private DicomClientAssociation(Association association, AAssociateAccept accept, IDimseHandler handler)
    {
        _association = association;
        Accept = accept;
        association.Establish(accept, handler);
        _running = association.RunAsync();
    }

    /// <summary>What the peer answered.</summary>
    public AAssociateAccept Accept { get; }

    /// <summary>The accepted contexts.</summary>
    public IReadOnlyList<PresentationContext> PresentationContexts => _association.PresentationContexts;

    /// <summary>How the association ended; null while it lives.</summary>
    public AssociationEnd? End => _association.Upper.End;

    /// <summary>Asks for an association over a connection that is open.</summary>
    /// <param name="transport">The connection; completed when the association is disposed of, or not established.</param>
    /// <param name="options">What to propose.</param>
    /// <param name="time">The clock of all timers.</param>
    /// <param name="handler">Takes what the peer invokes: C-STORE for C-GET, N-EVENT-REPORT.</param>
    /// <param name="observer">Sees what happens.</param>
    /// <param name="cancellationToken">Aborts the attempt.</param>
    public static async Task<ConnectResult> ConnectAsync(
        IDuplexPipe transport,
        RequestorOptions options,
        TimeProvider time,
        IDimseHandler? handler = null,
        IAssociationObserver? observer = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        var association = new Association(transport, isRequestor: true, options, time, observer);
        await using var registration = cancellationToken.Register(association.Abort);
        var request = RequestOf(options);
        association.Begin(request);
        try
        {
            await association.Upper.OpenAsync(request);
            var indication = await association.Upper.ReceiveAsync();
            if (indication.Pdu is AAssociateAccept accept)
            {
                CheckAcceptable(accept, association.Upper.Position);
                return new ConnectResult(
                    new DicomClientAssociation(association, accept, handler ?? RefusingHandler.Instance),
                    null
                );
            }
        }
        catch (AssociationEndedException)
        {
            // The end itself says how.
        }
        catch (DicomProtocolException error)
        {
            await association.Upper.AbortAsync(error);
        }

        var end = association.Upper.End!;
        await association.DisposeAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return new ConnectResult(null, end);
    }

    /// <summary>C-ECHO.</summary>
    public async Task<DimseStatus> EchoAsync(CancellationToken cancellationToken = default)
    {
        var context = ContextOf(SopClassUid.Parse(SopClasses.Verification));
        var command = new CommandSet
        {
            Field = CommandField.CEchoRequest,
            AffectedSopClassUid = context.AbstractSyntaxUid,
        };
        await using var invocation = await _association.InvokeAsync(command, context, null, cancellationToken);
        return (await invocation.NextAsync(cancellationToken)).Command.DimseStatus;
    }

    /// <summary>C-STORE; without an acceptable context the status is 0122 and nothing is sent.</summary>
    public async Task<DimseStatus> StoreAsync(
        IOutgoingInstance instance,
        AeTitle? moveOriginator = null,
        ushort? moveOriginatorMessageId = null,
        CancellationToken cancellationToken = default
    ) => await _association.StoreAsync(instance, moveOriginator, moveOriginatorMessageId, cancellationToken);

    /// <summary>C-FIND: matches as they come, then the final status. Leaving early sends C-CANCEL.</summary>
    public async IAsyncEnumerable<CFindResponse> FindAsync(
        SopClassUid sopClass,
        DataSet identifier,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var context = ContextOf(sopClass);
        var command = new CommandSet
        {
            Field = CommandField.CFindRequest,
            AffectedSopClassUid = sopClass.Value,
            Priority = DimsePriority.Medium,
        };
        await using var responses = await ResponsesAsync(command, context, identifier, cancellationToken);
        while (true)
        {
            var (response, dataSet) = await responses.NextAsync();
            var status = response.DimseStatus;
            if (!status.IsPending)
            {
                yield return CFindResponse.Final(status);
                yield break;
            }

            yield return CFindResponse.Match(
                _association.DecodeIdentifier(dataSet, context),
                status == DimseStatus.PendingWithUnsupportedKeys
            );
        }
    }

    /// <summary>C-GET: the instances come to the handler of this association.</summary>
    public Task<RetrieveOutcome> GetAsync(
        SopClassUid sopClass,
        DataSet identifier,
        IProgress<RetrieveProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        var command = new CommandSet
        {
            Field = CommandField.CGetRequest,
            AffectedSopClassUid = sopClass.Value,
            Priority = DimsePriority.Medium,
        };
        return RetrieveAsync(command, ContextOf(sopClass), identifier, progress, cancellationToken);
    }

    /// <summary>C-MOVE: the peer sends the instances to <paramref name="destination"/>.</summary>
    public Task<RetrieveOutcome> MoveAsync(
        SopClassUid sopClass,
        AeTitle destination,
        DataSet identifier,
        IProgress<RetrieveProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        var command = new CommandSet
        {
            Field = CommandField.CMoveRequest,
            AffectedSopClassUid = sopClass.Value,
            MoveDestination = destination.Value,
            Priority = DimsePriority.Medium,
        };
        return RetrieveAsync(command, ContextOf(sopClass), identifier, progress, cancellationToken);
    }

    /// <summary>N-ACTION whose reply does not matter.</summary>
    public async Task<DimseStatus> ActionAsync(
        SopClassUid sopClass,
        SopInstanceUid sopInstance,
        ushort actionTypeId,
        DataSet? information,
        CancellationToken cancellationToken = default
    ) => (await ActionWithReplyAsync(sopClass, sopInstance, actionTypeId, information, cancellationToken)).Status;

    /// <summary>N-ACTION and what it is answered.</summary>
    /// <exception cref="DicomFormatException">The reply is no data set.</exception>
    public async Task<ActionReply> ActionWithReplyAsync(
        SopClassUid sopClass,
        SopInstanceUid sopInstance,
        ushort actionTypeId,
        DataSet? information,
        CancellationToken cancellationToken = default
    )
    {
        var command = new CommandSet
        {
            Field = CommandField.NActionRequest,
            RequestedSopClassUid = sopClass.Value,
            RequestedSopInstanceUid = sopInstance.Value,
            ActionTypeId = actionTypeId,
        };
        var context = ContextOf(sopClass);
        await using var invocation = await _association.InvokeAsync(command, context, information, cancellationToken);
        var (response, dataSet) = await invocation.NextAsync(cancellationToken);
        return new ActionReply(
            response.DimseStatus,
            dataSet.IsEmpty ? null : _association.DecodeIdentifier(dataSet, context)
        );
    }

    /// <summary>N-EVENT-REPORT, where this side is the SCP by role selection.</summary>
    public Task<DimseStatus> SendEventReportAsync(
        SopClassUid sopClass,
        SopInstanceUid sopInstance,
        ushort eventTypeId,
        DataSet? information,
        CancellationToken cancellationToken = default
    ) => _association.SendEventReportAsync(sopClass, sopInstance, eventTypeId, information, cancellationToken);

    /// <summary>Whether an instance could be sent in one of the accepted contexts.</summary>
    public bool CanStore(IOutgoingInstance instance) => _association.FindStoreContext(instance) is not null;

    /// <summary>Releases the association when its operations have ended, and says how it ended.</summary>
    public async Task<AssociationEnd> ReleaseAsync(CancellationToken cancellationToken = default)
    {
        await using var registration = cancellationToken.Register(Abort);
        try
        {
            await _association.ReleaseAsync();
        }
        catch (AssociationEndedException)
        {
            // The end itself says how.
        }

        await _running;
        return End!;
    }

    /// <summary>Aborts the association at once.</summary>
    public void Abort() => _association.Abort();

    /// <summary>Aborts an association that was not released, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        Abort();
        await _running;
        await _association.DisposeAsync();
    }

    private static void CheckAcceptable(AAssociateAccept accept, long position)
    {
        if (!NegotiatedContexts.TakesEnough(accept.UserInformation))
        {
            throw new DicomProtocolException(
                position,
                "PS3.8 D.1",
                $"the peer takes PDUs of {accept.UserInformation.PduLengthBytesMax} bytes where at least {NegotiatedContexts.PduLengthBytesMin} make sense"
            );
        }
    }

    private static AAssociateRequest RequestOf(RequestorOptions options) =>
        new()
        {
            CalledAeTitle = options.CalledAeTitle.Value,
            CallingAeTitle = options.CallingAeTitle.Value,
            PresentationContexts = options.PresentationContexts.Count
                is >= 1
                    and <= PduConstants.PresentationContextsMax
                ? options.PresentationContexts
                : throw new ArgumentException(
                    $"{options.PresentationContexts.Count} presentation contexts where 1 to 128 can be proposed",
                    nameof(options)
                ),
            UserInformation = new UserInformation
            {
                PduLengthBytesMax = (uint)options.PduLimits.PDataTfLengthBytesMax,
                ImplementationClassUid = options.ImplementationClassUid,
                ImplementationVersionName = options.ImplementationVersionName,
                AsynchronousOperationsWindow =
                    options.OperationsInvokedMax > 1 ? new(options.OperationsInvokedMax, 1) : null,
                RoleSelections = options.RoleSelections,
                ExtendedNegotiations = options.ExtendedNegotiations,
                CommonExtendedNegotiations = options.CommonExtendedNegotiations,
                UserIdentity = options.UserIdentity,
            },
        };

    private PresentationContext ContextOf(SopClassUid sopClass) =>
        PresentationContexts.FirstOrDefault(context =>
            context.AbstractSyntaxUid == sopClass.Value && context.RequestorIsScu
        ) ?? throw new InvalidOperationException($"the peer accepted no presentation context for {sopClass}");

    private async Task<RetrieveOutcome> RetrieveAsync(
        CommandSet command,
        PresentationContext context,
        DataSet identifier,
        IProgress<RetrieveProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        await using var responses = await ResponsesAsync(command, context, identifier, cancellationToken);
        while (true)
        {
            var (response, dataSet) = await responses.NextAsync();
            var status = response.DimseStatus;
            var completed = response.CompletedSubOperations.GetValueOrDefault();
            var failed = response.FailedSubOperations.GetValueOrDefault();
            var warnings = response.WarningSubOperations.GetValueOrDefault();
            if (status.IsPending)
            {
                progress?.Report(new RetrieveProgress(response.RemainingSubOperations, completed, failed, warnings));
                continue;
            }

            var failedList = dataSet.IsEmpty
                ? []
                : _association.DecodeIdentifier(dataSet, context).GetStrings(DicomTag.FailedSOPInstanceUIDList);
            return new RetrieveOutcome(status, completed, failed, warnings, ParseInstances(failedList));
        }
    }

    private static List<SopInstanceUid> ParseInstances(IReadOnlyList<string> uids)
    {
        var instances = new List<SopInstanceUid>(uids.Count);
        foreach (var uid in uids)
        {
            if (SopInstanceUid.TryParse(uid, out var instance))
            {
                instances.Add(instance);
            }
        }

        return instances;
    }

    private async ValueTask<CancellableResponses> ResponsesAsync(
        CommandSet command,
        PresentationContext context,
        DataSet identifier,
        CancellationToken cancellationToken
    )
    {
        var invocation = await _association.InvokeAsync(command, context, identifier, cancellationToken);
        return new CancellableResponses(_association, invocation, cancellationToken);
    }
}
