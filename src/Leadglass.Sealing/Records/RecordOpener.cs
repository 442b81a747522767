using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>Where a sealed record is read from.</summary>
public interface ISealedSource
{
    /// <summary>Length of the whole record in bytes.</summary>
    long Length { get; }

    /// <summary>Reads from an offset of the record; fewer bytes than the buffer takes only at the end.</summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);
}

/// <summary>A sealed record that lies in memory.</summary>
public sealed class MemorySealedSource(ReadOnlyMemory<byte> record) : ISealedSource
{
    /// <inheritdoc/>
    public long Length => record.Length;

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var rest = record[(int)Math.Min(offset, record.Length)..];
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        return ValueTask.FromResult(count);
    }
}

/// <summary>
/// Opens one record: any range of any run, reading the chunks that the range touches and no others. Nothing that did not
/// authenticate is ever handed out. Not for use by several threads at once.
/// </summary>
public sealed class RecordOpener : IDisposable
{
    // Few reads for a long range, little memory for a short one.
    private const int ChunksPerReadMax = 8;

    private readonly ISealedSource _source;
    private readonly AesGcm _aes;
    private readonly byte[] _associated = new byte[RecordFormat.AssociatedBytes];
    private readonly List<RunPlace> _runs = new(RecordFormat.RunsMax);
    private byte[]? _opened;
    private (int Run, long Index, int Length) _openedChunk = (-1, 0, 0);
    private bool _disposed;

    private RecordOpener(ISealedSource source, RecordHeader header, AesGcm aes)
    {
        _source = source;
        _aes = aes;
        Header = header;
    }

    /// <summary>The record's clear header.</summary>
    public RecordHeader Header { get; }

    /// <summary>What the record stands for, as it was sealed.</summary>
    public Token Instance { get; private set; }

    /// <summary>Reads the header alone, to learn which key is needed.</summary>
    /// <exception cref="SealedFormatException">There is no record here.</exception>
    public static async ValueTask<RecordHeader> ReadHeaderAsync(
        ISealedSource source,
        CancellationToken cancellationToken
    )
    {
        var header = new byte[RecordFormat.HeaderBytes];
        var count = await source.ReadAsync(0, header, cancellationToken);
        return RecordHeader.Parse(header.AsSpan(0, count));
    }

    /// <summary>Checks header, commitment and table of runs.</summary>
    /// <exception cref="SealedFormatException">There is no record here, or it is sealed under another key.</exception>
    /// <exception cref="SealBrokenException">The record is not as it was sealed.</exception>
    public static async ValueTask<RecordOpener> OpenAsync(
        ISealedSource source,
        DataKey key,
        CancellationToken cancellationToken
    )
    {
        if (source.Length < RecordFormat.HeaderBytes + RecordFormat.TrailerBytes)
        {
            throw new SealBrokenException($"a record of {source.Length} bytes is cut short");
        }

        var start = new byte[RecordFormat.HeaderBytes];
        var trailer = new byte[RecordFormat.TrailerBytes];
        await ReadExactlyAsync(source, 0, start, cancellationToken);
        await ReadExactlyAsync(source, source.Length - RecordFormat.TrailerBytes, trailer, cancellationToken);
        var header = RecordHeader.Parse(start);
        if (header.KeyId != key.Id)
        {
            throw new SealedFormatException(
                $"record {header.RecordId} is sealed under key {header.KeyId}, not {key.Id}"
            );
        }

        var opener = new RecordOpener(source, header, MakeCipher(key, start, header));
        try
        {
            opener.ReadTable(start, trailer);
            return opener;
        }
        catch
        {
            opener.Dispose();
            throw;
        }
    }

    /// <summary>Whether the record has this run, be it empty.</summary>
    public bool HasRun(RecordRun run) => _runs.Exists(place => place.Run == (int)run);

    /// <summary>Length of a run in bytes; 0 where the record does not have it.</summary>
    public long RunLength(RecordRun run) => _runs.Find(place => place.Run == (int)run).Length;

    /// <summary>Reads a range of a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="offset">From the start of the run's contents.</param>
    /// <param name="destination">Filled as far as the run goes.</param>
    /// <returns>Bytes read.</returns>
    /// <exception cref="SealBrokenException">A chunk that the range touches is not as it was sealed.</exception>
    public async ValueTask<int> ReadAsync(
        RecordRun run,
        long offset,
        Memory<byte> destination,
        CancellationToken cancellationToken
    )
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var place = _runs.Find(candidate => candidate.Run == (int)run);
        var wanted = (int)Math.Min(destination.Length, Math.Max(0, place.Length - offset));
        var done = 0;
        while (done < wanted)
        {
            done += await ReadSomeAsync(place, offset + done, destination[done..wanted], cancellationToken);
        }

        return wanted;
    }

    /// <summary>Reads a whole run that is known to be small.</summary>
    /// <exception cref="SealBrokenException">The run is longer than it may be, or not as it was sealed.</exception>
    public async ValueTask<byte[]> ReadRunAsync(RecordRun run, int bytesMax, CancellationToken cancellationToken)
    {
        var length = RunLength(run);
        if (length > bytesMax)
        {
            throw new SealBrokenException($"run {(int)run} has {length} bytes where at most {bytesMax} are allowed");
        }

        var content = new byte[length];
        await ReadAsync(run, 0, content, cancellationToken);
        return content;
    }

    /// <summary>Opens every chunk of every run and keeps nothing: is the record whole?</summary>
    /// <exception cref="SealBrokenException">It is not.</exception>
    public async ValueTask VerifyAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunksPerReadMax * RecordFormat.ChunkBytes);
        try
        {
            foreach (var place in _runs)
            {
                if (place.Length == 0)
                {
                    await OpenChunkAsync(place, 0, cancellationToken);
                }

                for (long offset = 0; offset < place.Length; )
                {
                    offset += await ReadAsync((RecordRun)place.Run, offset, buffer, cancellationToken);
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Wipes the key and what was opened last.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _aes.Dispose();
        if (_opened is not null)
        {
            CryptographicOperations.ZeroMemory(_opened);
            ArrayPool<byte>.Shared.Return(_opened);
        }
    }

    private static AesGcm MakeCipher(DataKey key, ReadOnlySpan<byte> start, RecordHeader header)
    {
        Span<byte> derived = stackalloc byte[64];
        RecordFormat.DeriveRecordKey(key, start, derived);
        var committed = CryptographicOperations.FixedTimeEquals(
            derived[32..],
            start[RecordFormat.CommitmentOffset..RecordFormat.HeaderBytes]
        );
        var aes = committed ? new AesGcm(derived[..32], RecordFormat.TagBytes) : null;
        CryptographicOperations.ZeroMemory(derived);
        return aes
            ?? throw new SealBrokenException(
                $"record {header.RecordId}: header or key is not the one it was sealed with"
            );
    }

    private void ReadTable(ReadOnlySpan<byte> start, ReadOnlySpan<byte> trailer)
    {
        Span<byte> table = stackalloc byte[RecordFormat.TrailerPlainBytes];
        RecordFormat.WriteAssociatedStart(_associated, start, default);
        OpenChunk(RecordFormat.TrailerRun, 0, last: true, trailer, table);
        Instance = Token.Read(table);
        RecordFormat.WriteAssociatedStart(_associated, start, Instance);
        long offset = RecordFormat.HeaderBytes;
        for (var entry = table[Token.Size..]; !entry.IsEmpty; entry = entry[16..])
        {
            var run = BinaryPrimitives.ReadUInt64LittleEndian(entry);
            if (run == ulong.MaxValue)
            {
                break;
            }

            var length = BinaryPrimitives.ReadInt64LittleEndian(entry[8..]);
            if (run >= RecordFormat.TrailerRun || length is < 0 or > RecordFormat.RunBytesMax)
            {
                throw new SealBrokenException($"record {Header.RecordId}: its table of runs makes no sense");
            }

            _runs.Add(new RunPlace((int)run, offset, length));
            offset += RecordFormat.SealedRunBytes(length);
        }

        if (offset + RecordFormat.TrailerBytes != _source.Length)
        {
            throw new SealBrokenException(
                $"record {Header.RecordId}: {_source.Length} bytes are not what its runs take"
            );
        }
    }

    private async ValueTask<int> ReadSomeAsync(
        RunPlace place,
        long offset,
        Memory<byte> destination,
        CancellationToken cancellationToken
    )
    {
        var index = offset / RecordFormat.ChunkBytes;
        var within = (int)(offset % RecordFormat.ChunkBytes);
        if (within == 0)
        {
            var whole = WholeChunks(place, index, destination.Length);
            if (whole > 0)
            {
                return await OpenManyAsync(place, index, whole, destination, cancellationToken);
            }
        }

        await OpenChunkAsync(place, index, cancellationToken);
        var taken = Math.Min(destination.Length, _openedChunk.Length - within);
        _opened.AsSpan(within, taken).CopyTo(destination.Span);
        return taken;
    }

    /// <summary>How many chunks from this one on fit whole into the room; the short last one counts.</summary>
    private static int WholeChunks(RunPlace place, long index, int room)
    {
        var count = 0;
        while (count < ChunksPerReadMax && index + count < RecordFormat.ChunkCount(place.Length))
        {
            var length = place.ChunkLength(index + count);
            if (length > room)
            {
                break;
            }

            room -= length;
            count++;
        }

        return count;
    }

    private async ValueTask<int> OpenManyAsync(
        RunPlace place,
        long index,
        int count,
        Memory<byte> destination,
        CancellationToken cancellationToken
    )
    {
        var sealedLength = 0;
        for (var i = 0; i < count; i++)
        {
            sealedLength += place.ChunkLength(index + i) + RecordFormat.TagBytes;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(sealedLength);
        try
        {
            await ReadExactlyAsync(
                _source,
                place.ChunkOffset(index),
                buffer.AsMemory(0, sealedLength),
                cancellationToken
            );
            var (from, to) = (0, 0);
            for (var i = 0; i < count; i++)
            {
                var length = place.ChunkLength(index + i);
                OpenChunk(
                    place.Run,
                    index + i,
                    place.IsLast(index + i),
                    buffer.AsSpan(from, length + RecordFormat.TagBytes),
                    destination.Span.Slice(to, length)
                );
                from += length + RecordFormat.TagBytes;
                to += length;
            }

            return to;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask OpenChunkAsync(RunPlace place, long index, CancellationToken cancellationToken)
    {
        if (_openedChunk.Run == place.Run && _openedChunk.Index == index)
        {
            return;
        }

        _opened ??= ArrayPool<byte>.Shared.Rent(RecordFormat.ChunkBytes);
        _openedChunk = (-1, 0, 0);
        var length = place.ChunkLength(index);
        await OpenManyAsync(place, index, 1, _opened.AsMemory(0, length), cancellationToken);
        _openedChunk = (place.Run, index, length);
    }

    private void OpenChunk(int run, long index, bool last, ReadOnlySpan<byte> sealedChunk, Span<byte> plain)
    {
        Span<byte> nonce = stackalloc byte[12];
        RecordFormat.WriteNonce(nonce, run, index, last);
        RecordFormat.WriteAssociatedEnd(_associated, run, index);
        try
        {
            _aes.Decrypt(nonce, sealedChunk[..plain.Length], sealedChunk[plain.Length..], plain, _associated);
        }
        catch (AuthenticationTagMismatchException mismatch)
        {
            throw new SealBrokenException(
                $"record {Header.RecordId}: run {run}, chunk {index} is not as it was sealed",
                mismatch
            );
        }
    }

    private static async ValueTask ReadExactlyAsync(
        ISealedSource source,
        long offset,
        Memory<byte> buffer,
        CancellationToken cancellationToken
    )
    {
        var count = await source.ReadAsync(offset, buffer, cancellationToken);
        if (count != buffer.Length)
        {
            throw new SealBrokenException($"the record ends at byte {offset + count}, before its own table says so");
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct RunPlace(int Run, long Offset, long Length)
    {
        public bool IsLast(long index) => index == RecordFormat.ChunkCount(Length) - 1;

        public int ChunkLength(long index) =>
            (int)Math.Min(RecordFormat.ChunkBytes, Length - (index * RecordFormat.ChunkBytes));

        public long ChunkOffset(long index) => Offset + (index * RecordFormat.SealedChunkBytes);
    }
}
