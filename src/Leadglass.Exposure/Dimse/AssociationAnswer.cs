using Leadglass.Dicom.Network;

namespace Leadglass.Exposure;

/// <summary>What answered an A-ASSOCIATE-RQ.</summary>
internal enum AnswerKind
{
    /// <summary>A-ASSOCIATE-AC.</summary>
    Accepted,

    /// <summary>A-ASSOCIATE-RJ.</summary>
    Rejected,

    /// <summary>A-ABORT.</summary>
    Aborted,

    /// <summary>No connection.</summary>
    NotConnected,

    /// <summary>Nothing, until time was up.</summary>
    Silent,

    /// <summary>The connection was closed, or broke, without a byte.</summary>
    Closed,

    /// <summary>A TLS alert or another TLS record: TLS is wanted.</summary>
    Tls,

    /// <summary>HTTP.</summary>
    Http,

    /// <summary>Text, such as a greeting of SSH or FTP.</summary>
    Banner,

    /// <summary>Bytes that are none of these, or an answer that breaks PS3.8.</summary>
    Other,

    /// <summary>TLS could not be established.</summary>
    TlsFailed,
}

/// <summary>What answered an A-ASSOCIATE-RQ, with the association where there is one.</summary>
internal sealed record AssociationAnswer(AnswerKind Kind)
{
    /// <summary>The association, where it was accepted.</summary>
    public ProbeAssociation? Association { get; init; }

    /// <summary>The rejection.</summary>
    public AAssociateReject? Reject { get; init; }

    /// <summary>The abort.</summary>
    public AAbort? Abort { get; init; }

    /// <summary>What came of dialling, where there is no connection.</summary>
    public DialOutcome Dialled { get; init; }

    /// <summary>An upper layer answered.</summary>
    public bool IsDicom => Kind is AnswerKind.Accepted or AnswerKind.Rejected or AnswerKind.Aborted;

    /// <summary>What came, in code only.</summary>
    public string Response =>
        Kind switch
        {
            AnswerKind.Accepted => "accepted",
            AnswerKind.Rejected => $"reject {(byte)Reject!.Result}/{(byte)Reject.Source}/{Reject.Reason}",
            AnswerKind.Aborted => $"A-ABORT {(byte)Abort!.Source}/{(byte)Abort.Reason}",
            AnswerKind.NotConnected => Dialled switch
            {
                DialOutcome.Refused => "refused",
                DialOutcome.Silent => "time-out",
                _ => "unreachable",
            },
            AnswerKind.Silent => "time-out",
            AnswerKind.Closed => "closed",
            AnswerKind.Tls => "TLS alert",
            AnswerKind.Http => "HTTP",
            AnswerKind.Banner => "banner",
            AnswerKind.TlsFailed => "TLS failed",
            _ => "not DICOM",
        };

    /// <summary>
    /// Says what the first bytes are; none stands for a close. A PDU counts when its type and length are those of an answer
    /// to an A-ASSOCIATE-RQ (PS3.8 9.3).
    /// </summary>
    public static AnswerKind Classify(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return AnswerKind.Closed;
        }

        // RFC 8446 5.1: content types 20 to 23, then the legacy version with its upper byte 3.
        if (bytes[0] is >= 0x14 and <= 0x17 && (bytes.Length < 2 || bytes[1] == 3))
        {
            return AnswerKind.Tls;
        }

        if (bytes.StartsWith("HTTP/"u8))
        {
            return AnswerKind.Http;
        }

        if (
            bytes.Length >= 6
            && PduHeader.TryRead(new System.Buffers.ReadOnlySequence<byte>(bytes[..6].ToArray()), out var header)
        )
        {
            var answer = header switch
            {
                { Type: PduType.AAssociateAccept, Length: >= 68 and <= ProbeAssociation.AcceptBytesMax } =>
                    AnswerKind.Accepted,
                { Type: PduType.AAssociateReject, Length: 4 } => AnswerKind.Rejected,
                { Type: PduType.AAbort, Length: 4 } => AnswerKind.Aborted,
                _ => AnswerKind.Other,
            };
            if (answer != AnswerKind.Other)
            {
                return answer;
            }
        }

        return bytes.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E) && !IsLine(bytes)
            ? AnswerKind.Other
            : AnswerKind.Banner;
    }

    private static bool IsLine(ReadOnlySpan<byte> bytes)
    {
        var line = bytes.IndexOfAny((byte)'\r', (byte)'\n');
        return line > 0 && !bytes[..line].ContainsAnyExceptInRange((byte)0x20, (byte)0x7E);
    }
}
