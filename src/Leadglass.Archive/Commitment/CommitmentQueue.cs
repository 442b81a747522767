using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Commitment requests that were accepted and whose result was not delivered yet: kept sealed in <c>state/</c>, so that a
/// restart loses none.
/// </summary>
public sealed class CommitmentQueue
{
    /// <summary>Requests that may wait; more are refused.</summary>
    public const int RequestsMax = 1000;

    /// <summary>Requests of one device that may wait, so that one that never takes its results leaves room for others.</summary>
    public const int RequestsPerDeviceMax = 100;

    /// <summary>
    /// Instances in all waiting requests of one device: the file is written whole at each change. One request may have as
    /// many (<see cref="StorageCommitment.InstancesMax"/>).
    /// </summary>
    public const int InstancesPerDeviceMax = 100_000;

    /// <summary>Requests that may wait for all edges together; older ones make room.</summary>
    public const int RequestsOfEdgesMax = 500;

    private const string FileName = "commitments";
    private readonly IDurableFolder _state;
    private readonly MasterKey _master;
    private readonly Lock _gate = new();
    private ImmutableList<PendingCommitment> _pending;

    private CommitmentQueue(IDurableFolder state, MasterKey master, ImmutableList<PendingCommitment> pending) =>
        (_state, _master, _pending) = (state, master, pending);

    /// <summary>What waits, oldest first.</summary>
    public IReadOnlyList<PendingCommitment> Pending
    {
        get
        {
            lock (_gate)
            {
                return _pending;
            }
        }
    }

    /// <summary>Opens the queue of an archive.</summary>
    /// <exception cref="SealingException">The file is damaged or of another master key.</exception>
    public static async Task<CommitmentQueue> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        CancellationToken cancellationToken
    )
    {
        var content = await SealedFile.ReadAsync(state, FileName, master, cancellationToken);
        ImmutableList<PendingCommitment> pending = content is null
            ? []
            : JsonSerializer.Deserialize(content, CommitmentJson.Default.ImmutableListPendingCommitment) ?? [];
        return new CommitmentQueue(state, master, pending);
    }

    /// <summary>
    /// Keeps a request durably. One that came through an edge makes room for itself; of others: false if too many requests wait, or too many requests or instances of this device, or one
    /// of this device has this Transaction UID.
    /// </summary>
    /// <exception cref="DurableIOException">It could not be written.</exception>
    public bool TryAdd(PendingCommitment commitment)
    {
        lock (_gate)
        {
            if (commitment.Through is not null)
            {
                Save(WithRoom(commitment).Add(commitment));
                return true;
            }

            var ofDevice = _pending.FindAll(other => other.Device == commitment.Device);
            if (
                _pending.Count >= RequestsMax
                || ofDevice.Count >= RequestsPerDeviceMax
                || ofDevice.Sum(other => other.Instances.Length) > InstancesPerDeviceMax - commitment.Instances.Length
                || ofDevice.Exists(other => other.TransactionUid == commitment.TransactionUid)
            )
            {
                return false;
            }

            Save(_pending.Add(commitment));
            return true;
        }
    }

    /// <summary>
    /// What waits, less what makes room for a request that came through an edge: the same transaction asked for anew, and
    /// the oldest of its device, or of all edges. A device that never takes its results holds up neither its edge's queue
    /// nor others, and asks again for what it still wants to know.
    /// </summary>
    private ImmutableList<PendingCommitment> WithRoom(PendingCommitment commitment)
    {
        var kept = _pending.RemoveAll(other =>
            other.Device == commitment.Device && other.TransactionUid == commitment.TransactionUid
        );
        while (true)
        {
            var ofDevice = kept.FindAll(other => other.Device == commitment.Device);
            var ofEdges = kept.FindAll(other => other.Through is not null);
            var oldest =
                ofDevice.Count >= RequestsPerDeviceMax
                || ofDevice.Sum(other => other.Instances.Length) > InstancesPerDeviceMax - commitment.Instances.Length
                    ? ofDevice.FirstOrDefault()
                : ofEdges.Count >= RequestsOfEdgesMax ? ofEdges[0]
                : null;
            if (oldest is null)
            {
                return kept;
            }

            kept = kept.Remove(oldest);
        }
    }

    /// <summary>Notes a failed delivery.</summary>
    public void NoteAttempt(PendingCommitment commitment)
    {
        lock (_gate)
        {
            var place = _pending.IndexOf(commitment);
            if (place >= 0)
            {
                Save(_pending.SetItem(place, commitment with { Attempts = commitment.Attempts + 1 }));
            }
        }
    }

    /// <summary>Forgets a request: its result was delivered, or is given up.</summary>
    public void Remove(PendingCommitment commitment)
    {
        lock (_gate)
        {
            Save(
                _pending.RemoveAll(other =>
                    other.Device == commitment.Device && other.TransactionUid == commitment.TransactionUid
                )
            );
        }
    }

    private void Save(ImmutableList<PendingCommitment> pending)
    {
        SealedFile.Write(
            _state,
            FileName,
            _master,
            JsonSerializer.SerializeToUtf8Bytes(pending, CommitmentJson.Default.ImmutableListPendingCommitment)
        );
        _pending = pending;
    }
}

/// <summary>A commitment request whose result is owed.</summary>
/// <param name="Device">The device that asked, by name.</param>
/// <param name="CallingAeTitle">The AE title it asked with, to which the result goes.</param>
/// <param name="TransactionUid">Transaction UID (0008,1195).</param>
/// <param name="RequestedAt">When.</param>
/// <param name="Instances">What it asked for: SOP class and instance.</param>
public sealed record PendingCommitment(
    string Device,
    string CallingAeTitle,
    string TransactionUid,
    DateTimeOffset RequestedAt,
    ImmutableArray<PendingInstance> Instances
)
{
    /// <summary>Deliveries that failed.</summary>
    public int Attempts { get; init; }

    /// <summary>The edge's own id of the request, where it came through one.</summary>
    public Guid? Request { get; init; }

    /// <summary>The edge through which it came, and through which the result goes; null: none.</summary>
    public string? Through { get; init; }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => $"commitment of {Instances.Length} instances for {Device}";
}

/// <summary>SOP class and instance by UID.</summary>
public sealed record PendingInstance(string SopClass, string SopInstance)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "instance";
}

[JsonSerializable(typeof(ImmutableList<PendingCommitment>))]
internal sealed partial class CommitmentJson : JsonSerializerContext;
