using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>What a probe proposes, by the rungs that it is going to climb.</summary>
internal static class ProbeProposal
{
    public const string Verification = "1.2.840.10008.1.1";
    public const string StudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
    public const string StudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";
    public const string PatientRootFind = "1.2.840.10008.5.1.4.1.2.1.1";
    public const string PatientRootGet = "1.2.840.10008.5.1.4.1.2.1.3";

    /// <summary>CT Image Storage: a requestor of C-GET offers to receive at least one storage SOP class (PS3.4 C.5.3).</summary>
    public const string StorageAsReceiver = "1.2.840.10008.5.1.4.1.1.2";

    /// <summary>
    /// Secondary Capture Image Storage, in the role that a sender has. Nothing is ever sent: whether a stranger might is told
    /// by whether it is accepted.
    /// </summary>
    public const string StorageAsSender = "1.2.840.10008.5.1.4.1.1.7";

    /// <summary>A SOP class that nobody has: only a server that accepts whatever it is asked for accepts it.</summary>
    public const string Invented = "2.25.81418147040892914419965252138025191627";

    public const string ImplicitVrLittleEndian = "1.2.840.10008.1.2";
    public const string ExplicitVrLittleEndian = "1.2.840.10008.1.2.1";

    private static readonly string[] Syntaxes = [ExplicitVrLittleEndian, ImplicitVrLittleEndian];

    /// <summary>The request for the rungs up to the highest; a device is asked for verification only.</summary>
    public static AAssociateRequest UpTo(Rung highest, string calling, string called)
    {
        var classes = new List<string> { Verification };
        if (highest >= Rung.NullQuery)
        {
            classes.AddRange([StudyRootFind, PatientRootFind, StorageAsSender]);
        }

        if (highest >= Rung.NullRetrieve)
        {
            classes.AddRange([StudyRootGet, PatientRootGet, StorageAsReceiver]);
        }

        if (highest >= Rung.Echo)
        {
            classes.Add(Invented);
        }

        return Of(classes, calling, called);
    }

    /// <summary>The request for queries by study alone.</summary>
    public static AAssociateRequest ForCounting(string calling, string called) => Of([StudyRootFind], calling, called);

    private static AAssociateRequest Of(List<string> classes, string calling, string called) =>
        new()
        {
            CallingAeTitle = calling,
            CalledAeTitle = called,
            PresentationContexts =
            [
                .. classes.Select(
                    (uid, index) => new ProposedPresentationContext((byte)((2 * index) + 1), uid, Syntaxes)
                ),
            ],
            UserInformation = new UserInformation
            {
                PduLengthBytesMax = 32 * 1024,
                ImplementationClassUid = Leadglass.Dicom.FileMetaInformation.ImplementationClassUid,
                ImplementationVersionName = Leadglass.Dicom.FileMetaInformation.ImplementationVersionName,
                RoleSelections = classes.Contains(StorageAsReceiver)
                    ? [new RoleSelection(StorageAsReceiver, RequestorIsScu: false, RequestorIsScp: true)]
                    : [],
            },
        };
}
