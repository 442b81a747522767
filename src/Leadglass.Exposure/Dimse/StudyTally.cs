using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Exposure;

/// <summary>
/// Adds up studies from matches without keeping one: of a UID a keyed digest so that no study counts twice, of a date the
/// year, of modalities those that the standard defines. The key is drawn for one count and cleared with it.
/// </summary>
internal sealed class StudyTally : IMatchTaker, IDisposable
{
    /// <summary>More than any archive is likely to hold; 100 MB of digests.</summary>
    public const int StudiesMax = 2_000_000;

    private const int InstancesOfStudyMax = 1_000_000;
    private const int ModalitiesOfStudyMax = 16;

    /// <summary>Defined terms of Modality (PS3.3 C.7.3.1.1.1), current and retired.</summary>
    private static readonly FrozenSet<string> DefinedModalities = (
        "ANN AR ASMT AU BDUS BI BMD CFM CR CS CT CTPROTOCOL DD DF DG DM DMS DOC DS DX EC ECG EEG EMG EOG EPS ES FA FID FS "
        + "GM HC HD IO IOL IVOCT IVUS KER KO LEN LP LS M3D MA MG MR MS NM OAM OCT OP OPM OPR OPT OPTBSV OPTENF OPV OSS OT "
        + "PA PLAN POS PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN RTSTRUCT RWV SEG SM "
        + "SMR SR SRF ST STAIN STVP TEXTUREMAP TG US VA VF XA XAPROTOCOL XC"
    )
        .Split(' ')
        .ToFrozenSet(StringComparer.Ordinal);

    private readonly byte[] _key = GC.AllocateArray<byte>(32, pinned: true);
    private readonly HashSet<UInt128> _seen = [];
    private readonly SortedDictionary<string, long> _modalities = new(StringComparer.Ordinal);
    private DateRange _range;
    private int _left;
    private int _withInstances;

    public StudyTally() => RandomNumberGenerator.Fill(_key);

    /// <summary>Distinct studies.</summary>
    public int Studies => _seen.Count;

    /// <summary>Images of the studies that told how many they have.</summary>
    public long Images { get; private set; }

    /// <summary>Every study told how many images it has.</summary>
    public bool AllToldImages => _withInstances == _seen.Count;

    /// <summary>Some study told how many images it has.</summary>
    public bool AnyToldImages => _withInstances > 0;

    /// <summary>Studies by modality.</summary>
    public IReadOnlyDictionary<string, long> Modalities => _modalities;

    public int? FirstYear { get; private set; }

    public int? LastYear { get; private set; }

    /// <summary>A range that held a study, the narrowest one.</summary>
    public DateRange? Holding { get; private set; }

    /// <summary>A match lay outside its range: the server does not look at the date key.</summary>
    public bool IsDateIgnored { get; set; }

    /// <summary>A match could not be read, or had no UID: it is not counted.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>Matches of the current range.</summary>
    public int InRange { get; private set; }

    /// <summary>Those among them that were not seen before.</summary>
    public int NewInRange { get; private set; }

    /// <summary>No more matches are wanted.</summary>
    public bool IsFull => _left <= 0 || _seen.Count >= StudiesMax;

    /// <summary>Begins a query.</summary>
    /// <param name="matchesLeft">How many matches may still be taken.</param>
    public void Begin(DateRange range, int matchesLeft)
    {
        (_range, _left, InRange, NewInRange) = (range, matchesLeft, 0, 0);
    }

    /// <inheritdoc/>
    public bool Take(ReadOnlySpan<byte> identifier, bool isExplicit)
    {
        _left--;
        InRange++;
        var reader = new MatchReader(identifier, isExplicit);
        ReadOnlySpan<byte> uid = default;
        ReadOnlySpan<byte> modalities = default;
        ReadOnlySpan<byte> instances = default;
        int? date = null;
        while (reader.Read())
        {
            switch (reader.Tag)
            {
                case NullKeys.StudyInstanceUid:
                    uid = reader.Value.TrimEnd("\0 "u8);
                    break;
                case NullKeys.StudyDate:
                    date = Date(reader.Value);
                    break;
                case NullKeys.ModalitiesInStudy:
                    modalities = reader.Value;
                    break;
                case NullKeys.NumberOfStudyRelatedInstances:
                    instances = reader.Value.Trim("\0 "u8);
                    break;
            }
        }

        if (reader.IsMalformed || uid.IsEmpty || uid.Length > 64)
        {
            IsIncomplete = true;
            return !IsFull;
        }

        IsDateIgnored |= date is { } day && !_range.Holds(day);
        if (_seen.Add(Digest(uid)))
        {
            NewInRange++;
            Count(date, modalities, instances);
        }

        return !IsFull;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _seen.Clear();
    }

    private void Count(int? date, ReadOnlySpan<byte> modalities, ReadOnlySpan<byte> instances)
    {
        if (date / 10_000 is { } year and >= 1)
        {
            FirstYear = Math.Min(FirstYear ?? year, year);
            LastYear = Math.Max(LastYear ?? year, year);
        }

        if (Holding is null || _range.Days < Holding.Value.Days)
        {
            Holding = _range;
        }

        if (Number(instances) is { } count and <= InstancesOfStudyMax)
        {
            _withInstances++;
            Images += count;
        }

        CountModalities(modalities);
    }

    private void CountModalities(ReadOnlySpan<byte> modalities)
    {
        var defined = DefinedModalities.GetAlternateLookup<ReadOnlySpan<char>>();
        var isOther = false;
        var taken = 0;
        Span<char> code = stackalloc char[16];
        foreach (var part in modalities.Split((byte)'\\'))
        {
            var value = modalities[part].Trim("\0 "u8);
            if (value.IsEmpty || ++taken > ModalitiesOfStudyMax)
            {
                continue;
            }

            // Only what is one of the defined terms becomes a string, and that string is the term's own.
            if (
                value.Length <= code.Length
                && Encoding.ASCII.GetChars(value, code) is var length
                && defined.TryGetValue(code[..length], out var term)
            )
            {
                Add(term);
            }
            else
            {
                isOther = true;
            }
        }

        code.Clear();
        if (isOther)
        {
            Add("other");
        }

        void Add(string term) => _modalities[term] = _modalities.GetValueOrDefault(term) + 1;
    }

    private UInt128 Digest(ReadOnlySpan<byte> uid)
    {
        Span<byte> digest = stackalloc byte[32];
        HMACSHA256.HashData(_key, uid, digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    /// <summary>YYYYMMDD, or YYYY.MM.DD as before 1993 (PS3.5 6.2, DA), as one number.</summary>
    private static int? Date(ReadOnlySpan<byte> value)
    {
        var trimmed = value.Trim("\0 "u8);
        return trimmed.Length switch
        {
            8 => Number(trimmed),
            10 when trimmed[4] == '.' && trimmed[7] == '.' => (Number(trimmed[..4]) * 10_000)
                + (Number(trimmed[5..7]) * 100)
                + Number(trimmed[8..]),
            _ => null,
        };
    }

    private static int? Number(ReadOnlySpan<byte> digits)
    {
        if (digits.IsEmpty || digits.Length > 8 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return null;
        }

        var number = 0;
        foreach (var digit in digits)
        {
            number = (number * 10) + (digit - '0');
        }

        return number;
    }
}
