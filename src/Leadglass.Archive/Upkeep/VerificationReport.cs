namespace Leadglass.Archive;

/// <summary>How far a verification is.</summary>
/// <param name="Records">Records read.</param>
/// <param name="Bytes">Bytes of them.</param>
public readonly record struct VerificationProgress(long Records, long Bytes);

/// <summary>What a verification found.</summary>
public sealed class VerificationReport
{
    private const int FindingsMax = 10_000;
    private readonly List<RecordDamage> _damages = [];
    private readonly List<string> _indexFindings = [];

    /// <summary>Records whose every byte authenticated.</summary>
    public long SoundRecords { get; internal set; }

    /// <summary>Bytes of all records read.</summary>
    public long Bytes { get; internal set; }

    /// <summary>Records whose key was destroyed: erased on purpose.</summary>
    public long Erased { get; internal set; }

    /// <summary>Rows of the index that point to the record they should.</summary>
    public long SoundRows { get; internal set; }

    /// <summary>How many records are damaged.</summary>
    public long DamagedRecords { get; private set; }

    /// <summary>Which, the first 10,000.</summary>
    public IReadOnlyList<RecordDamage> Damages => _damages;

    /// <summary>In how many places index and packs disagree; <c>rebuild-index</c> mends them.</summary>
    public long IndexDisagreements { get; private set; }

    /// <summary>Where, the first 10,000, without any content.</summary>
    public IReadOnlyList<string> IndexFindings => _indexFindings;

    /// <summary>Whether all is well.</summary>
    public bool IsSound => DamagedRecords == 0 && IndexDisagreements == 0;

    internal void AddDamage(BlobLocation location, string what)
    {
        DamagedRecords++;
        if (_damages.Count < FindingsMax)
        {
            _damages.Add(new RecordDamage(location, what));
        }
    }

    internal void AddDisagreement(string what)
    {
        IndexDisagreements++;
        if (_indexFindings.Count < FindingsMax)
        {
            _indexFindings.Add(what);
        }
    }
}
