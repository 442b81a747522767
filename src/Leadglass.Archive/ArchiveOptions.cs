using System.Collections.Immutable;

namespace Leadglass.Archive;

/// <summary>What of an archive's behaviour may be chosen. Every limit has an upper bound that no choice removes.</summary>
public sealed record ArchiveOptions
{
    /// <summary>The bound of <see cref="IngestBudgetBytes"/>: 1 GiB.</summary>
    public const long IngestBudgetBytesBound = 1L << 30;

    /// <summary>The bound of <see cref="AnswersMax"/>.</summary>
    public const int AnswersBound = 1_000_000;

    /// <summary>Memory that instances on their way in share, in bytes: 48 MiB.</summary>
    public long IngestBudgetBytes { get; init; } = 48L << 20;

    /// <summary>
    /// Memory through which long instances stream to the disk, in bytes: 64 MiB, less than one for each at a time.
    /// </summary>
    public long StagingBytes { get; init; } = 64L << 20;

    /// <summary>Instances up to this length wait for their commit in memory, larger ones stream: 16 MiB.</summary>
    public int BufferedInstanceBytesMax { get; init; } = 16 << 20;

    /// <summary>Private SOP classes that may be stored, beside those a peer names by common extended negotiation.</summary>
    public ImmutableArray<string> PrivateSopClasses { get; init; } = [];

    /// <summary>How many quarantined instances one device may cause: 10,000.</summary>
    public int QuarantinedInstancesPerDeviceMax { get; init; } = 10_000;

    /// <summary>How many bytes of quarantined content one device may cause: 4 GiB.</summary>
    public long QuarantinedBytesPerDeviceMax { get; init; } = 4L << 30;

    /// <summary>Answer quarantined content with success instead of the warning B000.</summary>
    public bool AnswerConflictsWithSuccess { get; init; }

    /// <summary>Answers of one query; beyond it the query fails with a status that says so: 20,000.</summary>
    public int AnswersMax { get; init; } = 20_000;

    /// <summary>Sealed rows that one query may open; beyond it the query fails with a status that says so: 500,000.</summary>
    public int RowsOpenedMax { get; init; } = 500_000;

    /// <summary>Instances that one retrieve may name or comprise: 200,000.</summary>
    public int RetrievedInstancesMax { get; init; } = 200_000;

    /// <summary>Our own AE title, which answers to queries name as where to retrieve from.</summary>
    public string RetrieveAeTitle { get; init; } = "LEADGLASS";

    /// <summary>Every mistake in the options, in words; empty when there is none.</summary>
    public IReadOnlyList<string> Mistakes()
    {
        List<string> mistakes = [];
        Check(IngestBudgetBytes, 1 << 20, IngestBudgetBytesBound, nameof(IngestBudgetBytes));
        Check(StagingBytes, 1 << 20, IngestBudgetBytesBound, nameof(StagingBytes));
        Check(BufferedInstanceBytesMax, 512 << 10, 256 << 20, nameof(BufferedInstanceBytesMax));
        Check(QuarantinedInstancesPerDeviceMax, 0, 10_000_000, nameof(QuarantinedInstancesPerDeviceMax));
        Check(QuarantinedBytesPerDeviceMax, 0, 1L << 44, nameof(QuarantinedBytesPerDeviceMax));
        Check(AnswersMax, 1, AnswersBound, nameof(AnswersMax));
        Check(RowsOpenedMax, 1, 100_000_000, nameof(RowsOpenedMax));
        Check(RetrievedInstancesMax, 1, 10_000_000, nameof(RetrievedInstancesMax));
        return mistakes;

        void Check(long value, long least, long most, string name)
        {
            if (value < least || value > most)
            {
                mistakes.Add($"{name} is {value}, not between {least} and {most}");
            }
        }
    }
}
