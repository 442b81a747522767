using System.Buffers.Binary;
using System.Text;

namespace Leadglass.Dicom.Network;

/// <summary>
/// A command set (PS3.7 6.3.1, annex E): the elements of group 0000 that our services use, always in Implicit VR Little
/// Endian. Elements of other services are passed over.
/// </summary>
internal sealed class CommandSet
{
    /// <summary>Command Data Set Type (0000,0800) when no data set follows.</summary>
    public const ushort NoDataSet = 0x0101;

    /// <summary>What we put there when one follows; any value but 0101H says so.</summary>
    public const ushort WithDataSet = 0x0001;

    private const string Clause = "PS3.7 6.3.1";
    private const int ElementHeaderLength = 8;

    public CommandField Field { get; set; }

    public ushort? MessageId { get; set; }

    public ushort? MessageIdBeingRespondedTo { get; set; }

    public string? AffectedSopClassUid { get; set; }

    public string? RequestedSopClassUid { get; set; }

    public string? AffectedSopInstanceUid { get; set; }

    public string? RequestedSopInstanceUid { get; set; }

    public string? MoveDestination { get; set; }

    public DimsePriority? Priority { get; set; }

    public ushort DataSetType { get; set; } = NoDataSet;

    public ushort? Status { get; set; }

    public string? ErrorComment { get; set; }

    public ushort? EventTypeId { get; set; }

    public ushort? ActionTypeId { get; set; }

    public ushort? RemainingSubOperations { get; set; }

    public ushort? CompletedSubOperations { get; set; }

    public ushort? FailedSubOperations { get; set; }

    public ushort? WarningSubOperations { get; set; }

    public string? MoveOriginator { get; set; }

    public ushort? MoveOriginatorMessageId { get; set; }

    public bool HasDataSet => DataSetType != NoDataSet;

    public bool IsResponse => ((ushort)Field & 0x8000) != 0;

    /// <summary>The status with its comment; a response without one is taken for a failure.</summary>
    public DimseStatus DimseStatus => new(Status ?? DimseStatus.ProcessingFailure.Code, ErrorComment);

    /// <summary>Reads a whole command set.</summary>
    /// <param name="bytes">All of its fragments.</param>
    /// <param name="position">Where it ends in the stream, for errors.</param>
    /// <exception cref="DicomProtocolException">It is not a command set.</exception>
    public static CommandSet Read(ReadOnlySpan<byte> bytes, long position)
    {
        var command = new CommandSet();
        var seen = false;
        while (bytes.Length > 0)
        {
            if (bytes.Length < ElementHeaderLength)
            {
                throw Fail(position, $"{bytes.Length} bytes at the end of a command set are no element");
            }

            var group = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            var element = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            if (group != 0 || length > bytes.Length - ElementHeaderLength)
            {
                throw Fail(
                    position,
                    $"({group:X4},{element:X4}) claims {length} bytes with {bytes.Length - ElementHeaderLength} left in its command set"
                );
            }

            var value = bytes.Slice(ElementHeaderLength, (int)length);
            seen |= element == 0x0100;
            command.Take(element, value, position);
            bytes = bytes[(ElementHeaderLength + (int)length)..];
        }

        return seen ? command : throw Fail(position, "a command set without Command Field (0000,0100)");
    }

    /// <summary>How many bytes <see cref="Write"/> writes at most.</summary>
    public int LengthMax =>
        (24 * (ElementHeaderLength + 4))
        + TextLength(AffectedSopClassUid)
        + TextLength(RequestedSopClassUid)
        + TextLength(AffectedSopInstanceUid)
        + TextLength(RequestedSopInstanceUid)
        + TextLength(MoveDestination)
        + TextLength(MoveOriginator)
        + TextLength(ErrorComment);

    /// <summary>Writes the elements in the order of their tags and gives their length.</summary>
    public int Write(Span<byte> target)
    {
        var writer = new Writer(target);
        writer.Skip(ElementHeaderLength + 4);
        writer.Text(0x0002, AffectedSopClassUid, 0);
        writer.Text(0x0003, RequestedSopClassUid, 0);
        writer.Number(0x0100, (ushort)Field);
        writer.Number(0x0110, MessageId);
        writer.Number(0x0120, MessageIdBeingRespondedTo);
        writer.Text(0x0600, MoveDestination, (byte)' ');
        writer.Number(0x0700, (ushort?)Priority);
        writer.Number(0x0800, DataSetType);
        writer.Number(0x0900, Status);
        writer.Text(0x0902, ErrorComment, (byte)' ');
        writer.Text(0x1000, AffectedSopInstanceUid, 0);
        writer.Text(0x1001, RequestedSopInstanceUid, 0);
        writer.Number(0x1002, EventTypeId);
        writer.Number(0x1008, ActionTypeId);
        writer.Number(0x1020, RemainingSubOperations);
        writer.Number(0x1021, CompletedSubOperations);
        writer.Number(0x1022, FailedSubOperations);
        writer.Number(0x1023, WarningSubOperations);
        writer.Text(0x1030, MoveOriginator, (byte)' ');
        writer.Number(0x1031, MoveOriginatorMessageId);

        // PS3.7 E.1: Command Group Length counts what follows it.
        var length = writer.Offset;
        var first = new Writer(target);
        first.Long(0x0000, (uint)(length - ElementHeaderLength - 4));
        return length;
    }

    private static int TextLength(string? text) => text?.Length + 1 ?? 0;

    private static DicomProtocolException Fail(long position, string message) =>
        new(position, Clause, message, AbortReason.NotSpecified, AbortSource.ServiceUser);

    private void Take(ushort element, ReadOnlySpan<byte> value, long position)
    {
        switch (element)
        {
            case 0x0002:
                AffectedSopClassUid = Text(value);
                break;
            case 0x0003:
                RequestedSopClassUid = Text(value);
                break;
            case 0x0100:
                Field = (CommandField)Number(element, value, position);
                break;
            case 0x0110:
                MessageId = Number(element, value, position);
                break;
            case 0x0120:
                MessageIdBeingRespondedTo = Number(element, value, position);
                break;
            case 0x0600:
                MoveDestination = Text(value);
                break;
            case 0x0700:
                Priority = (DimsePriority)Number(element, value, position);
                break;
            case 0x0800:
                DataSetType = Number(element, value, position);
                break;
            case 0x0900:
                Status = Number(element, value, position);
                break;
            case 0x0902:
                ErrorComment = Text(value);
                break;
            case 0x1000:
                AffectedSopInstanceUid = Text(value);
                break;
            case 0x1001:
                RequestedSopInstanceUid = Text(value);
                break;
            case 0x1002:
                EventTypeId = Number(element, value, position);
                break;
            case 0x1008:
                ActionTypeId = Number(element, value, position);
                break;
            case 0x1020:
                RemainingSubOperations = Number(element, value, position);
                break;
            case 0x1021:
                CompletedSubOperations = Number(element, value, position);
                break;
            case 0x1022:
                FailedSubOperations = Number(element, value, position);
                break;
            case 0x1023:
                WarningSubOperations = Number(element, value, position);
                break;
            case 0x1030:
                MoveOriginator = Text(value);
                break;
            case 0x1031:
                MoveOriginatorMessageId = Number(element, value, position);
                break;
        }
    }

    private static ushort Number(ushort element, ReadOnlySpan<byte> value, long position) =>
        value.Length >= 2
            ? BinaryPrimitives.ReadUInt16LittleEndian(value)
            : throw Fail(position, $"(0000,{element:X4}) has {value.Length} bytes where a number has two");

    private static string Text(ReadOnlySpan<byte> value) => Encoding.Latin1.GetString(value.Trim("\0 "u8));

    private ref struct Writer(Span<byte> target)
    {
        private readonly Span<byte> _target = target;

        public int Offset { get; private set; }

        public void Skip(int count) => Offset += count;

        public void Number(ushort element, ushort? value)
        {
            if (value is { } number)
            {
                Header(element, 2);
                BinaryPrimitives.WriteUInt16LittleEndian(_target[Offset..], number);
                Offset += 2;
            }
        }

        public void Long(ushort element, uint value)
        {
            Header(element, 4);
            BinaryPrimitives.WriteUInt32LittleEndian(_target[Offset..], value);
            Offset += 4;
        }

        public void Text(ushort element, string? text, byte padding)
        {
            if (text is null)
            {
                return;
            }

            var length = text.Length + (text.Length & 1);
            Header(element, length);
            // What has left ASCII becomes '?': command elements know no other character set (PS3.7 6.3.1).
            Encoding.ASCII.GetBytes(text, _target[Offset..]);
            if (length > text.Length)
            {
                _target[Offset + text.Length] = padding;
            }

            Offset += length;
        }

        private void Header(ushort element, int length)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_target[Offset..], 0);
            BinaryPrimitives.WriteUInt16LittleEndian(_target[(Offset + 2)..], element);
            BinaryPrimitives.WriteUInt32LittleEndian(_target[(Offset + 4)..], (uint)length);
            Offset += ElementHeaderLength;
        }
    }
}
