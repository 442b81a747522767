using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Leadglass.Dicom.Network;

/// <summary>Writes PDUs strictly as PS3.8 9.3 has them: reserved bytes are zero, names padded, lengths right.</summary>
public static class PduWriter
{
    /// <summary>Writes one whole PDU, header and body together, and gives its length.</summary>
    /// <exception cref="ArgumentException">A name is too long or has characters that a PDU cannot carry.</exception>
    public static int Write(Pdu pdu, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(pdu);
        ArgumentNullException.ThrowIfNull(output);
        switch (pdu)
        {
            case AAssociateRequest request:
                return WriteAssociateRequest(request, output);
            case AAssociateAccept accept:
                return WriteAssociateAccept(accept, output);
            case AAssociateReject reject:
                return WriteShort(
                    output,
                    PduType.AAssociateReject,
                    0,
                    (byte)reject.Result,
                    (byte)reject.Source,
                    reject.Reason
                );
            case AReleaseRequest:
                return WriteShort(output, PduType.AReleaseRequest, 0, 0, 0, 0);
            case AReleaseResponse:
                return WriteShort(output, PduType.AReleaseResponse, 0, 0, 0, 0);
            case AAbort abort:
                return WriteShort(output, PduType.AAbort, 0, 0, (byte)abort.Source, (byte)abort.Reason);
            default:
                throw new ArgumentException("P-DATA-TF is written with its fragment", nameof(pdu));
        }
    }

    /// <summary>Writes the header of a P-DATA-TF PDU with one presentation data value, and that value's own header.</summary>
    /// <param name="target">Twelve bytes in front of the fragment.</param>
    /// <param name="contextId">The presentation context.</param>
    /// <param name="control">The message control header (PS3.8 E.2).</param>
    /// <param name="fragmentLength">Bytes that follow.</param>
    internal static void WritePDataTfHeader(
        Span<byte> target,
        byte contextId,
        MessageControlHeader control,
        int fragmentLength
    )
    {
        target[0] = (byte)PduType.PDataTf;
        target[1] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(target[2..], (uint)(fragmentLength + PduConstants.PdvHeaderLength));
        BinaryPrimitives.WriteUInt32BigEndian(target[6..], (uint)(fragmentLength + 2));
        target[10] = contextId;
        target[11] = (byte)control;
    }

    private static int WriteShort(IBufferWriter<byte> output, PduType type, byte a, byte b, byte c, byte d)
    {
        const int Length = PduConstants.HeaderLength + PduConstants.ShortBodyLength;
        ReadOnlySpan<byte> bytes = [(byte)type, 0, 0, 0, 0, PduConstants.ShortBodyLength, a, b, c, d];
        bytes.CopyTo(output.GetSpan(Length));
        output.Advance(Length);
        return Length;
    }

    private static int WriteAssociateRequest(AAssociateRequest request, IBufferWriter<byte> output)
    {
        var body = new ItemWriter();
        body.WriteAssociateFixed(request.ProtocolVersion, request.CalledAeTitle, request.CallingAeTitle);
        body.WriteTextItem(PduConstants.ApplicationContextItem, request.ApplicationContextName);
        foreach (var context in request.PresentationContexts)
        {
            var item = body.Begin(PduConstants.ProposedPresentationContextItem);
            body.WriteBytes([context.Id, 0, 0, 0]);
            body.WriteTextItem(PduConstants.AbstractSyntaxItem, context.AbstractSyntaxUid);
            foreach (var transferSyntax in context.TransferSyntaxUids)
            {
                body.WriteTextItem(PduConstants.TransferSyntaxItem, transferSyntax);
            }

            body.End(item);
        }

        body.WriteUserInformation(request.UserInformation);
        return body.CopyTo(output, PduType.AAssociateRequest);
    }

    private static int WriteAssociateAccept(AAssociateAccept accept, IBufferWriter<byte> output)
    {
        var body = new ItemWriter();
        body.WriteAssociateFixed(accept.ProtocolVersion, accept.CalledAeTitle, accept.CallingAeTitle);
        body.WriteTextItem(PduConstants.ApplicationContextItem, accept.ApplicationContextName);
        foreach (var context in accept.PresentationContexts)
        {
            var item = body.Begin(PduConstants.AnsweredPresentationContextItem);
            body.WriteBytes([context.Id, 0, (byte)context.Result, 0]);
            // PS3.8 9.3.3.2: one transfer syntax sub-item, not significant unless the context is accepted.
            body.WriteTextItem(PduConstants.TransferSyntaxItem, context.TransferSyntaxUid);
            body.End(item);
        }

        body.WriteUserInformation(accept.UserInformation);
        return body.CopyTo(output, PduType.AAssociateAccept);
    }

    /// <summary>Collects the body of an A-ASSOCIATE PDU, whose lengths are known only afterwards.</summary>
    private sealed class ItemWriter
    {
        private readonly ArrayBufferWriter<byte> _bytes = new(1024);
        private readonly List<(int Offset, int Length)> _lengths = [];

        public void WriteAssociateFixed(ushort version, string called, string calling)
        {
            WriteUInt16(version);
            WriteUInt16(0);
            WriteAeTitle(called);
            WriteAeTitle(calling);
            WriteBytes(new byte[32]);
        }

        public int Begin(byte type, byte second = 0)
        {
            WriteBytes([type, second, 0, 0]);
            return _bytes.WrittenCount;
        }

        public void End(int begun)
        {
            var length = _bytes.WrittenCount - begun;
            if (length > ushort.MaxValue)
            {
                throw new ArgumentException($"an item of {length} bytes: its length field has two bytes");
            }

            _lengths.Add((begun - 2, length));
        }

        public void WriteBytes(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public void WriteUInt16(ushort value)
        {
            BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(2), value);
            _bytes.Advance(2);
        }

        public void WriteTextItem(byte type, string text)
        {
            var item = Begin(type);
            WriteText(text);
            End(item);
        }

        public void WriteUserInformation(UserInformation information)
        {
            var item = Begin(PduConstants.UserInformationItem);
            if (information.PduLengthBytesMax is { } max)
            {
                var length = Begin(PduConstants.MaximumLengthItem);
                BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(4), max);
                _bytes.Advance(4);
                End(length);
            }

            WriteTextItem(PduConstants.ImplementationClassUidItem, information.ImplementationClassUid);
            if (information.AsynchronousOperationsWindow is { } window)
            {
                var asynchronous = Begin(PduConstants.AsynchronousOperationsWindowItem);
                WriteUInt16(window.OperationsInvokedMax);
                WriteUInt16(window.OperationsPerformedMax);
                End(asynchronous);
            }

            WriteNegotiations(information);
            if (information.ImplementationVersionName is { } version)
            {
                WriteTextItem(PduConstants.ImplementationVersionNameItem, version);
            }

            WriteIdentity(information);
            End(item);
        }

        public int CopyTo(IBufferWriter<byte> output, PduType type)
        {
            var total = PduConstants.HeaderLength + _bytes.WrittenCount;
            var target = output.GetSpan(total);
            target[0] = (byte)type;
            target[1] = 0;
            BinaryPrimitives.WriteUInt32BigEndian(target[2..], (uint)_bytes.WrittenCount);
            var body = target[PduConstants.HeaderLength..];
            _bytes.WrittenSpan.CopyTo(body);
            foreach (var (offset, length) in _lengths)
            {
                BinaryPrimitives.WriteUInt16BigEndian(body[offset..], (ushort)length);
            }

            output.Advance(total);
            return total;
        }

        private void WriteNegotiations(UserInformation information)
        {
            foreach (var role in information.RoleSelections)
            {
                var item = Begin(PduConstants.RoleSelectionItem);
                WriteSized(role.SopClassUid);
                WriteBytes([role.RequestorIsScu ? (byte)1 : (byte)0, role.RequestorIsScp ? (byte)1 : (byte)0]);
                End(item);
            }

            foreach (var extended in information.ExtendedNegotiations)
            {
                var item = Begin(PduConstants.ExtendedNegotiationItem);
                WriteSized(extended.SopClassUid);
                WriteBytes(extended.ServiceClassApplicationInformation.Span);
                End(item);
            }

            foreach (var common in information.CommonExtendedNegotiations)
            {
                var item = Begin(PduConstants.CommonExtendedNegotiationItem);
                WriteSized(common.SopClassUid);
                WriteSized(common.ServiceClassUid);
                WriteUInt16(checked((ushort)common.RelatedGeneralSopClassUids.Sum(uid => uid.Length + 2)));
                foreach (var uid in common.RelatedGeneralSopClassUids)
                {
                    WriteSized(uid);
                }

                End(item);
            }
        }

        private void WriteIdentity(UserInformation information)
        {
            if (information.UserIdentity is { } identity)
            {
                var item = Begin(PduConstants.UserIdentityRequestItem);
                WriteBytes([(byte)identity.Type, identity.PositiveResponseRequested ? (byte)1 : (byte)0]);
                WriteSized(identity.PrimaryField.Span);
                WriteSized(identity.SecondaryField.Span);
                End(item);
            }

            if (information.UserIdentityResponse is { } response)
            {
                var item = Begin(PduConstants.UserIdentityAcceptItem);
                WriteSized(response.Span);
                End(item);
            }
        }

        private void WriteSized(string text)
        {
            WriteUInt16(checked((ushort)text.Length));
            WriteText(text);
        }

        private void WriteSized(ReadOnlySpan<byte> bytes)
        {
            WriteUInt16(checked((ushort)bytes.Length));
            WriteBytes(bytes);
        }

        private void WriteAeTitle(string title)
        {
            if (title.Length > PduConstants.AeTitleLength)
            {
                throw new ArgumentException("an AE title has up to 16 characters", nameof(title));
            }

            WriteText(title.PadRight(PduConstants.AeTitleLength));
        }

        private void WriteText(string text)
        {
            if (text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                throw new ArgumentException(
                    "names and UIDs in PDUs have characters from space to ~ only",
                    nameof(text)
                );
            }

            _bytes.Advance(Encoding.ASCII.GetBytes(text, _bytes.GetSpan(text.Length)));
        }
    }
}
