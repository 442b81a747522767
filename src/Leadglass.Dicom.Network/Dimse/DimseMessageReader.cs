using System.Buffers;

namespace Leadglass.Dicom.Network;

/// <summary>What a fragment meant.</summary>
internal enum DimseStep
{
    /// <summary>Part of a command set; more is to come.</summary>
    CommandContinues,

    /// <summary>The command set is whole: <see cref="DimseMessageReader.Command"/>.</summary>
    CommandComplete,

    /// <summary>Bytes of the data set.</summary>
    DataSetContinues,

    /// <summary>The last bytes of the data set; the message is whole.</summary>
    DataSetComplete,
}

/// <summary>
/// Puts messages together from fragments (PS3.7 6.3, PS3.8 annex E). The command set is collected up to a limit; the data
/// set is only counted and passes through. Messages are not interleaved: a fragment of another context or kind than the
/// one under way is an error. Does no I/O.
/// </summary>
internal sealed class DimseMessageReader(DimseLimits limits) : IDisposable
{
    private byte[]? _command;
    private int _commandLength;
    private long _dataSetLength;
    private int _emptyFragments;
    private bool _inCommand;
    private bool _inDataSet;

    /// <summary>The command set of the message under way, once whole.</summary>
    public CommandSet? Command { get; private set; }

    /// <summary>The presentation context of the message under way.</summary>
    public byte ContextId { get; private set; }

    /// <summary>Nothing of a message has come that is not whole.</summary>
    public bool IsBetweenMessages => !_inCommand && !_inDataSet;

    /// <summary>Takes a piece of a fragment.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="position">Where it ends in the stream, for errors.</param>
    /// <exception cref="DicomProtocolException">It does not belong here, or a limit is reached.</exception>
    public DimseStep Feed(in PduPiece piece, long position)
    {
        CheckBelongs(piece, position);
        return _inCommand ? FeedCommand(piece, position) : FeedDataSet(piece, position);
    }

    /// <inheritdoc/>
    public void Dispose() => ReleaseCommand();

    private DimseStep FeedCommand(in PduPiece piece, long position)
    {
        var ends = piece.EndsFragment && piece.Control.HasFlag(MessageControlHeader.Last);
        if (_commandLength + piece.Bytes.Length > limits.CommandSetBytesMax)
        {
            throw Fail(position, "PS3.7 6.3.1", $"a command set of more than {limits.CommandSetBytesMax} bytes");
        }

        if (ends && _commandLength == 0 && piece.Bytes.IsSingleSegment)
        {
            Command = CommandSet.Read(piece.Bytes.FirstSpan, position);
        }
        else
        {
            Append(piece.Bytes);
            if (!ends)
            {
                return DimseStep.CommandContinues;
            }

            Command = CommandSet.Read(_command.AsSpan(0, _commandLength), position);
        }

        ReleaseCommand();
        _inCommand = false;
        _inDataSet = Command.HasDataSet;
        _dataSetLength = 0;
        _emptyFragments = 0;
        return DimseStep.CommandComplete;
    }

    private DimseStep FeedDataSet(in PduPiece piece, long position)
    {
        _dataSetLength += piece.Bytes.Length;
        if (_dataSetLength > limits.DataSetBytesMax)
        {
            throw Fail(position, "PS3.7 6.3", $"a data set of more than {limits.DataSetBytesMax} bytes");
        }

        if (!(piece.EndsFragment && piece.Control.HasFlag(MessageControlHeader.Last)))
        {
            return DimseStep.DataSetContinues;
        }

        _inDataSet = false;
        return DimseStep.DataSetComplete;
    }

    private void CheckBelongs(in PduPiece piece, long position)
    {
        var isCommand = piece.Control.HasFlag(MessageControlHeader.Command);
        if (IsBetweenMessages)
        {
            if (!isCommand)
            {
                throw Fail(position, "PS3.8 E.2", "a data set fragment without a command set before it");
            }

            _inCommand = true;
            _emptyFragments = 0;
            ContextId = piece.ContextId;
            Command = null;
        }
        else if (piece.ContextId != ContextId || isCommand != _inCommand)
        {
            throw Fail(position, "PS3.8 E.1", "a fragment of another message before the one under way is whole");
        }

        if (piece.Bytes.IsEmpty && ++_emptyFragments > limits.EmptyFragmentsMax)
        {
            throw Fail(position, "PS3.8 E.1", $"more than {limits.EmptyFragmentsMax} empty fragments in one message");
        }
    }

    private void Append(in ReadOnlySequence<byte> bytes)
    {
        var needed = _commandLength + (int)bytes.Length;
        if (_command is null || _command.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 1024));
            _command.AsSpan(0, _commandLength).CopyTo(larger);
            var length = _commandLength;
            ReleaseCommand();
            _command = larger;
            _commandLength = length;
        }

        bytes.CopyTo(_command.AsSpan(_commandLength));
        _commandLength = needed;
    }

    private void ReleaseCommand()
    {
        if (_command is not null)
        {
            ArrayPool<byte>.Shared.Return(_command);
            _command = null;
        }

        _commandLength = 0;
    }

    private static DicomProtocolException Fail(long position, string clause, string message) =>
        new(position, clause, message, AbortReason.UnexpectedPduParameter);
}
