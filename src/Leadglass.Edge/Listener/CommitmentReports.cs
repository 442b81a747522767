using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>
/// Brings results of storage commitment to scanners (PS3.4 J.3.3): on an association of the scanner that stands, else on one
/// of our own to where it listens. The archive keeps a result until it was delivered, so nothing is kept here.
/// </summary>
internal sealed class CommitmentReports(
    EdgeIdentity identity,
    ScannerDirectory scanners,
    TimeProvider clock,
    EdgeLog log
)
{
    /// <summary>Action Type ID of a request (PS3.4 J.3.2.1).</summary>
    public const ushort RequestAction = 1;

    private const int InstancesMax = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly SopClassUid SopClass = SopClassUid.Parse(OfferedServices.StorageCommitment);

    private readonly Lock _gate = new();
    private readonly List<Live> _live = [];
    private DateTimeOffset _expected;

    /// <summary>The well-known instance that requests and reports are about (PS3.4 J.3.5).</summary>
    public static SopInstanceUid Instance { get; } = SopInstanceUid.Parse("1.2.840.10008.1.20.1.1");

    /// <summary>A scanner waits for a result: the archive is asked more often for a while.</summary>
    public bool IsExpecting
    {
        get
        {
            lock (_gate)
            {
                return clock.GetUtcNow() - _expected < Patience;
            }
        }
    }

    /// <summary>Whether a request is what PS3.4 Table J.3-1 says, as far as can be told without the archive.</summary>
    public static bool IsRequest(DataSet information) =>
        information.GetString(DicomTag.TransactionUID) is { } transaction
        && SopInstanceUid.TryParse(transaction, out _)
        && information.GetItems(DicomTag.ReferencedSOPSequence).Count is > 0 and <= InstancesMax;

    /// <summary>A request is in the queue.</summary>
    public void Expect(string scanner)
    {
        _ = scanner;
        lock (_gate)
        {
            _expected = clock.GetUtcNow();
        }
    }

    /// <summary>An association stands.</summary>
    public void Add(IAssociation association, string scanner, AeTitle title)
    {
        lock (_gate)
        {
            _live.Add(new Live(association, scanner, title));
        }
    }

    /// <summary>An association has ended.</summary>
    public void Remove(IAssociation association)
    {
        lock (_gate)
        {
            _live.RemoveAll(live => live.Association == association);
        }
    }

    /// <summary>Delivers one result; false when it has to wait.</summary>
    public async Task<bool> DeliverAsync(CommitmentAnswer answer, CancellationToken cancel)
    {
        if (scanners.Find(answer.Scanner) is not { } scanner || !AeTitle.TryParse(answer.AeTitle, out var title))
        {
            // It is not listed any more: nobody may get it.
            return true;
        }

        DataSet information;
        try
        {
            information = DataSetReader.Read(answer.Information, TransferSyntax.ExplicitVrLittleEndian);
        }
        catch (DicomFormatException)
        {
            return true;
        }

        foreach (var association in Standing(scanner.Name, title))
        {
            try
            {
                var status = await association.SendEventReportAsync(
                    SopClass,
                    Instance,
                    answer.EventType,
                    information,
                    cancel
                );
                if (status.IsSuccess)
                {
                    return true;
                }
            }
            catch (AssociationEndedException)
            {
                // The next one, or a call.
            }
        }

        return scanner.ListensAt is { } address
            && await CallAsync(scanner, address, title, answer, information, cancel);
    }

    private List<IAssociation> Standing(string scanner, AeTitle title)
    {
        lock (_gate)
        {
            return
            [
                .. _live
                    .Where(live =>
                        live.Scanner == scanner
                        && live.Title == title
                        && live.Association.PresentationContexts.Any(context =>
                            context.AbstractSyntaxUid == OfferedServices.StorageCommitment && context.RequestorIsScu
                        )
                    )
                    .Select(live => live.Association),
            ];
        }
    }

    private async Task<bool> CallAsync(
        ScannerEntry scanner,
        string address,
        AeTitle title,
        CommitmentAnswer answer,
        DataSet information,
        CancellationToken cancel
    )
    {
        try
        {
            await using var transport = await ScannerTransport.DialAsync(address, cancel);
            var result = await DicomClientAssociation.ConnectAsync(
                transport,
                new RequestorOptions
                {
                    CallingAeTitle = identity.AeTitle,
                    CalledAeTitle = title,
                    PresentationContexts =
                    [
                        new ProposedPresentationContext(
                            1,
                            OfferedServices.StorageCommitment,
                            [TransferSyntax.ExplicitVrLittleEndian.Uid, TransferSyntax.ImplicitVrLittleEndian.Uid]
                        ),
                    ],
                    // PS3.4 J.3.3: on a reversed association the requestor is the SCP.
                    RoleSelections = [new RoleSelection(OfferedServices.StorageCommitment, false, true)],
                },
                clock,
                cancellationToken: cancel
            );
            if (result.Association is not { } association)
            {
                log.CommitmentUndelivered(scanner.Name, "no association");
                return false;
            }

            await using (association)
            {
                var status = await association.SendEventReportAsync(
                    SopClass,
                    Instance,
                    answer.EventType,
                    information,
                    cancel
                );
                await association.ReleaseAsync(cancel);
                return status.IsSuccess;
            }
        }
        catch (Exception failure)
            when (failure
                    is SocketException
                        or IOException
                        or AssociationEndedException
                        or InvalidOperationException
                        or OperationCanceledException
            )
        {
            cancel.ThrowIfCancellationRequested();
            log.CommitmentUndelivered(scanner.Name, failure.GetType().Name);
            return false;
        }
    }

    private sealed record Live(IAssociation Association, string Scanner, AeTitle Title);
}
