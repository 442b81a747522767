using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace Leadglass.Exposure;

/// <summary>Identifiers that nobody's records match, drawn afresh for every message.</summary>
internal static class NullKeys
{
    public const uint StudyDate = 0x0008_0020;
    public const uint QueryRetrieveLevel = 0x0008_0052;
    public const uint ModalitiesInStudy = 0x0008_0061;
    public const uint PatientName = 0x0010_0010;
    public const uint PatientId = 0x0010_0020;
    public const uint PatientBirthDate = 0x0010_0030;
    public const uint StudyInstanceUid = 0x0020_000D;
    public const uint NumberOfStudyRelatedInstances = 0x0020_1208;

    /// <summary>The key of a study root: a Study Instance UID.</summary>
    public static IReadOnlyList<QueryKey> Study() =>
        [new(QueryRetrieveLevel, "CS", "STUDY"), new(StudyInstanceUid, "UI", RandomUid())];

    /// <summary>The key of a patient root: at its top level a Patient ID, which a study below it would need as well (PS3.4 C.6.1.1).</summary>
    public static IReadOnlyList<QueryKey> Patient() =>
        [
            new(QueryRetrieveLevel, "CS", "PATIENT"),
            new(PatientId, "LO", "LEADGLASS-" + RandomNumberGenerator.GetHexString(32)),
        ];

    /// <summary>A UID made of a random UUID (PS3.5 B.2).</summary>
    private static string RandomUid()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        var number = new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        return "2.25." + number.ToString(CultureInfo.InvariantCulture);
    }
}
