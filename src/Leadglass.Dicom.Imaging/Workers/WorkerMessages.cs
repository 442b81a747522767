using System.Buffers.Binary;

namespace Leadglass.Dicom.Imaging.Workers;

/// <summary>How a decoding ended in a worker.</summary>
internal enum WorkerOutcome : byte
{
    Decoded = 1,
    Malformed = 2,
    OutOfMemory = 3,
}

/// <summary>What goes between the program and a worker, over two pipes: a request, its bytes; an answer, its bytes.</summary>
internal static class WorkerMessages
{
    public const int RequestLength = 24;
    public const int AnswerLength = 8;

    /// <summary>What a worker says once it is confined.</summary>
    public const ulong Ready = 0x4C47_6465_636F_6465;

    private const uint RequestMark = 0x4C47_5251;
    private const uint AnswerMark = 0x4C47_414E;

    public static void WriteRequest(Span<byte> target, NativeFrame frame, int encodedLength)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, RequestMark);
        target[4] = (byte)frame.Codec;
        target[5] = (byte)frame.Samples;
        target[6] = (byte)frame.SampleBytes;
        target[7] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], frame.Rows);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], frame.Columns);
        BinaryPrimitives.WriteInt32LittleEndian(target[16..], encodedLength);
        BinaryPrimitives.WriteInt32LittleEndian(target[20..], 0);
    }

    /// <summary>False for what the program never sends.</summary>
    public static bool TryReadRequest(ReadOnlySpan<byte> source, out NativeFrame frame, out int encodedLength)
    {
        frame = new NativeFrame(
            (NativeCodec)source[4],
            BinaryPrimitives.ReadInt32LittleEndian(source[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            source[5],
            source[6]
        );
        encodedLength = BinaryPrimitives.ReadInt32LittleEndian(source[16..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(source) == RequestMark
            && frame.Rows is >= 1 and <= PixelLimits.SideMax
            && frame.Columns is >= 1 and <= PixelLimits.SideMax
            && frame.Samples is >= 1 and <= PixelLimits.SamplesPerPixelMax
            && frame.SampleBytes is 1 or 2 or 4
            && frame.Bytes <= PixelLimits.FrameBytesMax
            && encodedLength is >= 0 and <= PixelLimits.EncodedFrameBytesMax + Codecs.JpegColorMarker.LengthAdded;
    }

    public static void WriteAnswer(Span<byte> target, WorkerOutcome outcome)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, AnswerMark);
        target[4] = (byte)outcome;
        target[5..AnswerLength].Clear();
    }

    /// <summary>Null for what no worker of ours sends.</summary>
    public static WorkerOutcome? ReadAnswer(ReadOnlySpan<byte> source) =>
        BinaryPrimitives.ReadUInt32LittleEndian(source) == AnswerMark
        && (WorkerOutcome)source[4] is WorkerOutcome.Decoded or WorkerOutcome.Malformed or WorkerOutcome.OutOfMemory
            ? (WorkerOutcome)source[4]
            : null;
}
