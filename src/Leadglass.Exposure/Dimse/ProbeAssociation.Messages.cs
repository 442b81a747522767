using System.Buffers;
using System.Buffers.Binary;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>Receiving: PDUs, fragments, messages, each within its limit.</summary>
internal sealed partial class ProbeAssociation
{
    private const int PduHeaderLength = 6;
    private const int FragmentHeaderLength = 6;

    /// <summary>The longest command set; one has a few hundred bytes.</summary>
    private const int CommandBytesMax = 8 * 1024;

    /// <summary>The longest data set that is passed over; after that the server is left.</summary>
    private const int SkippedBytesMax = 1024 * 1024;

    private const int EmptyFragmentsMax = 16;

    private PinnedBytes? _identifier;
    private uint _pduLeft;

    /// <summary>What becomes of the data set of a message.</summary>
    private enum DataSetUse
    {
        Skip,
        Hold,
    }

    /// <summary>A message: its command, and how much of its data set is held.</summary>
    private readonly record struct Message(CommandHead Head, int IdentifierLength);

    /// <summary>Receives a whole message; of a C-STORE-RQ the command only.</summary>
    private async ValueTask<Message> ReceiveAsync(ProbeContext context, DataSetUse use, CancellationToken cancel)
    {
        _identifier ??= PinnedBytes.Rent();
        CommandHead? head = null;
        var held = 0;
        var passed = 0;
        var empty = 0;
        byte? ofMessage = null;
        while (true)
        {
            var (id, control, left) = await NextFragmentAsync(cancel);
            var isCommand = (control & 1) != 0;
            ofMessage ??= id;
            if (id != ofMessage || isCommand != head is null || (left == 0 && ++empty > EmptyFragmentsMax))
            {
                throw Malformed();
            }

            var isHeld = isCommand || use == DataSetUse.Hold;
            while (left > 0)
            {
                await HoldAsync(1, cancel);
                var piece = _wire.Held[..(int)Math.Min(left, (uint)_wire.Held.Length)];
                passed += piece.Length;
                if (
                    passed > SkippedBytesMax
                    || (isHeld && held + piece.Length > (isCommand ? CommandBytesMax : PinnedBytes.Length))
                )
                {
                    throw new ProbeLostException(new DimseOutcome(DimseEnding.TooMuch));
                }

                if (isHeld)
                {
                    piece.Span.CopyTo(_identifier.Span[held..]);
                    held += piece.Length;
                }

                left -= (uint)piece.Length;
                _pduLeft -= (uint)piece.Length;
                _wire.Take(piece.Length);
            }

            if ((control & 2) == 0)
            {
                continue;
            }

            if (head is { } known)
            {
                return new Message(known, held);
            }

            var command = ReadCommand(held);
            _identifier.Span[..held].Clear();
            held = 0;
            if (command.Field == CommandField.CStoreRequest)
            {
                return new Message(command, 0);
            }

            if (id != context.Id)
            {
                throw Malformed();
            }

            if (!command.HasDataSet)
            {
                return new Message(command, 0);
            }

            head = command;
        }
    }

    private CommandHead ReadCommand(int length) =>
        CommandHead.TryRead(_identifier!.Span[..length], out var head) ? head : throw Malformed();

    /// <summary>The header of the next presentation data value, and of its PDU where a new one begins.</summary>
    private async ValueTask<(byte ContextId, byte Control, uint Left)> NextFragmentAsync(CancellationToken cancel)
    {
        if (_pduLeft == 0)
        {
            await HoldAsync(PduHeaderLength, cancel);
            var header = ReadHeader();
            if (header.Type != PduType.PDataTf)
            {
                await EndByAsync(cancel);
            }

            header.Check(Limits, 0);
            _wire.Take(PduHeaderLength);
            _pduLeft = header.Length;
        }

        if (_pduLeft < FragmentHeaderLength)
        {
            throw Malformed();
        }

        await HoldAsync(FragmentHeaderLength, cancel);
        var bytes = _wire.Held.Span;
        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var (contextId, control) = (bytes[4], bytes[5]);
        if (length < 2 || length > _pduLeft - 4)
        {
            throw Malformed();
        }

        _wire.Take(FragmentHeaderLength);
        _pduLeft -= FragmentHeaderLength;
        return (contextId, control, length - 2);
    }

    /// <summary>A PDU other than P-DATA-TF where a message is due: the association ends.</summary>
    private async ValueTask EndByAsync(CancellationToken cancel)
    {
        switch (await ReadPduAsync(cancel))
        {
            case AAbort abort:
                _isOver = true;
                throw new ProbeLostException(DimseOutcome.OfAbort(abort));
            case AReleaseRequest:
                await SendPduAsync(new AReleaseResponse(), cancel);
                _isOver = true;
                throw new ProbeLostException(new DimseOutcome(DimseEnding.Released));
            default:
                throw Malformed();
        }
    }

    private async ValueTask<Pdu> ReadPduAsync(CancellationToken cancel)
    {
        var header = ReadHeader();
        header.Check(Limits, 0);
        await HoldAsync(PduHeaderLength + (int)header.Length, cancel);
        var body = new ReadOnlySequence<byte>(_wire.Held.Slice(PduHeaderLength, (int)header.Length));
        var pdu = PduReader.Read(header, body, Limits, PduHeaderLength);
        _wire.Take(PduHeaderLength + (int)header.Length);
        return pdu;
    }

    private PduHeader ReadHeader()
    {
        PduHeader.TryRead(new ReadOnlySequence<byte>(_wire.Held), out var header);
        return header;
    }

    private async ValueTask HoldAsync(int count, CancellationToken cancel)
    {
        if (!await _wire.HoldAsync(count, cancel))
        {
            _isOver = true;
            throw new ProbeLostException(new DimseOutcome(DimseEnding.Closed));
        }
    }

    private async ValueTask SkipAsync(uint count, CancellationToken cancel)
    {
        while (count > 0)
        {
            await HoldAsync(1, cancel);
            var piece = (int)Math.Min(count, (uint)_wire.Held.Length);
            _wire.Take(piece);
            count -= (uint)piece;
        }
    }

    private static ProbeLostException Malformed() => new(new DimseOutcome(DimseEnding.Malformed));
}
