using System.Buffers;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>
/// A file of the queue that is being written: sealed bytes pass through a buffer of fixed size. Not part of the queue until
/// it is committed; a crash before leaves a name that the next start removes.
/// </summary>
internal sealed class ArrivingEnvelope : IBufferWriter<byte>, IDisposable
{
    /// <summary>The ending of files that are not whole.</summary>
    public const string Suffix = ".part";

    // A sealed chunk always fits behind what is held.
    private const int BufferBytes = 256 * 1024;
    private const int FlushBytes = 128 * 1024;

    private readonly IDurableFile _file;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private readonly Action<long> _reserve;
    private int _held;
    private long _written;
    private bool _disposed;

    public ArrivingEnvelope(IDurableFile file, string fileName, ulong association, Guid id, Action<long> reserve)
    {
        _file = file;
        _reserve = reserve;
        FileName = fileName;
        Association = association;
        Id = id;
    }

    public string FileName { get; }

    public ulong Association { get; }

    public Guid Id { get; }

    /// <summary>Bytes that were written to the file.</summary>
    public long WrittenBytes => _written;

    /// <summary>Bytes so far.</summary>
    public long Length => _written + _held;

    public void Advance(int count)
    {
        _held += count;
        if (_held >= FlushBytes)
        {
            Flush();
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_held);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_held);
    }

    /// <summary>Writes what is held and flushes the file's bytes; blocks.</summary>
    public void Sync()
    {
        Flush();
        _file.Sync();
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _file.Dispose();
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    private void Reserve(int sizeHint)
    {
        if (_buffer.Length - _held < Math.Max(1, sizeHint))
        {
            Flush();
            ArgumentOutOfRangeException.ThrowIfGreaterThan(sizeHint, _buffer.Length);
        }
    }

    private void Flush()
    {
        if (_held > 0)
        {
            _reserve(_held);
            _file.Write(_written, _buffer.AsSpan(0, _held));
            _written += _held;
            _held = 0;
        }
    }
}
