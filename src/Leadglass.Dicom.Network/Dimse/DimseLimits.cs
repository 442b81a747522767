namespace Leadglass.Dicom.Network;

/// <summary>What a DIMSE message may have at most; checked before anything is allocated, and bounded in turn.</summary>
public sealed record DimseLimits
{
    /// <summary>The limits that suit an archive.</summary>
    public static DimseLimits Default { get; } = new();

    /// <summary>The longest command set, in bytes; 1 to 64 KiB. A command set has a few hundred.</summary>
    public int CommandSetBytesMax
    {
        get;
        init => field = (int)InRange(value, 1024, 64 * 1024, nameof(CommandSetBytesMax));
    } = 16 * 1024;

    /// <summary>
    /// The longest identifier, action or event information, in bytes, which is held in memory; 4 KiB to 64 MiB. A storage
    /// commitment of 10,000 instances has 1.5 MiB.
    /// </summary>
    public int IdentifierBytesMax
    {
        get;
        init => field = (int)InRange(value, 4 * 1024, 64 * 1024 * 1024, nameof(IdentifierBytesMax));
    } = 4 * 1024 * 1024;

    /// <summary>The longest streamed data set, in bytes; 1 MiB to 1 TiB. It costs no memory here.</summary>
    public long DataSetBytesMax
    {
        get;
        init => field = InRange(value, 1L << 20, 1L << 40, nameof(DataSetBytesMax));
    } = 64L << 30;

    /// <summary>Empty fragments in one message; 1 to 1024. They carry nothing but may come for ever.</summary>
    public int EmptyFragmentsMax
    {
        get;
        init => field = (int)InRange(value, 1, 1024, nameof(EmptyFragmentsMax));
    } = 16;

    private static long InRange(long value, long low, long high, string name) =>
        value >= low && value <= high
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} lies between {low} and {high}");
}
