using System.Collections.Immutable;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;

namespace Leadglass.Server.Associations;

/// <summary>The data sets of the Storage Commitment Push Model (PS3.4 J.3).</summary>
internal static class CommitmentReport
{
    /// <summary>Action Type ID of a request (PS3.4 J.3.2.1).</summary>
    public const ushort RequestAction = 1;

    /// <summary>Event Type ID: all were committed (PS3.4 J.3.3.1).</summary>
    public const ushort AllCommitted = 1;

    /// <summary>Event Type ID: some were not (PS3.4 J.3.3.1).</summary>
    public const ushort SomeFailed = 2;

    /// <summary>The well-known instance that requests and reports are about (PS3.4 J.3.5).</summary>
    public static SopInstanceUid Instance { get; } = SopInstanceUid.Parse("1.2.840.10008.1.20.1.1");

    /// <summary>Reads a request; null when it is not what PS3.4 Table J.3-1 says.</summary>
    public static PendingCommitment? Read(DataSet information, string device, string callingTitle, DateTimeOffset now)
    {
        var items = information.GetItems(DicomTag.ReferencedSOPSequence);
        if (
            information.GetString(DicomTag.TransactionUID) is not { } transaction
            || !SopInstanceUid.TryParse(transaction, out _)
            || items.Count is 0 or > StorageCommitment.InstancesMax
        )
        {
            return null;
        }

        var instances = ImmutableArray.CreateBuilder<PendingInstance>(items.Count);
        foreach (var item in items)
        {
            if (
                !SopClassUid.TryParse(item.GetString(DicomTag.ReferencedSOPClassUID), out var sopClass)
                || !SopInstanceUid.TryParse(item.GetString(DicomTag.ReferencedSOPInstanceUID), out var sopInstance)
            )
            {
                return null;
            }

            instances.Add(new PendingInstance(sopClass.Value, sopInstance.Value));
        }

        return new PendingCommitment(device, callingTitle, transaction, now, instances.MoveToImmutable());
    }

    /// <summary>Looks every instance up and writes the report.</summary>
    public static async Task<(ushort EventType, DataSet Information)> MakeAsync(
        ImageArchive archive,
        AccessGrant grant,
        PendingCommitment pending,
        CancellationToken cancel
    )
    {
        var answers = await archive.Commitment.CheckAsync(
            grant,
            [
                .. pending.Instances.Select(one => new ReferencedInstance(
                    SopClassUid.Parse(one.SopClass),
                    SopInstanceUid.Parse(one.SopInstance)
                )),
            ],
            cancel
        );
        var committed = answers.Where(answer => answer.Failure is null).Select(Item).ToList();
        var failed = answers.Where(answer => answer.Failure is not null).Select(Item).ToList();
        var information = new DataSet();
        information.SetString(DicomTag.TransactionUID, pending.TransactionUid);
        if (committed.Count > 0)
        {
            information.SetItems(DicomTag.ReferencedSOPSequence, committed);
        }

        if (failed.Count > 0)
        {
            information.SetItems(DicomTag.FailedSOPSequence, failed);
        }

        return (failed.Count > 0 ? SomeFailed : AllCommitted, information);
    }

    private static DataSet Item(CommitmentAnswer answer)
    {
        var item = new DataSet();
        item.SetString(DicomTag.ReferencedSOPClassUID, answer.Instance.SopClass.Value);
        item.SetString(DicomTag.ReferencedSOPInstanceUID, answer.Instance.SopInstance.Value);
        if (answer.Failure is { } failure)
        {
            item.SetUInt16(DicomTag.FailureReason, (ushort)failure);
        }

        return item;
    }
}
