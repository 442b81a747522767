using System.Buffers;

namespace Leadglass.Dicom.Network;

/// <summary>
/// Reads every PDU but P-DATA-TF, which is read as it arrives. Reads tolerantly: reserved bytes are not tested, unknown
/// items are passed over; but every length is checked.
/// </summary>
public static class PduReader
{
    /// <summary>Reads the body of a PDU whose header was checked.</summary>
    /// <param name="header">The header; its length is that of <paramref name="body"/>.</param>
    /// <param name="body">The bytes after the header.</param>
    /// <param name="limits">What the peer may send at most.</param>
    /// <param name="position">Where the body begins in the stream, for errors.</param>
    /// <exception cref="DicomProtocolException">The body breaks PS3.8 9.3 or a limit.</exception>
    public static Pdu Read(PduHeader header, in ReadOnlySequence<byte> body, PduLimits limits, long position)
    {
        header.Check(limits, position - PduConstants.HeaderLength);
        if (body.Length != header.Length)
        {
            throw new ArgumentException("the body has another length than its header says", nameof(body));
        }

        if (body.IsSingleSegment)
        {
            return Read(header.Type, body.FirstSpan, limits, position);
        }

        var rented = ArrayPool<byte>.Shared.Rent((int)body.Length);
        try
        {
            body.CopyTo(rented);
            return Read(header.Type, rented.AsSpan(0, (int)body.Length), limits, position);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static Pdu Read(PduType type, ReadOnlySpan<byte> body, PduLimits limits, long position)
    {
        var cursor = new PduCursor(body, position);
        switch (type)
        {
            case PduType.AAssociateRequest:
                return ReadAssociateRequest(cursor, limits);
            case PduType.AAssociateAccept:
                return ReadAssociateAccept(cursor, limits);
            case PduType.AAssociateReject:
                // PS3.8 9.3.4: one reserved byte, then result, source, reason.
                return new AAssociateReject((RejectResult)body[1], (RejectSource)body[2], body[3]);
            case PduType.AReleaseRequest:
                return new AReleaseRequest();
            case PduType.AReleaseResponse:
                return new AReleaseResponse();
            case PduType.AAbort:
                // PS3.8 9.3.8: two reserved bytes, then source and reason.
                return new AAbort((AbortSource)body[2], (AbortReason)body[3]);
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "P-DATA-TF is read as it arrives");
        }
    }

    private static AAssociateRequest ReadAssociateRequest(PduCursor cursor, PduLimits limits)
    {
        const string Clause = "PS3.8 9.3.2";
        var version = cursor.ReadUInt16(Clause);
        cursor.Skip(2, Clause);
        var called = cursor.ReadAeTitle(Clause);
        var calling = cursor.ReadAeTitle(Clause);
        cursor.Skip(32, Clause);

        var budget = new ItemBudget(limits.ItemsMax);
        var applicationContext = "";
        var contexts = new List<ProposedPresentationContext>();
        var userInformation = new UserInformation();
        while (cursor.Remaining > 0)
        {
            var type = ReadItemHeader(ref cursor, ref budget, Clause, out var item, out _);
            switch (type)
            {
                case PduConstants.ApplicationContextItem:
                    applicationContext = item.ReadUid(item.Remaining, "PS3.8 9.3.2.1");
                    break;
                case PduConstants.ProposedPresentationContextItem:
                    AddUnlessFull(contexts, ReadProposedContext(item, ref budget, limits), cursor);
                    break;
                case PduConstants.UserInformationItem:
                    userInformation = UserInformationReader.Read(item, ref budget);
                    break;
            }
        }

        CheckContextIds(contexts, context => context.Id, cursor);
        return new AAssociateRequest
        {
            ProtocolVersion = version,
            CalledAeTitle = called,
            CallingAeTitle = calling,
            ApplicationContextName = applicationContext,
            PresentationContexts = contexts,
            UserInformation = userInformation,
        };
    }

    private static AAssociateAccept ReadAssociateAccept(PduCursor cursor, PduLimits limits)
    {
        const string Clause = "PS3.8 9.3.3";
        var version = cursor.ReadUInt16(Clause);
        cursor.Skip(2, Clause);
        var called = cursor.ReadAeTitle(Clause);
        var calling = cursor.ReadAeTitle(Clause);
        cursor.Skip(32, Clause);

        var budget = new ItemBudget(limits.ItemsMax);
        var applicationContext = "";
        var contexts = new List<AnsweredPresentationContext>();
        var userInformation = new UserInformation();
        while (cursor.Remaining > 0)
        {
            var type = ReadItemHeader(ref cursor, ref budget, Clause, out var item, out _);
            switch (type)
            {
                case PduConstants.ApplicationContextItem:
                    applicationContext = item.ReadUid(item.Remaining, "PS3.8 9.3.3.1");
                    break;
                case PduConstants.AnsweredPresentationContextItem:
                    AddUnlessFull(contexts, ReadAnsweredContext(item, ref budget), cursor);
                    break;
                case PduConstants.UserInformationItem:
                    userInformation = UserInformationReader.Read(item, ref budget);
                    break;
            }
        }

        CheckContextIds(contexts, context => context.Id, cursor);
        return new AAssociateAccept
        {
            ProtocolVersion = version,
            CalledAeTitle = called,
            CallingAeTitle = calling,
            ApplicationContextName = applicationContext,
            PresentationContexts = contexts,
            UserInformation = userInformation,
        };
    }

    private static ProposedPresentationContext ReadProposedContext(
        PduCursor item,
        ref ItemBudget budget,
        PduLimits limits
    )
    {
        const string Clause = "PS3.8 9.3.2.2";
        var id = item.ReadByte(Clause);
        item.Skip(3, Clause);
        string? abstractSyntax = null;
        var transferSyntaxes = new List<string>();
        while (item.Remaining > 0)
        {
            var type = ReadItemHeader(ref item, ref budget, Clause, out var subItem, out _);
            if (type == PduConstants.AbstractSyntaxItem)
            {
                abstractSyntax = subItem.ReadUid(subItem.Remaining, "PS3.8 9.3.2.2.1");
            }
            else if (type == PduConstants.TransferSyntaxItem)
            {
                if (transferSyntaxes.Count == limits.TransferSyntaxesPerContextMax)
                {
                    throw item.Fail(
                        Clause,
                        $"more than {limits.TransferSyntaxesPerContextMax} transfer syntaxes in one presentation context"
                    );
                }

                transferSyntaxes.Add(subItem.ReadUid(subItem.Remaining, "PS3.8 9.3.2.2.2"));
            }
        }

        if (abstractSyntax is null || transferSyntaxes.Count == 0)
        {
            throw item.Fail(Clause, "a presentation context without an abstract or without a transfer syntax");
        }

        return new ProposedPresentationContext(id, abstractSyntax, transferSyntaxes);
    }

    private static AnsweredPresentationContext ReadAnsweredContext(PduCursor item, ref ItemBudget budget)
    {
        const string Clause = "PS3.8 9.3.3.2";
        var id = item.ReadByte(Clause);
        item.Skip(1, Clause);
        var result = (PresentationContextResult)item.ReadByte(Clause);
        item.Skip(1, Clause);
        var transferSyntax = "";
        while (item.Remaining > 0)
        {
            var type = ReadItemHeader(ref item, ref budget, Clause, out var subItem, out _);
            // PS3.8 9.3.3.2: not tested unless the context is accepted.
            if (type == PduConstants.TransferSyntaxItem && result == PresentationContextResult.Acceptance)
            {
                transferSyntax = subItem.ReadUid(subItem.Remaining, "PS3.8 9.3.3.2.1");
            }
        }

        return new AnsweredPresentationContext(id, result, transferSyntax);
    }

    /// <summary>Reads type and length of an item and hands out a cursor over its value.</summary>
    internal static byte ReadItemHeader(
        scoped ref PduCursor cursor,
        ref ItemBudget budget,
        string clause,
        out PduCursor item,
        out byte second
    )
    {
        if (!budget.TrySpend())
        {
            throw cursor.Fail(clause, $"more than {budget.Max} items in one PDU");
        }

        var type = cursor.ReadByte(clause);
        // PS3.8 9.3.1: reserved, not tested; PS3.7 D.3.3.6 has a version here.
        second = cursor.ReadByte(clause);
        int length = cursor.ReadUInt16(clause);
        item = cursor.Slice(length, clause);
        return type;
    }

    private static void AddUnlessFull<T>(List<T> contexts, T context, PduCursor cursor)
    {
        if (contexts.Count == PduConstants.PresentationContextsMax)
        {
            throw cursor.Fail("PS3.8 9.3.2.2", "more than 128 presentation contexts");
        }

        contexts.Add(context);
    }

    private static void CheckContextIds<T>(List<T> contexts, Func<T, byte> idOf, PduCursor cursor)
    {
        Span<bool> seen = stackalloc bool[256];
        foreach (var id in contexts.Select(idOf))
        {
            if (id % 2 == 0 || seen[id])
            {
                throw cursor.Fail(
                    "PS3.8 9.3.2.2",
                    $"presentation context id {id} is even or occurs twice: ids are odd and unique"
                );
            }

            seen[id] = true;
        }
    }
}

/// <summary>How many items a PDU may still contain.</summary>
internal struct ItemBudget(int max)
{
    private int _left = max;

    public int Max { get; } = max;

    public bool TrySpend() => _left-- > 0;
}
