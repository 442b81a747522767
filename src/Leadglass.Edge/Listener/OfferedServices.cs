using System.Collections.Frozen;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>What an edge takes in a presentation context from one scanner.</summary>
internal static class OfferedServices
{
    public const string StorageCommitment = "1.2.840.10008.1.20.1";

    // PS3.4 B.3.1: the service class that common extended negotiation names.
    private const string StorageServiceClass = "1.2.840.10008.4.2";

    private static readonly FrozenSet<TransferSyntax> Storable = TransferSyntax
        .All.Where(syntax => syntax.IsStorable)
        .ToFrozenSet();

    private static readonly FrozenSet<TransferSyntax> Native = TransferSyntax
        .All.Where(syntax => syntax.IsConvertible)
        .ToFrozenSet();

    private static readonly FrozenDictionary<string, ScannerService?> Messages = new Dictionary<string, ScannerService?>
    {
        [SopClasses.Verification] = null,
        [StorageCommitment] = ScannerService.Store,
        [LivePassage.PatientRootFind] = ScannerService.Query,
        [LivePassage.StudyRootFind] = ScannerService.Query,
        [LivePassage.PatientRootMove] = ScannerService.Retrieve,
        [LivePassage.StudyRootMove] = ScannerService.Retrieve,
        [LivePassage.PatientRootGet] = ScannerService.Retrieve,
        [LivePassage.StudyRootGet] = ScannerService.Retrieve,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Answers a request of a listed scanner.</summary>
    /// <param name="lacksRight">It asked for a service that it may not use.</param>
    public static AssociationDecision.Accepted Answer(
        AAssociateRequest request,
        ScannerEntry scanner,
        IReadOnlyCollection<string> privateSopClasses,
        out bool lacksRight
    )
    {
        var isRefused = false;
        var named = NamedStorageClasses(request);
        var accepted = TransferSyntaxChoice.Negotiate(
            request,
            uid =>
            {
                if (Messages.TryGetValue(uid, out var service))
                {
                    return service is { } needed && !scanner.Allows(needed) ? Refuse() : new(Native);
                }

                if (!IsStorage(uid, named, privateSopClasses))
                {
                    return null;
                }

                var (stores, retrieves) = (
                    scanner.Allows(ScannerService.Store),
                    scanner.Allows(ScannerService.Retrieve)
                );
                return stores || retrieves
                    ? new(Storable, RequestorMayBeScu: stores, RequestorMayBeScp: retrieves)
                    : Refuse();
            }
        );
        lacksRight = isRefused;
        return accepted;

        AcceptedAbstractSyntax? Refuse()
        {
            isRefused = true;
            return null;
        }
    }

    /// <summary>SOP classes that the scanner says are of the storage service (PS3.7 D.3.3.6).</summary>
    public static IReadOnlyList<string> NamedStorageClasses(AAssociateRequest request) =>
        [
            .. request
                .UserInformation.CommonExtendedNegotiations.Where(one => one.ServiceClassUid == StorageServiceClass)
                .Select(one => one.SopClassUid),
        ];

    /// <summary>The same rule as the archive's, which has the last word when it opens the envelope.</summary>
    private static bool IsStorage(
        string uid,
        IReadOnlyCollection<string> named,
        IReadOnlyCollection<string> privateSopClasses
    ) =>
        UidRegistry.StorageScopeOf(uid) switch
        {
            StorageScope.PatientStudy => true,
            StorageScope.NonPatient => false,
            _ => privateSopClasses.Contains(uid) || (UidRegistry.Find(uid) is null && named.Contains(uid)),
        };
}
