namespace Leadglass.Archive.Packs;

/// <summary>How packs are laid out on the disk.</summary>
public sealed record PackStoreOptions
{
    /// <summary>A log pack that would grow beyond this many bytes is followed by a new one. 64 KiB to 1 TiB.</summary>
    public long RollOverBytes
    {
        get;
        init =>
            field = value is >= 64 * 1024 and <= 1L << 40
                ? value
                : throw new ArgumentOutOfRangeException(nameof(value), value, "64 KiB to 1 TiB");
    } = 1L << 30;

    /// <summary>
    /// Bytes of the volume that packs leave free (of a small volume at most a sixteenth), because reading needs room too:
    /// what is released is first written down.
    /// </summary>
    public long ReserveBytes
    {
        get;
        init =>
            field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "0 bytes or more");
    } = 64L << 20;
}
