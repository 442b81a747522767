using System.Collections.Frozen;

namespace Leadglass.Dicom;

/// <summary>How a data set is encoded (PS3.5 10 and Annex A; the list is that of PS3.6 A.1).</summary>
public sealed class TransferSyntax
{
    private TransferSyntax(string uid, string name, Traits traits)
    {
        Uid = uid;
        Name = name;
        IsExplicitVr = !traits.HasFlag(Traits.Implicit);
        IsBigEndian = traits.HasFlag(Traits.BigEndian);
        IsDeflated = traits.HasFlag(Traits.Deflated);
        IsEncapsulated = traits.HasFlag(Traits.Encapsulated);
        IsStorable = !traits.HasFlag(Traits.NotStorable);
    }

    [Flags]
    private enum Traits
    {
        None = 0,
        Implicit = 1,
        BigEndian = 2,
        Deflated = 4,
        Encapsulated = 8,
        NotStorable = 16,
    }

    /// <summary>1.2.840.10008.1.2, which every peer accepts (PS3.5 A.1).</summary>
    public static TransferSyntax ImplicitVrLittleEndian { get; } =
        new("1.2.840.10008.1.2", "Implicit VR Little Endian", Traits.Implicit);

    /// <summary>1.2.840.10008.1.2.1 (PS3.5 A.2).</summary>
    public static TransferSyntax ExplicitVrLittleEndian { get; } =
        new("1.2.840.10008.1.2.1", "Explicit VR Little Endian", Traits.None);

    /// <summary>1.2.840.10008.1.2.2, retired and still found (PS3.5-2016b A.3).</summary>
    public static TransferSyntax ExplicitVrBigEndian { get; } =
        new("1.2.840.10008.1.2.2", "Explicit VR Big Endian", Traits.BigEndian);

    /// <summary>1.2.840.10008.1.2.1.99: the data set is a raw DEFLATE stream (PS3.5 A.5, RFC 1951).</summary>
    public static TransferSyntax DeflatedExplicitVrLittleEndian { get; } =
        new("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", Traits.Deflated);

    /// <summary>
    /// Private to Leadglass: the data set of a C-STORE is a sealed envelope, in which an edge forwards what it took in for
    /// an archive. Only that archive can open it; nothing is stored in it.
    /// </summary>
    public static TransferSyntax LeadglassEnvelope { get; } =
        new(
            "2.25.56412600005256842424614242134721893375",
            "Leadglass Sealed Envelope",
            Traits.Encapsulated | Traits.NotStorable
        );

    public string Uid { get; }

    public string Name { get; }

    public bool IsExplicitVr { get; }

    public bool IsBigEndian { get; }

    /// <summary>The whole data set is compressed.</summary>
    public bool IsDeflated { get; }

    /// <summary>Pixel data stands in fragments (PS3.5 A.4).</summary>
    public bool IsEncapsulated { get; }

    /// <summary>A data set in it is complete in itself: not referenced, not a real-time flow, not a media wrapper.</summary>
    public bool IsStorable { get; }

    /// <summary>Native pixel data: among these and deflated any data set converts without a codec.</summary>
    public bool IsConvertible => !IsEncapsulated && IsStorable;

    /// <summary>All of the standard, in the order of PS3.6.</summary>
    public static IReadOnlyList<TransferSyntax> All { get; } = List();

    // Below the properties that it is made of: static initialisers run in the order of the text.
    private static FrozenDictionary<string, TransferSyntax> ByUid { get; } =
        All.Append(LeadglassEnvelope).ToFrozenDictionary(syntax => syntax.Uid);

    /// <summary>The syntax of a UID without padding; null when it is unknown.</summary>
    public static TransferSyntax? Find(string uid) => ByUid.GetValueOrDefault(uid);

    /// <summary>
    /// The syntax of a UID or, where it is unknown, one that is not storable: every private syntax found so far is in
    /// explicit VR little endian with encapsulated pixel data, as PS3.5 A.4 asks of compressed ones.
    /// </summary>
    internal static TransferSyntax FindOrAssume(string uid) =>
        Find(uid) ?? new TransferSyntax(uid, "Unknown", Traits.Encapsulated | Traits.NotStorable);

    public override string ToString() => Name;

    private static TransferSyntax[] List()
    {
        const string jpeg = "1.2.840.10008.1.2.4.";
        (string Suffix, string Name)[] encapsulated =
        [
            ("50", "JPEG Baseline (Process 1)"),
            ("51", "JPEG Extended (Process 2 and 4)"),
            ("52", "JPEG Extended (Process 3 and 5)"),
            ("53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)"),
            ("54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)"),
            ("55", "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)"),
            ("56", "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)"),
            ("57", "JPEG Lossless, Non-Hierarchical (Process 14)"),
            ("58", "JPEG Lossless, Non-Hierarchical (Process 15)"),
            ("59", "JPEG Extended, Hierarchical (Process 16 and 18)"),
            ("60", "JPEG Extended, Hierarchical (Process 17 and 19)"),
            ("61", "JPEG Spectral Selection, Hierarchical (Process 20 and 22)"),
            ("62", "JPEG Spectral Selection, Hierarchical (Process 21 and 23)"),
            ("63", "JPEG Full Progression, Hierarchical (Process 24 and 26)"),
            ("64", "JPEG Full Progression, Hierarchical (Process 25 and 27)"),
            ("65", "JPEG Lossless, Hierarchical (Process 28)"),
            ("66", "JPEG Lossless, Hierarchical (Process 29)"),
            ("70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14, Selection Value 1)"),
            ("80", "JPEG-LS Lossless"),
            ("81", "JPEG-LS Lossy (Near-Lossless)"),
            ("90", "JPEG 2000 (Lossless Only)"),
            ("91", "JPEG 2000"),
            ("92", "JPEG 2000 Part 2 Multi-component (Lossless Only)"),
            ("93", "JPEG 2000 Part 2 Multi-component"),
            ("100", "MPEG2 Main Profile / Main Level"),
            ("100.1", "Fragmentable MPEG2 Main Profile / Main Level"),
            ("101", "MPEG2 Main Profile / High Level"),
            ("101.1", "Fragmentable MPEG2 Main Profile / High Level"),
            ("102", "MPEG-4 AVC/H.264 High Profile / Level 4.1"),
            ("102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1"),
            ("103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
            ("103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
            ("104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"),
            ("104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"),
            ("105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"),
            ("105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"),
            ("106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
            ("106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
            ("107", "HEVC/H.265 Main Profile / Level 5.1"),
            ("108", "HEVC/H.265 Main 10 Profile / Level 5.1"),
            ("110", "JPEG XL Lossless"),
            ("111", "JPEG XL JPEG Recompression"),
            ("112", "JPEG XL"),
            ("201", "High-Throughput JPEG 2000 (Lossless Only)"),
            ("202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)"),
            ("203", "High-Throughput JPEG 2000"),
        ];
        return
        [
            ImplicitVrLittleEndian,
            ExplicitVrLittleEndian,
            new("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian", Traits.Encapsulated),
            DeflatedExplicitVrLittleEndian,
            ExplicitVrBigEndian,
            .. encapsulated.Select(entry => new TransferSyntax(jpeg + entry.Suffix, entry.Name, Traits.Encapsulated)),
            // The pixel data lies elsewhere, at a URL that the archive would have to fetch (PS3.5 A.6, A.7).
            new(jpeg + "94", "JPIP Referenced", Traits.NotStorable),
            new(jpeg + "95", "JPIP Referenced Deflate", Traits.NotStorable | Traits.Deflated),
            new(jpeg + "204", "JPIP HTJ2K Referenced", Traits.NotStorable),
            new(jpeg + "205", "JPIP HTJ2K Referenced Deflate", Traits.NotStorable | Traits.Deflated),
            new("1.2.840.10008.1.2.5", "RLE Lossless", Traits.Encapsulated),
            new("1.2.840.10008.1.2.6.1", "RFC 2557 MIME Encapsulation", Traits.NotStorable),
            new("1.2.840.10008.1.2.6.2", "XML Encoding", Traits.NotStorable),
            // Real-time flows of PS3.22.
            new("1.2.840.10008.1.2.7.1", "SMPTE ST 2110-20 Uncompressed Progressive Active Video", Traits.NotStorable),
            new("1.2.840.10008.1.2.7.2", "SMPTE ST 2110-20 Uncompressed Interlaced Active Video", Traits.NotStorable),
            new("1.2.840.10008.1.2.7.3", "SMPTE ST 2110-30 PCM Digital Audio", Traits.NotStorable),
            new("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", Traits.Encapsulated),
            new("1.2.840.10008.1.20", "Papyrus 3 Implicit VR Little Endian", Traits.NotStorable | Traits.Implicit),
        ];
    }
}
