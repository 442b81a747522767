using System.Text;

namespace Leadglass.Dicom;

/// <summary>What a registered UID names (PS3.6 Annex A).</summary>
public enum UidKind : byte
{
    Other,
    SopClass,
    MetaSopClass,
    TransferSyntax,
    WellKnownSopInstance,
    WellKnownFrameOfReference,
    CodingScheme,
    LdapOid,
    ApplicationContextName,
    ServiceClass,
}

/// <summary>To what the instances of a SOP class belong.</summary>
public enum StorageScope : byte
{
    /// <summary>It is no storage SOP class.</summary>
    None,

    /// <summary>To a patient and a study (PS3.4 Annex B).</summary>
    PatientStudy,

    /// <summary>To no patient: hanging protocols, palettes, implant templates and the like (PS3.4 Annex GG).</summary>
    NonPatient,
}

/// <summary>One registered UID.</summary>
public sealed record UidEntry(
    string Uid,
    string Name,
    string Keyword,
    UidKind Kind,
    bool IsRetired,
    StorageScope StorageScope
);

/// <summary>The UID registry of PS3.6 Annex A.</summary>
public static class UidRegistry
{
    /// <summary>The entry of a UID without padding; null when the standard does not know it.</summary>
    public static UidEntry? Find(ReadOnlySpan<char> uid) => IndexOf(uid) is >= 0 and var index ? EntryAt(index) : null;

    /// <summary>To what instances of this SOP class belong; None for what the standard does not know. Allocates nothing.</summary>
    public static StorageScope StorageScopeOf(ReadOnlySpan<char> sopClassUid) =>
        IndexOf(sopClassUid) is >= 0 and var index ? UidData.Scopes[index] : StorageScope.None;

    /// <summary>Every registered UID, in ordinal order.</summary>
    public static IEnumerable<UidEntry> All() => Enumerable.Range(0, UidData.Count).Select(EntryAt);

    /// <summary>The storage SOP classes whose instances belong to a patient and a study, retired ones included.</summary>
    public static IReadOnlyList<string> PatientStudyStorageSopClasses { get; } =
    [.. All().Where(entry => entry.StorageScope == StorageScope.PatientStudy).Select(entry => entry.Uid)];

    private static int IndexOf(ReadOnlySpan<char> uid)
    {
        var (low, high) = (0, UidData.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Packed.Compare(Packed.Item(UidData.Uids, UidData.UidEnds, middle), uid);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    private static UidEntry EntryAt(int index) =>
        new(
            Encoding.ASCII.GetString(Packed.Item(UidData.Uids, UidData.UidEnds, index)),
            Encoding.ASCII.GetString(Packed.Item(UidData.Names, UidData.NameEnds, index)),
            Encoding.ASCII.GetString(Packed.Item(UidData.Keywords, UidData.KeywordEnds, index)),
            UidData.Kinds[index],
            Packed.Flag(UidData.Retired, index),
            UidData.Scopes[index]
        );
}
