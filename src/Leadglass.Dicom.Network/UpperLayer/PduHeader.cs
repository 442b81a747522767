using System.Buffers;
using System.Buffers.Binary;

namespace Leadglass.Dicom.Network;

/// <summary>The first six bytes of every PDU (PS3.8 9.3.1).</summary>
/// <param name="Type">The type; not checked yet.</param>
/// <param name="Length">Bytes that follow the header, as the peer claims.</param>
public readonly record struct PduHeader(PduType Type, uint Length)
{
    /// <summary>Reads a header, or says that fewer than six bytes are there.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> input, out PduHeader header)
    {
        header = default;
        if (input.Length < PduConstants.HeaderLength)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[PduConstants.HeaderLength];
        input.Slice(0, PduConstants.HeaderLength).CopyTo(bytes);
        // PS3.8 9.3.1: byte 2 is reserved and not tested.
        header = new PduHeader((PduType)bytes[0], BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]));
        return true;
    }

    /// <summary>Checks type and length against PS3.8 and the limits, before anything is read or allocated.</summary>
    /// <exception cref="DicomProtocolException">The type is unknown, or the length impossible or beyond its limit.</exception>
    public void Check(PduLimits limits, long position)
    {
        switch (Type)
        {
            case PduType.AAssociateRequest or PduType.AAssociateAccept:
                CheckLength(PduConstants.AssociateFixedLength, limits.AssociateLengthBytesMax, position, "PS3.8 9.3.2");
                break;
            case PduType.PDataTf:
                // An empty P-DATA-TF has no item, and the standard wants at least one (PS3.8 Table 9-22).
                CheckLength(PduConstants.PdvHeaderLength, limits.PDataTfLengthBytesMax, position, "PS3.8 9.3.5");
                break;
            case PduType.AAssociateReject or PduType.AReleaseRequest or PduType.AReleaseResponse or PduType.AAbort:
                CheckLength(PduConstants.ShortBodyLength, PduConstants.ShortBodyLength, position, "PS3.8 9.3.4");
                break;
            default:
                throw new DicomProtocolException(
                    position,
                    "PS3.8 9.3.1",
                    $"PDU type {(byte)Type:X2}H is not one of 01H to 07H",
                    AbortReason.UnrecognizedPdu
                );
        }
    }

    private void CheckLength(int low, int high, long position, string clause)
    {
        if (Length < low || Length > high)
        {
            throw new DicomProtocolException(
                position + 2,
                clause,
                $"{Type} claims {Length} bytes where {low} to {high} are allowed"
            );
        }
    }
}
