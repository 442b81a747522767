using System.Buffers;
using System.Net;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Edge;
using Leadglass.Server.Associations;
using CommitmentAnswer = Leadglass.Edge.CommitmentAnswer;

namespace Leadglass.Server.Edges;

/// <summary>Answers the control messages of one edge (docs/edge.md).</summary>
internal sealed class EdgeControl(ArchiveHost host, ServerLog log, DeviceIdentity edge)
{
    // In base64 these are a third longer, and have to stay within WireJson.MessageBytesMax.
    private const int AnswerBytesMax = 1_400_000;
    private const int CertificatesMax = 8;
    private const int CountMax = 1_000_000;

    /// <summary>Answers one message.</summary>
    public async ValueTask<ActionReply> AnswerAsync(
        ushort action,
        DataSet? information,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return action switch
            {
                EdgeServices.ReportAction => TakeReport(WireJson.FromDataSet(information, WireJson.Default.EdgeReport)),
                EdgeServices.RenewAction => await RenewAsync(
                    WireJson.FromDataSet(information, WireJson.Default.CertificateRenewal),
                    cancellationToken
                ),
                EdgeServices.CommitmentAction => await AnswerCommitmentsAsync(
                    WireJson.FromDataSet(information, WireJson.Default.CommitmentInquiry),
                    cancellationToken
                ),
                _ => new ActionReply(DimseStatus.NoSuchActionType),
            };
        }
        catch (EdgeWireException)
        {
            return new ActionReply(DimseStatus.InvalidArgumentValue);
        }
    }

    private ActionReply TakeReport(EdgeReport report)
    {
        if (report is not { Queue: not null, Refusals.Count: <= EdgeReport.RefusalsMax })
        {
            return new ActionReply(DimseStatus.InvalidArgumentValue);
        }

        if (host.EdgeStates.Note(edge.Name, report))
        {
            host.Policy.NoteRefusedAtEdge(edge, report.Refusals.OfType<EdgeRefusal>().Select(Refusal));
        }

        var scanners = EdgeScanners.Of(host, edge.Name);
        return Reply(
            new EdgeInstructions(
                scanners.Digest == report.ScannersDigest ? null : scanners,
                host.Archive.CommitmentResults.Pending.Any(IsOwed)
            ),
            WireJson.Default.EdgeInstructions
        );
    }

    private async ValueTask<ActionReply> RenewAsync(CertificateRenewal renewal, CancellationToken cancellationToken)
    {
        try
        {
            var issued = host.Authority.IssueDevice(edge.Name, host: null, renewal.SigningRequest ?? "");
            await host.Policy.RecordRenewedAsync(edge, cancellationToken);
            await host.Devices.ChangeAsync(
                edge.Name,
                device =>
                    device.Enabled
                    && device.Certificates.Any(held => held.Fingerprint == edge.Fingerprint && !held.IsRevoked)
                        ? device with
                        {
                            Certificates = [.. Kept(device), issued.Certificate],
                        }
                        : throw new EnrolmentException("it was shut out meanwhile"),
                cancellationToken
            );
            return Reply(
                new RenewedCertificate(issued.CertificatePem, host.Authority.CertificatePem),
                WireJson.Default.RenewedCertificate
            );
        }
        catch (EnrolmentException refused)
        {
            log.EdgeRenewalRefused(edge.Name, refused.Message);
            return new ActionReply(DimseStatus.InvalidArgumentValue);
        }
        catch (TrailUnavailableException)
        {
            return new ActionReply(DimseStatus.ProcessingFailure);
        }
    }

    /// <summary>
    /// Certificates that go on beside a new one: the one in use, and the latest; what has ended is forgotten. An edge that
    /// renews without end loses its oldest, and with it the associations that are up.
    /// </summary>
    private IEnumerable<DeviceCertificate> Kept(Device device)
    {
        var now = host.Clock.GetUtcNow();
        return device
            .Certificates.Where(held => held.IsRevoked || held.NotAfter > now)
            .OrderBy(held => held.Fingerprint == edge.Fingerprint ? 0 : 1)
            .ThenByDescending(held => held.NotBefore)
            .Take(CertificatesMax)
            .OrderBy(held => held.NotBefore);
    }

    private async ValueTask<ActionReply> AnswerCommitmentsAsync(
        CommitmentInquiry inquiry,
        CancellationToken cancellationToken
    )
    {
        if (
            inquiry
            is not {
                Delivered.Count: <= CommitmentInquiry.DeliveredMax,
                Waiting.Count: <= CommitmentInquiry.DeliveredMax
            }
        )
        {
            return new ActionReply(DimseStatus.InvalidArgumentValue);
        }

        var delivered = inquiry.Delivered.ToHashSet();
        foreach (var pending in host.Archive.CommitmentResults.Pending.Where(IsOwed))
        {
            if (delivered.Contains(pending.Request!.Value))
            {
                host.Archive.CommitmentResults.Remove(pending);
            }
        }

        var waiting = inquiry.Waiting.ToHashSet();
        var answers = new List<CommitmentAnswer>();
        var bytes = 0;
        foreach (var pending in host.Archive.CommitmentResults.Pending.Where(IsOwed))
        {
            if (
                waiting.Contains(pending.Request!.Value)
                || await AnswerAsync(pending, cancellationToken) is not { } answer
            )
            {
                continue;
            }

            bytes += answer.Information.Length;
            if (answers.Count > 0 && bytes > AnswerBytesMax)
            {
                break;
            }

            answers.Add(answer);
        }

        return Reply(new CommitmentAnswers(answers), WireJson.Default.CommitmentAnswers);
    }

    /// <summary>The result of one request; null while its device is shut out.</summary>
    private async ValueTask<CommitmentAnswer?> AnswerAsync(
        PendingCommitment pending,
        CancellationToken cancellationToken
    )
    {
        if (
            host.Policy.IdentifyBehind(edge, pending.Device, source: null)
                is not Identification.Known { Identity: var device }
            || host.Policy.Decide(device, Operation.Store) is not AccessDecision.Granted { Grant: var grant }
        )
        {
            return null;
        }

        var (type, information) = await CommitmentReport.MakeAsync(host.Archive, grant, pending, cancellationToken);
        var encoded = new ArrayBufferWriter<byte>();
        DataSetWriter.Write(information, TransferSyntax.ExplicitVrLittleEndian, encoded);
        return new CommitmentAnswer(
            pending.Request!.Value,
            pending.Device,
            pending.CallingAeTitle,
            type,
            encoded.WrittenSpan.ToArray()
        );
    }

    private bool IsOwed(PendingCommitment pending) =>
        pending.Request is not null && string.Equals(pending.Through, edge.Name, StringComparison.OrdinalIgnoreCase);

    private static RefusedAtEdge Refusal(EdgeRefusal refusal)
    {
        _ = IPAddress.TryParse(refusal.Source, out var source);
        return new RefusedAtEdge(
            refusal.Scanner,
            AeTitle.TryParse(refusal.AeTitle, out var title) ? title : null,
            source,
            refusal.Reason switch
            {
                EdgeRefusalReason.AddressNotListed => RefusalReason.SourceNotListed,
                EdgeRefusalReason.AeTitleNotListed => RefusalReason.CallingAeTitleMismatch,
                EdgeRefusalReason.ServiceNotAllowed => RefusalReason.RightMissing,
                EdgeRefusalReason.TooManyConnections => RefusalReason.TooManyAtOnce,
                _ => RefusalReason.WrongProtocol,
            },
            (int)Math.Clamp(refusal.Count, 1, CountMax),
            refusal.Minute
        );
    }

    private static ActionReply Reply<T>(T message, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        new(DimseStatus.Success, WireJson.ToDataSet(message, type));
}
