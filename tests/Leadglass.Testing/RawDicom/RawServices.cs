namespace Leadglass.Testing.RawDicom;

/// <summary>An instance as it lies in a file or came over the wire.</summary>
public sealed record RawInstance(string SopClassUid, string SopInstanceUid, string TransferSyntax, byte[] DataSet);

/// <summary>How a C-GET or C-MOVE ended.</summary>
/// <param name="Completed">sub-operations, as the final response counts them</param>
public sealed record RawRetrieveResult(
    ushort Status,
    int Completed,
    int Failed,
    int Warning,
    byte[] FailedList,
    IReadOnlyList<RawInstance> Instances
);

/// <summary>The DIMSE services of PS3.7 as calls on a raw association.</summary>
public static class RawServices
{
    public const string Verification = "1.2.840.10008.1.1";
    public const string StorageCommitment = "1.2.840.10008.1.20.1";
    public const string StorageCommitmentInstance = "1.2.840.10008.1.20.1.1";
    public const string PatientRootFind = "1.2.840.10008.5.1.4.1.2.1.1";
    public const string PatientRootMove = "1.2.840.10008.5.1.4.1.2.1.2";
    public const string PatientRootGet = "1.2.840.10008.5.1.4.1.2.1.3";
    public const string StudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
    public const string StudyRootMove = "1.2.840.10008.5.1.4.1.2.2.2";
    public const string StudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";
    public const string ImplicitLittle = "1.2.840.10008.1.2";
    public const string ExplicitLittle = "1.2.840.10008.1.2.1";

    public static async Task<ushort> EchoAsync(this RawAssociation association)
    {
        var request = RawCommand.Request(0x0030, association.NextMessageId(), Verification, hasDataSet: false);
        await association.SendAsync(association.ContextFor(Verification), request);
        return (await association.ReceiveAsync()).Command.Status;
    }

    public static Task<ushort> StoreAsync(this RawAssociation association, RawInstance instance) =>
        association.StoreAsync(
            association.ContextFor(instance.SopClassUid, instance.TransferSyntax),
            instance.SopClassUid,
            instance.SopInstanceUid,
            new MemoryStream(instance.DataSet, writable: false)
        );

    public static async Task<ushort> StoreAsync(
        this RawAssociation association,
        byte contextId,
        string sopClassUid,
        string sopInstanceUid,
        Stream dataSet
    )
    {
        var request = RawCommand
            .Request(0x0001, association.NextMessageId(), sopClassUid, hasDataSet: true)
            .Set(0x0700, 0)
            .Set(0x1000, sopInstanceUid);
        await association.SendAsync(contextId, request, dataSet);
        return (await association.ReceiveAsync()).Command.Status;
    }

    /// <summary>C-FIND: the identifiers of the pending responses in their raw encoding, and the final status.</summary>
    public static async Task<(ushort Status, IReadOnlyList<byte[]> Identifiers)> FindAsync(
        this RawAssociation association,
        string model,
        byte[] identifier
    )
    {
        var request = RawCommand.Request(0x0020, association.NextMessageId(), model, hasDataSet: true).Set(0x0700, 0);
        await association.SendAsync(association.ContextFor(model), request, identifier);
        List<byte[]> identifiers = [];
        while (true)
        {
            var response = await association.ReceiveAsync();
            if (response.Command.Status is not (0xFF00 or 0xFF01))
            {
                return (response.Command.Status, identifiers);
            }

            identifiers.Add(response.DataSet);
        }
    }

    /// <summary>C-GET: takes the C-STORE sub-operations on this association and keeps their raw bytes.</summary>
    /// <param name="answer">the status to give each of them; success by default</param>
    public static async Task<RawRetrieveResult> GetAsync(
        this RawAssociation association,
        string model,
        byte[] identifier,
        Func<RawInstance, ushort>? answer = null
    )
    {
        var request = RawCommand.Request(0x0010, association.NextMessageId(), model, hasDataSet: true).Set(0x0700, 0);
        await association.SendAsync(association.ContextFor(model), request, identifier);
        List<RawInstance> instances = [];
        while (true)
        {
            var message = await association.ReceiveAsync();
            if (message.Command.Field == 0x0001)
            {
                var instance = InstanceOf(message);
                instances.Add(instance);
                var status = answer?.Invoke(instance) ?? 0;
                await association.SendAsync(message.ContextId, RawCommand.Response(message.Command, status));
            }
            else if (message.Command.Status != 0xFF00)
            {
                return Result(message, instances);
            }
        }
    }

    /// <summary>C-MOVE: the destination receives for itself.</summary>
    public static async Task<RawRetrieveResult> MoveAsync(
        this RawAssociation association,
        string model,
        string destination,
        byte[] identifier
    )
    {
        var request = RawCommand
            .Request(0x0021, association.NextMessageId(), model, hasDataSet: true)
            .Set(0x0700, 0)
            .Set(0x0600, destination);
        await association.SendAsync(association.ContextFor(model), request, identifier);
        while (true)
        {
            var message = await association.ReceiveAsync();
            if (message.Command.Status != 0xFF00)
            {
                return Result(message, []);
            }
        }
    }

    /// <summary>N-ACTION of the Storage Commitment Push Model (PS3.4 J.3.2): the status of the request.</summary>
    public static async Task<ushort> RequestCommitmentAsync(
        this RawAssociation association,
        string transactionUid,
        IEnumerable<RawInstance> instances
    )
    {
        var contextId = association.ContextFor(StorageCommitment);
        var request = RawCommand
            .Request(0x0130, association.NextMessageId(), StorageCommitment, hasDataSet: true)
            .Set(0x1001, StorageCommitmentInstance)
            .Set(0x1008, 1);
        var syntax = association.Contexts.First(c => c.Id == contextId).TransferSyntax;
        var action = new RawIdentifier()
            .Add(0x00081195, "UI", transactionUid)
            .AddSequence(
                0x00081199,
                instances.Select(i =>
                    new RawIdentifier().Add(0x00081150, "UI", i.SopClassUid).Add(0x00081155, "UI", i.SopInstanceUid)
                )
            );
        await association.SendAsync(contextId, request, action.ToBytes(syntax != ImplicitLittle));
        return (await association.ReceiveAsync()).Command.Status;
    }

    /// <summary>The instance in a C-STORE request.</summary>
    public static RawInstance InstanceOf(RawMessage message) =>
        new(
            message.Command.GetString(0x0002) ?? "",
            message.Command.GetString(0x1000) ?? "",
            message.TransferSyntax,
            message.DataSet
        );

    private static RawRetrieveResult Result(RawMessage message, IReadOnlyList<RawInstance> instances) =>
        new(
            message.Command.Status,
            message.Command.GetUInt16(0x1021) ?? 0,
            message.Command.GetUInt16(0x1022) ?? 0,
            message.Command.GetUInt16(0x1023) ?? 0,
            message.DataSet,
            instances
        );
}
