using Leadglass.Sealing;

namespace Leadglass.Archive.Packs;

/// <summary>A large record on its way into a pack of its own; a commit record in the log makes it valid.</summary>
internal sealed class PackStream : IBlobStream
{
    // So that the last flush is short and other flushes do not wait behind gigabytes.
    private const long BytesBetweenFlushes = 64L << 20;

    // Asking for the room left costs microseconds: once per this many bytes.
    private const long BytesBetweenSpaceChecks = 4L << 20;

    private readonly PackStore _store;
    private readonly IDurableFile _file;
    private readonly int _number;
    private readonly BlockBuffer _buffer;
    private readonly BlockWriter _writer;
    private uint _checksum = Crc32C.Start;
    private long _flushed;
    private long _spaceChecked;
    private bool _isNameDurable;
    private bool _committed;
    private bool _disposed;

    public PackStream(PackStore store, IDurableFile file, int number)
    {
        _store = store;
        _file = file;
        _number = number;
        _buffer = store.RentStreamBuffer();
        _writer = new BlockWriter(_buffer);
        _writer.Begin(file, PackFormat.BlockBytes);
    }

    /// <inheritdoc/>
    public long Length { get; private set; }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> sealedBytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_disposed || _committed, this);
        if (Length + sealedBytes.Length > _spaceChecked)
        {
            _store.ThrowIfFull(Math.Max(BytesBetweenSpaceChecks, sealedBytes.Length));
            _spaceChecked = Length + sealedBytes.Length + BytesBetweenSpaceChecks;
        }

        try
        {
            _writer.Append(sealedBytes.Span);
        }
        catch (DiskFullException full)
        {
            throw PackStore.Full(full);
        }

        _checksum = Crc32C.Append(_checksum, sealedBytes.Span);
        Length += sealedBytes.Length;
        if (Length - _flushed >= BytesBetweenFlushes)
        {
            FlushData();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_flushed < Length || !_isNameDurable)
        {
            FlushData();
        }

        if (!_isNameDurable)
        {
            _store.SyncFolder();
            _isNameDurable = true;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<BlobLocation> CommitAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        var location = new BlobLocation(_number, PackFormat.BlockBytes, Length);
        _store.CommitLarge(new CommitEntry(location, Crc32C.Finish(_checksum)));
        _committed = true;
        return location;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _file.Dispose();
            _store.ReturnStreamBuffer(_buffer);
            if (!_committed)
            {
                _store.Abandon(_number);
            }
        }

        return ValueTask.CompletedTask;
    }

    private void FlushData()
    {
        try
        {
            _writer.WriteOut();
        }
        catch (DiskFullException full)
        {
            throw PackStore.Full(full);
        }

        _store.Flush(_file);
        _flushed = Length;
    }
}
