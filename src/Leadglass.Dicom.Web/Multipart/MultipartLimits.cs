namespace Leadglass.Dicom.Web;

/// <summary>What a multipart message may ask for. Bodies of parts are streamed and have no limit here.</summary>
public sealed record MultipartLimits
{
    public static MultipartLimits Default { get; } = new();

    /// <summary>Parts of one message; 5,000, at most 100,000. The largest series of a scanner's export have some thousand.</summary>
    public int PartsMax
    {
        get;
        init => field = Within(value, 100_000);
    } = 5_000;

    /// <summary>Header fields of one part; 32, at most 1,000. Real parts have one to four.</summary>
    public int HeadersMax
    {
        get;
        init => field = Within(value, 1_000);
    } = 32;

    /// <summary>Bytes of all header fields of one part; 8 KiB, at most 64 KiB.</summary>
    public int HeaderBytesMax
    {
        get;
        init => field = Within(value, 64 << 10);
    } = 8 << 10;

    /// <summary>Bytes before the first and after the last delimiter, each; 4 KiB, at most 64 KiB. They mean nothing.</summary>
    public int PaddingBytesMax
    {
        get;
        init => field = Within(value, 64 << 10);
    } = 4 << 10;

    private static int Within(int value, int high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, high);
        return value;
    }
}
