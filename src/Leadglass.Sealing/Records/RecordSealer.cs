using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Leadglass.Sealing;

/// <summary>
/// Seals one record while its contents stream in: any number of runs, one after another, of lengths not known before.
/// Sealed bytes go to the output as soon as a chunk is full; at most one chunk of 64 KiB is held. Not for use by several
/// threads at once.
/// </summary>
public sealed class RecordSealer : IDisposable
{
    private readonly IBufferWriter<byte> _output;
    private readonly AesGcm _aes;
    private readonly byte[] _associated = new byte[RecordFormat.AssociatedBytes];
    private readonly byte[] _held = ArrayPool<byte>.Shared.Rent(RecordFormat.ChunkBytes);
    private readonly (int Run, long Length)[] _runs = new (int, long)[RecordFormat.RunsMax];
    private readonly Token _instance;
    private int _heldCount;
    private int _runCount;
    private long _chunkIndex;
    private bool _completed;
    private bool _disposed;

    /// <summary>Begins a record and writes its header.</summary>
    /// <param name="key">The key of the study, or one of the whole archive.</param>
    /// <param name="instance">What the record stands for; a record cannot be passed off as that of another instance.</param>
    /// <param name="output">Takes the sealed bytes.</param>
    public RecordSealer(DataKey key, Token instance, IBufferWriter<byte> output)
    {
        _output = output;
        _instance = instance;
        Id = RecordId.Create();
        Span<byte> salt = stackalloc byte[32];
        RandomNumberGenerator.Fill(salt);
        Span<byte> derived = stackalloc byte[64];
        var header = output.GetSpan(RecordFormat.HeaderBytes)[..RecordFormat.HeaderBytes];
        RecordFormat.WriteHeaderStart(header, key.Id, Id, salt);
        RecordFormat.DeriveRecordKey(key, header, derived);
        derived[32..].CopyTo(header[RecordFormat.CommitmentOffset..]);
        RecordFormat.WriteAssociatedStart(_associated, header, instance);
        _aes = new AesGcm(derived[..32], RecordFormat.TagBytes);
        CryptographicOperations.ZeroMemory(derived);
        output.Advance(RecordFormat.HeaderBytes);
        Length = RecordFormat.HeaderBytes;
    }

    /// <summary>The record's random id.</summary>
    public RecordId Id { get; }

    /// <summary>Sealed bytes written to the output so far; the whole record's length after <see cref="Complete"/>.</summary>
    public long Length { get; private set; }

    /// <summary>The length of a record whose runs have these lengths in bytes.</summary>
    public static long SealedLength(params ReadOnlySpan<long> runLengths)
    {
        long length = RecordFormat.HeaderBytes + RecordFormat.TrailerBytes;
        foreach (var run in runLengths)
        {
            length += RecordFormat.SealedRunBytes(run);
        }

        return length;
    }

    /// <summary>
    /// Appends to a run. Naming another run than before ends that one, which cannot be gone on with; an empty span makes
    /// an empty run.
    /// </summary>
    /// <exception cref="InvalidOperationException">The run has ended, or the record is complete.</exception>
    public void Write(RecordRun run, ReadOnlySpan<byte> data)
    {
        TurnTo((int)run);
        ref var length = ref _runs[_runCount - 1].Length;
        if (data.Length > RecordFormat.RunBytesMax - length)
        {
            throw new InvalidOperationException("a run has at most 16 TiB");
        }

        length += data.Length;
        while (!data.IsEmpty)
        {
            if (_heldCount == 0 && data.Length > RecordFormat.ChunkBytes)
            {
                Emit(data[..RecordFormat.ChunkBytes], last: false);
                data = data[RecordFormat.ChunkBytes..];
                continue;
            }

            if (_heldCount == RecordFormat.ChunkBytes)
            {
                Emit(_held.AsSpan(0, _heldCount), last: false);
                _heldCount = 0;
                continue;
            }

            var taken = Math.Min(data.Length, RecordFormat.ChunkBytes - _heldCount);
            data[..taken].CopyTo(_held.AsSpan(_heldCount));
            _heldCount += taken;
            data = data[taken..];
        }
    }

    /// <summary>Appends a sequence to a run.</summary>
    public void Write(RecordRun run, in ReadOnlySequence<byte> data)
    {
        foreach (var part in data)
        {
            Write(run, part.Span);
        }
    }

    /// <summary>Ends the last run and writes the sealed table of runs.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_completed)
        {
            throw new InvalidOperationException("the record is complete");
        }

        EndRun();
        Span<byte> table = stackalloc byte[RecordFormat.TrailerPlainBytes];
        _instance.Write(table);
        table[Token.Size..].Fill(0xFF);
        for (var i = 0; i < _runCount; i++)
        {
            var entry = table[(Token.Size + (i * 16))..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, (ulong)_runs[i].Run);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], (ulong)_runs[i].Length);
        }

        // The trailer tells the instance, so it cannot be bound to it from outside.
        default(Token).Write(_associated.AsSpan(40));
        EmitChunk(RecordFormat.TrailerRun, 0, table, last: true);
        _completed = true;
    }

    /// <summary>Wipes the key and what was held. Without <see cref="Complete"/> the output is no record.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _aes.Dispose();
        CryptographicOperations.ZeroMemory(_held.AsSpan(0, RecordFormat.ChunkBytes));
        ArrayPool<byte>.Shared.Return(_held);
    }

    private void TurnTo(int run)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_completed)
        {
            throw new InvalidOperationException("the record is complete");
        }

        if (_runCount > 0 && _runs[_runCount - 1].Run == run)
        {
            return;
        }

        EndRun();
        for (var i = 0; i < _runCount; i++)
        {
            if (_runs[i].Run == run)
            {
                throw new InvalidOperationException($"run {run} has ended");
            }
        }

        _runs[_runCount++] = (run, 0);
    }

    private void EndRun()
    {
        if (_runCount == 0)
        {
            return;
        }

        Emit(_held.AsSpan(0, _heldCount), last: true);
        _heldCount = 0;
        _chunkIndex = 0;
    }

    private void Emit(ReadOnlySpan<byte> plain, bool last) =>
        EmitChunk(_runs[_runCount - 1].Run, _chunkIndex++, plain, last);

    private void EmitChunk(int run, long index, ReadOnlySpan<byte> plain, bool last)
    {
        Span<byte> nonce = stackalloc byte[12];
        RecordFormat.WriteNonce(nonce, run, index, last);
        RecordFormat.WriteAssociatedEnd(_associated, run, index);
        var sealedLength = plain.Length + RecordFormat.TagBytes;
        var sealedChunk = _output.GetSpan(sealedLength)[..sealedLength];
        _aes.Encrypt(nonce, plain, sealedChunk[..plain.Length], sealedChunk[plain.Length..], _associated);
        _output.Advance(sealedLength);
        Length += sealedLength;
    }
}
