using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>
/// The data keys of all studies, each wrapped under the master key, in a folder of its own. Keys are made ahead in
/// batches, so that a new study costs no flush. Whoever destroys a key erases what it sealed. Safe for use by many threads.
/// </summary>
public sealed class KeyRing : IDisposable
{
    /// <summary>How many keys are made at a time.</summary>
    public const int BatchSize = 256;

    // Unwrapping costs some microseconds: keys in use are kept, within a bound.
    private const int UnwrappedMax = 4096;

    private readonly IDurableFolder _folder;
    private readonly KeyId _master;
    private readonly byte[] _wrapKey = GC.AllocateArray<byte>(32, pinned: true);
    private readonly byte[] _macKey = GC.AllocateArray<byte>(32, pinned: true);
    private readonly List<KeyRingSegment> _segments = [];
    private readonly Dictionary<KeyId, Place> _places = [];
    private readonly Queue<KeyId> _spares = [];
    private readonly Dictionary<KeyId, DataKey> _unwrapped = [];
    private readonly Queue<KeyId> _unwrappedOrder = [];
    private readonly Lock _gate = new();
    private bool _disposed;

    private KeyRing(IDurableFolder folder, MasterKey master)
    {
        _folder = folder;
        _master = master.Id;
        Span<byte> keyring = stackalloc byte[32];
        master.Derive(KeyPurpose.Keyring, keyring);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, keyring, _wrapKey, salt: [], info: "wrap"u8);
        HKDF.DeriveKey(HashAlgorithmName.SHA256, keyring, _macKey, salt: [], info: "mac"u8);
        CryptographicOperations.ZeroMemory(keyring);
    }

    /// <summary>Rises with every change of the keyring; a backup is told by it from an older one.</summary>
    public long Generation { get; private set; }

    /// <summary>Keys held, those made ahead included, those destroyed not.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _places.Values.Count(place => !_segments[place.Segment].IsDestroyed(place.Slot));
            }
        }
    }

    /// <summary>Opens the keyring of a folder, which may be empty.</summary>
    /// <exception cref="WrongMasterKeyException">It is wrapped under another master key.</exception>
    /// <exception cref="SealBrokenException">A part of it is damaged or missing.</exception>
    public static KeyRing Open(IDurableFolder folder, MasterKey master)
    {
        var ring = new KeyRing(folder, master);
        try
        {
            ring.Load(claimSpares: true);
            return ring;
        }
        catch
        {
            ring.Dispose();
            throw;
        }
    }

    /// <summary>Opens the keyring beside the process that owns it: keys are found, none is given out or destroyed.</summary>
    /// <exception cref="WrongMasterKeyException">It is wrapped under another master key.</exception>
    /// <exception cref="SealBrokenException">A part of it is damaged or missing.</exception>
    public static KeyRing OpenReadOnly(IDurableFolder folder, MasterKey master)
    {
        var ring = new KeyRing(folder, master) { IsReadOnly = true };
        try
        {
            ring.Load(claimSpares: false);
            return ring;
        }
        catch
        {
            ring.Dispose();
            throw;
        }
    }

    private bool IsReadOnly { get; init; }

    /// <summary>
    /// A key for a new study, already durable. One that is taken and never used is simply wasted; none is given out twice,
    /// not even after a crash.
    /// </summary>
    /// <exception cref="DurableIOException">The next batch could not be written.</exception>
    public DataKey TakeFresh()
    {
        lock (_gate)
        {
            ThrowUnlessWritable();
            if (_spares.Count == 0)
            {
                MakeAhead();
            }

            return Unwrap(_spares.Dequeue());
        }
    }

    /// <summary>The key of this id. The keyring owns it: callers do not dispose it, and it is wiped when destroyed.</summary>
    /// <exception cref="KeyUnavailableException">It was destroyed or was never here.</exception>
    public DataKey Find(KeyId id)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return Unwrap(id);
        }
    }

    /// <summary>Whether the key of this id is held, was destroyed, or was never here.</summary>
    public KeyState StateOf(KeyId id)
    {
        lock (_gate)
        {
            if (!_places.TryGetValue(id, out var place))
            {
                return KeyState.Unknown;
            }

            return _segments[place.Segment].IsDestroyed(place.Slot) ? KeyState.Destroyed : KeyState.Held;
        }
    }

    /// <summary>
    /// Destroys a key for good: its part of the keyring is written anew without it, flushed and renamed, and the former
    /// file is overwritten. When this returns, no power cut brings it back. Destroying it again does nothing.
    /// </summary>
    /// <exception cref="KeyUnavailableException">The key was never here.</exception>
    /// <exception cref="DurableIOException">It could not be written; the key may still be there.</exception>
    public void Destroy(KeyId id)
    {
        lock (_gate)
        {
            ThrowUnlessWritable();
            if (!_places.TryGetValue(id, out var place))
            {
                throw new KeyUnavailableException(id, destroyed: false);
            }

            var segment = _segments[place.Segment];
            if (!segment.IsDestroyed(place.Slot))
            {
                segment.Destroy(place.Slot);
                if (_unwrapped.Remove(id, out var key))
                {
                    key.Dispose();
                }
            }

            // Also when it is destroyed in memory already: an earlier write may have failed.
            Save(segment, overwriteFormer: true);
        }
    }

    /// <summary>Keys that were not given out are remembered as such; then all keys are wiped from memory.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            foreach (var key in _unwrapped.Values)
            {
                key.Dispose();
            }

            CryptographicOperations.ZeroMemory(_wrapKey);
            CryptographicOperations.ZeroMemory(_macKey);
        }
    }

    /// <summary>
    /// Writes down which keys were not given out, so that the next start goes on with them. Call it once, last, at an
    /// orderly end; without it they are merely wasted.
    /// </summary>
    public void Close()
    {
        lock (_gate)
        {
            ThrowUnlessWritable();
            if (_spares.Count > 0)
            {
                var last = _segments[^1];
                last.SparesFrom = last.Count - _spares.Count;
                _spares.Clear();
                Save(last, overwriteFormer: false);
            }
        }
    }

    private void Load(bool claimSpares)
    {
        for (var number = 1; _folder.Exists(KeyRingSegment.NameOf(number)); number++)
        {
            var segment = KeyRingSegment.Read(_folder, number, _master, _macKey);
            for (var slot = 0; slot < segment.Count; slot++)
            {
                _places[segment.IdOf(slot)] = new Place(_segments.Count, slot);
            }

            _segments.Add(segment);
            Generation = Math.Max(Generation, segment.Generation);
        }

        if (_folder.List().Count(name => name.EndsWith(".keys", StringComparison.Ordinal)) != _segments.Count)
        {
            throw new SealBrokenException($"the keyring has no part {_segments.Count + 1}: restore it from a backup");
        }

        if (claimSpares && _segments.Count > 0)
        {
            ClaimSpares(_segments[^1]);
        }
    }

    /// <summary>Notes durably that the spares count as given out before the first of them is.</summary>
    private void ClaimSpares(KeyRingSegment last)
    {
        var from = last.SparesFrom;
        if (from >= last.Count)
        {
            return;
        }

        last.SparesFrom = last.Count;
        Save(last, overwriteFormer: false);
        for (var slot = from; slot < last.Count; slot++)
        {
            if (!last.IsDestroyed(slot))
            {
                _spares.Enqueue(last.IdOf(slot));
            }
        }
    }

    private void MakeAhead()
    {
        if (_segments.Count == 0 || _segments[^1].Count + BatchSize > KeyRingSegment.SlotsMax)
        {
            _segments.Add(new KeyRingSegment(_segments.Count + 1));
        }

        var segment = _segments[^1];
        var first = segment.Count;
        Span<byte> secret = stackalloc byte[DataKey.SizeBytes];
        Span<byte> wrapped = stackalloc byte[DataKey.SizeBytes + RecordFormat.TagBytes];
        for (var i = 0; i < BatchSize; i++)
        {
            RandomNumberGenerator.Fill(secret);
            var id = KeyId.Create();
            Wrap(id, secret, wrapped);
            segment.Add(id, wrapped);
        }

        CryptographicOperations.ZeroMemory(secret);
        segment.SparesFrom = segment.Count;
        try
        {
            Save(segment, overwriteFormer: false);
        }
        catch
        {
            segment.RemoveFrom(first);
            if (first == 0)
            {
                _segments.RemoveAt(_segments.Count - 1);
            }

            throw;
        }

        for (var slot = first; slot < segment.Count; slot++)
        {
            var id = segment.IdOf(slot);
            _places[id] = new Place(_segments.Count - 1, slot);
            _spares.Enqueue(id);
        }
    }

    private void Save(KeyRingSegment segment, bool overwriteFormer)
    {
        segment.Generation = ++Generation;
        var bytes = segment.ToBytes(_master, _macKey);
        var former =
            overwriteFormer && _folder.Exists(segment.FileName)
                ? _folder.Open(segment.FileName, FileAccess.ReadWrite)
                : null;
        using (former)
        {
            SealedFile.Replace(_folder, segment.FileName, bytes);
            if (former is not null)
            {
                former.Write(0, new byte[former.Length]);
                former.Sync();
            }
        }
    }

    private DataKey Unwrap(KeyId id)
    {
        if (_unwrapped.TryGetValue(id, out var known))
        {
            return known;
        }

        if (!_places.TryGetValue(id, out var place))
        {
            throw new KeyUnavailableException(id, destroyed: false);
        }

        var segment = _segments[place.Segment];
        if (segment.IsDestroyed(place.Slot))
        {
            throw new KeyUnavailableException(id, destroyed: true);
        }

        Span<byte> secret = stackalloc byte[DataKey.SizeBytes];
        var wrapped = segment.WrappedSecret(place.Slot);
        Open(id, wrapped, secret);
        var key = new DataKey(id, secret);
        CryptographicOperations.ZeroMemory(secret);
        if (_unwrappedOrder.Count == UnwrappedMax)
        {
            // Whoever still holds the key goes on with it, so it is let go, not wiped.
            _unwrapped.Remove(_unwrappedOrder.Dequeue());
        }

        _unwrapped.Add(id, key);
        _unwrappedOrder.Enqueue(id);
        return key;
    }

    private void Wrap(KeyId id, ReadOnlySpan<byte> secret, Span<byte> wrapped)
    {
        using var aes = MakeCipher(id, out var associated);
        aes.Encrypt(new byte[12], secret, wrapped[..DataKey.SizeBytes], wrapped[DataKey.SizeBytes..], associated);
    }

    private void Open(KeyId id, ReadOnlySpan<byte> wrapped, Span<byte> secret)
    {
        using var aes = MakeCipher(id, out var associated);
        try
        {
            aes.Decrypt(new byte[12], wrapped[..DataKey.SizeBytes], wrapped[DataKey.SizeBytes..], secret, associated);
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new SealBrokenException($"key {id} in the keyring is damaged", mismatch);
        }
    }

    /// <summary>Each key has a wrapping key of its own, used once, so that the nonce may be zero.</summary>
    private AesGcm MakeCipher(KeyId id, out byte[] associated)
    {
        associated = new byte[KeyId.Size];
        id.Write(associated);
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _wrapKey, key, associated, "leadglass wrapped key 1"u8);
        var aes = new AesGcm(key, RecordFormat.TagBytes);
        CryptographicOperations.ZeroMemory(key);
        return aes;
    }

    private void ThrowUnlessWritable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (IsReadOnly)
        {
            throw new InvalidOperationException("the keyring was opened for reading only");
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Place(int Segment, int Slot);
}

/// <summary>What became of a key.</summary>
public enum KeyState
{
    /// <summary>It was never in this keyring.</summary>
    Unknown,

    /// <summary>It is there.</summary>
    Held,

    /// <summary>It was destroyed: what it sealed is erased.</summary>
    Destroyed,
}
