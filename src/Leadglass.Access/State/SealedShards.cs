using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>Some of a registry's records, as they are stored, sealed, in one file.</summary>
/// <param name="Version">Of the format.</param>
/// <param name="Records">In no particular order.</param>
internal sealed record ShardDocument<T>(int Version, List<T> Records);

/// <summary>How a registry lies on the disk.</summary>
/// <param name="Name">The folder below <c>state/</c>, and the beginning of each file's name.</param>
/// <param name="Shards">Number of files at most, up to 256; part of the format.</param>
/// <param name="RecordsMax">The most records altogether.</param>
/// <param name="KeyOf">A record's own, unchanging key.</param>
/// <param name="OwnerOf">What decides in which file a record lies, so that records changed together lie together.</param>
/// <param name="Json">How a file is written.</param>
/// <param name="Check">Throws what a record that breaks a rule deserves; null: there are no rules.</param>
internal sealed record ShardPlan<T>(
    string Name,
    int Shards,
    int RecordsMax,
    Func<T, string> KeyOf,
    Func<T, string> OwnerOf,
    JsonTypeInfo<ShardDocument<T>> Json,
    Action<T>? Check = null
)
{
    /// <summary>Of the format.</summary>
    public const int Version = 1;
}

/// <summary>
/// The records of a registry, spread over sealed files, so that a change rewrites a small file whatever the number of
/// records. A change of one record is atomic and durable; there is one writer per archive, who holds the folder's lock,
/// and one change at a time, which the registry sees to.
/// </summary>
internal sealed class SealedShards<T>
{
    private readonly IDurableFolder _folder;
    private readonly MasterKey _master;
    private readonly ShardPlan<T> _plan;
    private readonly ImmutableDictionary<string, T>[] _shards;

    private SealedShards(IDurableFolder folder, MasterKey master, ShardPlan<T> plan)
    {
        _folder = folder;
        _master = master;
        _plan = plan;
        _shards = new ImmutableDictionary<string, T>[plan.Shards];
        Array.Fill(_shards, ImmutableDictionary<string, T>.Empty);
    }

    /// <summary>All records.</summary>
    public IEnumerable<T> All => _shards.SelectMany(shard => shard.Values);

    /// <summary>How many.</summary>
    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>Files that were damaged and left out; only where damage is forgiven.</summary>
    public int Damaged { get; private set; }

    /// <summary>Reads all files.</summary>
    /// <param name="forgiving">True: a damaged file counts as empty, for what may be forgotten without opening a door.</param>
    /// <exception cref="SealingException">A file is damaged or of another master key.</exception>
    /// <exception cref="StateException">A file is of another version or breaks a limit.</exception>
    public static async ValueTask<SealedShards<T>> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        ShardPlan<T> plan,
        bool forgiving,
        CancellationToken cancellationToken
    )
    {
        var shards = new SealedShards<T>(state.Folder(plan.Name), master, plan);
        for (var shard = 0; shard < plan.Shards; shard++)
        {
            try
            {
                await shards.ReadAsync(shard, cancellationToken);
            }
            catch (Exception damage)
                when (forgiving && damage is (StateException or SealBrokenException or SealedFormatException))
            {
                shards.Damaged++;
            }
        }
        return shards;
    }

    /// <summary>Replaces and removes records; each file that this touches is durable when it returns.</summary>
    /// <exception cref="StateException">There would be more records than may be.</exception>
    /// <exception cref="DurableIOException">It could not be written; what was not written is as it was.</exception>
    public void Write(IReadOnlyCollection<T> put, IReadOnlyCollection<T> removed)
    {
        var changed = new Dictionary<int, ImmutableDictionary<string, T>>();
        foreach (var record in removed)
        {
            var shard = ShardOf(record);
            changed[shard] = changed.GetValueOrDefault(shard, _shards[shard]).Remove(_plan.KeyOf(record));
        }
        foreach (var record in put)
        {
            var shard = ShardOf(record);
            changed[shard] = changed.GetValueOrDefault(shard, _shards[shard]).SetItem(_plan.KeyOf(record), record);
        }
        var count = Count + changed.Sum(pair => pair.Value.Count - _shards[pair.Key].Count);
        if (count > _plan.RecordsMax && put.Count > 0)
        {
            throw new StateException($"{_plan.Name} holds at most {_plan.RecordsMax} records");
        }
        foreach (var (shard, records) in changed)
        {
            if (ReferenceEquals(records, _shards[shard]))
            {
                continue;
            }
            SealedFile.Write(_folder, NameOf(shard), _master, Serialize(records.Values));
            _shards[shard] = records;
        }
    }

    private async ValueTask ReadAsync(int shard, CancellationToken cancellationToken)
    {
        var content = await SealedFile.ReadAsync(_folder, NameOf(shard), _master, cancellationToken);
        if (content is null)
        {
            return;
        }
        var records = Deserialize(content, NameOf(shard));
        if (Count + records.Count > _plan.RecordsMax)
        {
            throw new StateException($"{_plan.Name} holds more than {_plan.RecordsMax} records");
        }
        _shards[shard] = records;
    }

    private byte[] Serialize(IEnumerable<T> records) =>
        JsonSerializer.SerializeToUtf8Bytes(new ShardDocument<T>(ShardPlan<T>.Version, [.. records]), _plan.Json);

    private ImmutableDictionary<string, T> Deserialize(byte[] content, string name)
    {
        try
        {
            var document = JsonSerializer.Deserialize(content, _plan.Json);
            return document is { Version: ShardPlan<T>.Version, Records: { } records }
                ? Checked(records).ToImmutableDictionary(_plan.KeyOf)
                : throw new StateException(
                    $"state/{_plan.Name}/{name} is of a version that this program does not know: use the program that wrote it"
                );
        }
        catch (Exception failure)
            when (failure is JsonException or ArgumentException or NullReferenceException or InvalidOperationException)
        {
            throw new StateException($"state/{_plan.Name}/{name} cannot be read: {failure.GetType().Name}");
        }
    }

    private List<T> Checked(List<T> records)
    {
        foreach (var record in records)
        {
            _plan.Check?.Invoke(record);
        }
        return records;
    }

    private int ShardOf(T record) => SHA256.HashData(Encoding.UTF8.GetBytes(_plan.OwnerOf(record)))[0] % _plan.Shards;

    // The registry's name is part of it: the seal holds a file to its name, and so to its registry.
    private string NameOf(int shard) => $"{_plan.Name}-{shard:x2}";
}
