namespace Leadglass.Dicom.Imaging.Workers;

/// <summary>Small pictures of ours, so that a worker has used all of its code once before it gives up opening files.</summary>
internal static class WarmUpFrames
{
    // Grey, 8 x 8 (32 x 32 for JPEG 2000), encoded by DCMTK and GDCM.
    private const string JpegLs =
        "/9j/9wALCAAIAAgBAREA/9oACAEBAAAAAIAAUAAV25btWYBgDEHnGmADAGWUSQ9wgQ5rWsYeexi1rAFjnd3Y+AAK1mZjoAAzjGZjcxr//9k=";

    private const string Jpeg =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYU"
        + "GBIUFRT/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EAB4QAQACAgIDAQAAAAAAAAAAAAIBAwQFBxEGCBMi/9oACAEBAAA/AHEt"
        + "Gr9VeDrfM83D+21s61+ixFiq6vJ2TraoFkFHqqPmm5ln8BQZlySv///Z";

    private const string JpegTwelveBits =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGBYU"
        + "GBIUFRT/wQALDAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAADf/EABoQAAAHAAAAAAAAAAAAAAAAAAAICSQ1QlL/2gAIAQEAAD8AMak5CyRb"
        + "TNR////Z";

    private const string Jpeg2000 =
        "/0//UQApAAAAAAAgAAAAIAAAAAAAAAAAAAAAIAAAACAAAAAAAAAAAAABBwEB/1IADAAAAAEABAQEAAH/XAAQQEBISFBISFBISFBISFD/ZAAqAAFD"
        + "cmVhdGVkIGJ5IEdEQ00vT3BlbkpQRUcgdmVyc2lvbiAyLjUuMP+QAAoAAAAAABcAAf+T34AQCJCAgICA/9k=";

    /// <summary>A good one and a cut one.</summary>
    public static IEnumerable<(NativeFrame Frame, byte[] Encoded)> Of(NativeCodec codec)
    {
        var (text, side, sampleBytes) = codec switch
        {
            NativeCodec.JpegLs => (JpegLs, 8, 1),
            NativeCodec.Jpeg => (Jpeg, 8, 1),
            NativeCodec.JpegTwelveBits => (JpegTwelveBits, 8, 2),
            _ => (Jpeg2000, 32, 1),
        };
        var frame = new NativeFrame(codec, side, side, 1, sampleBytes);
        var whole = Convert.FromBase64String(text);
        yield return (frame, whole);
        yield return (frame, whole[..(whole.Length / 2)]);
    }
}
