namespace Leadglass.Archive;

/// <summary>What a replay of the blob store into the index met.</summary>
public sealed class CatchUpReport
{
    private const int DamagesMax = 10_000;
    private readonly List<RecordDamage> _damages = [];

    /// <summary>Records read.</summary>
    public long Records { get; internal set; }

    /// <summary>Records whose key was destroyed: erased, and so left out.</summary>
    public long Erased { get; internal set; }

    /// <summary>How many records are damaged.</summary>
    public long DamagedRecords { get; private set; }

    /// <summary>What is damaged, the first 10,000.</summary>
    public IReadOnlyList<RecordDamage> Damages => _damages;

    internal void AddDamage(BlobLocation location, string what)
    {
        DamagedRecords++;
        if (_damages.Count < DamagesMax)
        {
            _damages.Add(new RecordDamage(location, what));
        }
    }
}

/// <summary>A damaged record.</summary>
/// <param name="Location">Where it lies.</param>
/// <param name="What">What is wrong, without any content.</param>
public sealed record RecordDamage(BlobLocation Location, string What);
