using System.Collections.Frozen;
using Leadglass.Dicom.Imaging.Codecs;

namespace Leadglass.Dicom.Imaging;

/// <summary>What is known of decoding a transfer syntax: whether it can be done here, and what is missing if not.</summary>
public sealed class FrameCodec
{
    private static readonly FrozenDictionary<string, FrameCodec> ByUid = List()
        .ToFrozenDictionary(codec => codec.TransferSyntax.Uid);

    private FrameCodec(string uid, IFrameFormat format)
    {
        TransferSyntax = TransferSyntax.Find(uid) ?? throw new ArgumentException("An unknown syntax.", nameof(uid));
        Format = format;
    }

    /// <summary>All syntaxes that there is a decoder for, whether or not its library is installed.</summary>
    public static IReadOnlyCollection<FrameCodec> All => ByUid.Values;

    public TransferSyntax TransferSyntax { get; }

    internal IFrameFormat Format { get; }

    /// <summary>The decoder of a syntax; null where there is none, as for video, and where none is needed.</summary>
    public static FrameCodec? Find(TransferSyntax syntax) => ByUid.GetValueOrDefault(syntax.Uid);

    private static IEnumerable<FrameCodec> List()
    {
        const string jpeg = "1.2.840.10008.1.2.4.";
        yield return new FrameCodec("1.2.840.10008.1.2.5", new RleFormat());
        yield return new FrameCodec(jpeg + "57", new JpegLosslessFormat());
        yield return new FrameCodec(jpeg + "70", new JpegLosslessFormat());
    }
}
