using System.Collections.Frozen;
using System.Collections.Immutable;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Server.Associations;

/// <summary>
/// What the archive takes in a presentation context, as the conformance statement lists it. Rights are not decided here:
/// a device that lacks one is told so by the status of the operation, and the trail by the policy.
/// </summary>
internal sealed class SupportedServices(InstanceIngest ingest)
{
    public const string Verification = "1.2.840.10008.1.1";
    public const string StorageCommitment = "1.2.840.10008.1.20.1";
    public const string PatientRootFind = "1.2.840.10008.5.1.4.1.2.1.1";
    public const string PatientRootMove = "1.2.840.10008.5.1.4.1.2.1.2";
    public const string PatientRootGet = "1.2.840.10008.5.1.4.1.2.1.3";
    public const string StudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
    public const string StudyRootMove = "1.2.840.10008.5.1.4.1.2.2.2";
    public const string StudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";

    // PS3.4 B.3.1: the service class that common extended negotiation names.
    private const string StorageServiceClass = "1.2.840.10008.4.2";

    private static readonly FrozenSet<TransferSyntax> Storable = TransferSyntax
        .All.Where(syntax => syntax.IsStorable)
        .ToFrozenSet();

    private static readonly FrozenSet<TransferSyntax> Native = TransferSyntax
        .All.Where(syntax => syntax.IsConvertible)
        .ToFrozenSet();

    private static readonly FrozenSet<string> Messages = new[]
    {
        Verification,
        StorageCommitment,
        PatientRootFind,
        PatientRootMove,
        PatientRootGet,
        StudyRootFind,
        StudyRootMove,
        StudyRootGet,
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Answers what a device proposes.</summary>
    public AssociationDecision.Accepted Answer(AAssociateRequest request, Device device)
    {
        var named = NamedStorageClasses(request);
        var stored = new AcceptedAbstractSyntax(
            Storable,
            RequestorMayBeScu: true,
            RequestorMayBeScp: device.Allows(Operation.Retrieve)
        );
        var message = new AcceptedAbstractSyntax(Native);
        var accepted = TransferSyntaxChoice.Negotiate(
            request,
            uid =>
                Messages.Contains(uid) ? message
                : IsStorage(uid, named) ? stored
                : null
        );
        return accepted with
        {
            ExtendedNegotiations =
            [
                .. request
                    .UserInformation.ExtendedNegotiations.Select(QueryModels.Answer)
                    .OfType<ExtendedNegotiation>(),
            ],
        };
    }

    /// <summary>SOP classes that the peer says are of the storage service (PS3.7 D.3.3.6).</summary>
    public static ImmutableArray<string> NamedStorageClasses(AAssociateRequest request) =>
        [
            .. request
                .UserInformation.CommonExtendedNegotiations.Where(one => one.ServiceClassUid == StorageServiceClass)
                .Select(one => one.SopClassUid),
        ];

    private bool IsStorage(string uid, IReadOnlyCollection<string> named) =>
        SopClassUid.TryParse(uid, out var sopClass) && ingest.CanStore(sopClass, named);
}
