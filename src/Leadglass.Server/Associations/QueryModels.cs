using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Server.Associations;

/// <summary>Which information model a query or retrieve SOP class stands for, and what was negotiated for it.</summary>
internal static class QueryModels
{
    // PS3.4 C.5.1.1: places in the application information of extended negotiation.
    private const int RelationalByte = 0;
    private const int CombinedDateTimeByte = 1;

    /// <summary>The request of an operation.</summary>
    public static SearchRequest RequestOf(
        SopClassUid sopClass,
        DataSet identifier,
        IReadOnlyList<ExtendedNegotiation> negotiated
    )
    {
        var information =
            negotiated.FirstOrDefault(one => one.SopClassUid == sopClass.Value)?.ServiceClassApplicationInformation
            ?? ReadOnlyMemory<byte>.Empty;
        return new SearchRequest
        {
            Model = sopClass.Value
                is SupportedServices.PatientRootFind
                    or SupportedServices.PatientRootMove
                    or SupportedServices.PatientRootGet
                ? QueryModel.PatientRoot
                : QueryModel.StudyRoot,
            Identifier = identifier,
            IsRelational = IsSet(information, RelationalByte),
            CombinesDateAndTime = IsSet(information, CombinedDateTimeByte),
        };
    }

    /// <summary>
    /// What is answered to an extended negotiation: relational queries and retrievals, and combined date and time, when
    /// they are asked for; nothing else that is optional.
    /// </summary>
    public static ExtendedNegotiation? Answer(ExtendedNegotiation proposed)
    {
        var information = proposed.ServiceClassApplicationInformation;
        return proposed.SopClassUid switch
        {
            SupportedServices.PatientRootFind or SupportedServices.StudyRootFind => proposed with
            {
                ServiceClassApplicationInformation = new byte[]
                {
                    Flag(information, RelationalByte),
                    Flag(information, CombinedDateTimeByte),
                    0,
                    0,
                    0,
                },
            },
            SupportedServices.PatientRootMove
            or SupportedServices.StudyRootMove
            or SupportedServices.PatientRootGet
            or SupportedServices.StudyRootGet => proposed with
            {
                ServiceClassApplicationInformation = new byte[] { Flag(information, RelationalByte), 0 },
            },
            _ => null,
        };
    }

    private static bool IsSet(ReadOnlyMemory<byte> information, int place) =>
        place < information.Length && information.Span[place] == 1;

    private static byte Flag(ReadOnlyMemory<byte> information, int place) =>
        IsSet(information, place) ? (byte)1 : (byte)0;
}
