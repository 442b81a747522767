using System.Globalization;

namespace Leadglass.Edge;

/// <summary>An envelope that lies in the queue, durably. Everything known of it stands in its file name.</summary>
/// <param name="Sequence">Time of arrival in milliseconds since 1970 times 2^20, made unique: the order of the queue.</param>
/// <param name="Association">
/// A number of the scanner in the upper half, in the lower one a random number per association, whose envelopes are forwarded
/// in order; zero there marks an envelope that waits for all older ones of its scanner.
/// </param>
/// <param name="Id">The envelope's id.</param>
/// <param name="Bytes">Its length in bytes.</param>
internal sealed record QueuedEnvelope(long Sequence, ulong Association, Guid Id, long Bytes)
{
    private const string Suffix = ".env";
    private const int SequenceShift = 20;
    private const int NameLength = 16 + 1 + 16 + 1 + 32 + 4;

    /// <summary>Times that the archive answered with a failure that may pass.</summary>
    public int Attempts { get; set; }

    /// <summary>The scanner's number.</summary>
    public uint Scanner => (uint)(Association >> 32);

    /// <summary>It waits for all older ones of its scanner, as a storage commitment request must.</summary>
    public bool IsBarrier => (uint)Association == 0;

    /// <summary>The file's name: numbers only.</summary>
    public string FileName =>
        string.Create(CultureInfo.InvariantCulture, $"{Sequence:x16}-{Association:x16}-{Id:N}{Suffix}");

    /// <summary>When it arrived, to the millisecond.</summary>
    public DateTimeOffset ArrivedAt => DateTimeOffset.FromUnixTimeMilliseconds(Sequence >> SequenceShift);

    /// <summary>The lowest sequence of a time.</summary>
    public static long SequenceOf(DateTimeOffset time) => time.ToUnixTimeMilliseconds() << SequenceShift;

    /// <summary>Reads a file name; null for what is none of the queue's.</summary>
    public static QueuedEnvelope? Parse(string fileName, long bytes) =>
        fileName.Length == NameLength
        && fileName.EndsWith(Suffix, StringComparison.Ordinal)
        && long.TryParse(fileName.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var sequence)
        && ulong.TryParse(
            fileName.AsSpan(17, 16),
            NumberStyles.HexNumber,
            CultureInfo.InvariantCulture,
            out var association
        )
        && Guid.TryParseExact(fileName.AsSpan(34, 32), "N", out var id)
            ? new QueuedEnvelope(sequence, association, id, bytes)
            : null;
}
