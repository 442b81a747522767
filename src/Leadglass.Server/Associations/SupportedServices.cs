using System.Collections.Frozen;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Server.Associations;

/// <summary>
/// What the archive takes in a presentation context, as the conformance statement lists it. Rights are not decided here:
/// a device that lacks one is told so by the status of the operation, and the trail by the policy.
/// </summary>
internal sealed class SupportedServices
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

    private readonly FrozenSet<string> _privateClasses;

    public SupportedServices(IEnumerable<string> privateStorageClasses) =>
        _privateClasses = privateStorageClasses.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Answers what a device proposes.</summary>
    public AssociationDecision.Accepted Answer(AAssociateRequest request, Device device)
    {
        var named = request
            .UserInformation.CommonExtendedNegotiations.Where(one => one.ServiceClassUid == StorageServiceClass)
            .Select(one => one.SopClassUid)
            .ToHashSet(StringComparer.Ordinal);
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
                .. request.UserInformation.ExtendedNegotiations.SelectMany(one =>
                    Extended(one.SopClassUid) is { } answer
                        ? new[] { one with { ServiceClassApplicationInformation = answer } }
                        : []
                ),
            ],
        };
    }

    /// <summary>PS3.4 C.5.1.1, C.5.2.1 and C.5.3.1: relational queries and retrievals, and nothing else that is optional.</summary>
    private static byte[]? Extended(string sopClassUid) =>
        sopClassUid switch
        {
            PatientRootFind or StudyRootFind => [1, 0, 0, 0, 0],
            PatientRootMove or StudyRootMove or PatientRootGet or StudyRootGet => [1, 0],
            _ => null,
        };

    private bool IsStorage(string uid, HashSet<string> named) =>
        UidRegistry.StorageScopeOf(uid) switch
        {
            StorageScope.PatientStudy => true,
            StorageScope.NonPatient => false,
            _ => _privateClasses.Contains(uid) || (named.Contains(uid) && UidRegistry.Find(uid) is null),
        };
}
