namespace Leadglass.Dicom;

/// <summary>
/// What a stranger's bytes may ask for. Each limit may be set lower or higher than the default, never above the bound
/// that its description names: an <see cref="ArgumentOutOfRangeException"/> says so.
/// </summary>
public sealed record ReadLimits
{
    public static ReadLimits Default { get; } = new();

    /// <summary>
    /// Sequences within sequences; 64, at most 256. The deepest real objects, structured reports, nest about 20 deep.
    /// </summary>
    public int NestingMax
    {
        get;
        init => field = Within(value, 1, 256);
    } = 64;

    /// <summary>
    /// Data elements, items and fragments of one data set together; 1,000,000, at most 16,000,000. A whole-slide image
    /// with 50,000 frames described one by one has about 800,000.
    /// </summary>
    public int ElementCountMax
    {
        get;
        init => field = Within(value, 1, 16_000_000);
    } = 1_000_000;

    /// <summary>
    /// Data sets of one array of JSON; 1,000,000, at most 16,000,000. Each counts as an element as well.
    /// </summary>
    public int DataSetCountMax
    {
        get;
        init => field = Within(value, 1, 16_000_000);
    } = 1_000_000;

    /// <summary>Bytes of one value; 4 GiB - 2, the most that the encoding can say (PS3.5 7.1.1), pixel data included.</summary>
    public long ValueBytesMax
    {
        get;
        init => field = Within(value, 1, uint.MaxValue - 1);
    } = uint.MaxValue - 1;

    /// <summary>Bytes of a whole data set as it is encoded, inflated if it was deflated; 1 TiB, at most 16 TiB.</summary>
    public long TotalBytesMax
    {
        get;
        init => field = Within(value, 1, 1L << 44);
    } = 1L << 40;

    /// <summary>
    /// Bytes that are kept in memory of a data set that streams in, or that is deflated and read whole; 32 MiB, at most
    /// 1 GiB. Pixel data of a stream is not kept and does not count.
    /// </summary>
    public int HeldBytesMax
    {
        get;
        init => field = Within(value, 1, 1 << 30);
    } = 32 << 20;

    /// <summary>Bytes of a file that is read whole into memory; 512 MiB, at most 2 GiB - 64 KiB.</summary>
    public int FileBytesMax
    {
        get;
        init => field = Within(value, 1, int.MaxValue - 65_535);
    } = 512 << 20;

    private static int Within(int value, int low, int high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, low);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, high);
        return value;
    }

    private static long Within(long value, long low, long high)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, low);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, high);
        return value;
    }
}
