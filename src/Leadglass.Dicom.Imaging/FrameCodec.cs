using System.Collections.Frozen;
using Leadglass.Dicom.Imaging.Codecs;
using Leadglass.Dicom.Imaging.Native;

namespace Leadglass.Dicom.Imaging;

/// <summary>What is known of decoding a transfer syntax: whether it can be done here, and what is missing if not.</summary>
public sealed class FrameCodec
{
    private static readonly FrozenDictionary<string, FrameCodec> ByUid = List()
        .ToFrozenDictionary(codec => codec.TransferSyntax.Uid);

    private readonly Lazy<bool> _isAvailable;

    private FrameCodec(string uid, IFrameFormat format)
    {
        TransferSyntax = TransferSyntax.Find(uid) ?? throw new ArgumentException("An unknown syntax.", nameof(uid));
        Format = format;
        _isAvailable = new Lazy<bool>(() => format.Native is not { } native || NativeDecoding.TryLoad(native));
    }

    /// <summary>All syntaxes that there is a decoder for, whether or not its library is installed.</summary>
    public static IReadOnlyCollection<FrameCodec> All => ByUid.Values;

    public TransferSyntax TransferSyntax { get; }

    /// <summary>The shared library that it needs, such as <c>libopenjp2.so.7</c>; null where the program has all.</summary>
    public string? Library => Needed?.File;

    /// <summary>The Debian package that holds <see cref="Library"/>.</summary>
    public string? Package => Needed?.Package;

    /// <summary>The library is installed, or none is needed.</summary>
    public bool IsAvailable => _isAvailable.Value;

    internal IFrameFormat Format { get; }

    private (string File, string Package)? Needed =>
        Format.Native is { } native ? NativeDecoding.LibraryOf(native) : null;

    /// <summary>The decoder of a syntax; null where there is none, as for video, and where none is needed.</summary>
    public static FrameCodec? Find(TransferSyntax syntax) => ByUid.GetValueOrDefault(syntax.Uid);

    private static IEnumerable<FrameCodec> List()
    {
        const string jpeg = "1.2.840.10008.1.2.4.";
        yield return new FrameCodec("1.2.840.10008.1.2.1.98", new UncompressedFormat());
        yield return new FrameCodec("1.2.840.10008.1.2.5", new RleFormat());
        yield return new FrameCodec("1.2.840.10008.1.2.8.1", new DeflatedFormat());
        foreach (var suffix in (string[])["50", "51", "53", "55"])
        {
            yield return new FrameCodec(jpeg + suffix, new JpegDctFormat());
        }

        foreach (var suffix in (string[])["57", "70"])
        {
            yield return new FrameCodec(jpeg + suffix, new JpegLosslessFormat());
        }

        foreach (var suffix in (string[])["80", "81"])
        {
            yield return new FrameCodec(jpeg + suffix, new JpegLsFormat());
        }

        foreach (var suffix in (string[])["90", "91", "201", "202", "203"])
        {
            yield return new FrameCodec(jpeg + suffix, new Jpeg2000Format());
        }
    }
}
