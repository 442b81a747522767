namespace Leadglass.Dicom.Network;

/// <summary>Reads the sub-items of the user information item (PS3.8 annex D, PS3.7 annex D.3.3).</summary>
internal static class UserInformationReader
{
    private const string Clause = "PS3.8 9.3.2.3";

    public static UserInformation Read(PduCursor items, ref ItemBudget budget)
    {
        var information = new UserInformation();
        var roles = new List<RoleSelection>();
        var extended = new List<ExtendedNegotiation>();
        var common = new List<CommonExtendedNegotiation>();
        while (items.Remaining > 0)
        {
            var type = PduReader.ReadItemHeader(ref items, ref budget, Clause, out var item, out _);
            switch (type)
            {
                case PduConstants.MaximumLengthItem:
                    information = information with { PduLengthBytesMax = item.ReadUInt32("PS3.8 D.1.1") };
                    break;
                case PduConstants.ImplementationClassUidItem:
                    information = information with
                    {
                        ImplementationClassUid = item.ReadUid(item.Remaining, "PS3.7 D.3.3.2.1"),
                    };
                    break;
                case PduConstants.ImplementationVersionNameItem:
                    information = information with { ImplementationVersionName = ReadVersionName(item) };
                    break;
                case PduConstants.AsynchronousOperationsWindowItem:
                    information = information with { AsynchronousOperationsWindow = ReadWindow(item) };
                    break;
                case PduConstants.RoleSelectionItem:
                    roles.Add(ReadRoleSelection(item));
                    break;
                case PduConstants.ExtendedNegotiationItem:
                    extended.Add(ReadExtendedNegotiation(item));
                    break;
                case PduConstants.CommonExtendedNegotiationItem:
                    common.Add(ReadCommonExtendedNegotiation(item, ref budget));
                    break;
                case PduConstants.UserIdentityRequestItem:
                    information = information with { UserIdentity = ReadUserIdentity(item) };
                    break;
                case PduConstants.UserIdentityAcceptItem:
                    information = information with { UserIdentityResponse = ReadUserIdentityResponse(item) };
                    break;
            }
        }

        return information with
        {
            RoleSelections = roles,
            ExtendedNegotiations = extended,
            CommonExtendedNegotiations = common,
        };
    }

    /// <summary>The standard allows 16 characters; longer names are cut, since nothing depends on them.</summary>
    private static string ReadVersionName(PduCursor item)
    {
        var name = item.ReadText(item.Remaining, "PS3.7 D.3.3.2.3").Trim(' ', '\uFFFD');
        return name.Length <= 16 ? name : name[..16];
    }

    private static AsynchronousOperationsWindow ReadWindow(PduCursor item)
    {
        const string WindowClause = "PS3.7 D.3.3.3.1";
        return new AsynchronousOperationsWindow(item.ReadUInt16(WindowClause), item.ReadUInt16(WindowClause));
    }

    private static RoleSelection ReadRoleSelection(PduCursor item)
    {
        const string RoleClause = "PS3.7 D.3.3.4.1";
        var sopClass = item.ReadUid(item.ReadUInt16(RoleClause), RoleClause);
        return new RoleSelection(sopClass, item.ReadByte(RoleClause) != 0, item.ReadByte(RoleClause) != 0);
    }

    private static ExtendedNegotiation ReadExtendedNegotiation(PduCursor item)
    {
        const string ExtendedClause = "PS3.7 D.3.3.5.1";
        var sopClass = item.ReadUid(item.ReadUInt16(ExtendedClause), ExtendedClause);
        return new ExtendedNegotiation(sopClass, item.Take(item.Remaining, ExtendedClause).ToArray());
    }

    private static CommonExtendedNegotiation ReadCommonExtendedNegotiation(PduCursor item, ref ItemBudget budget)
    {
        const string CommonClause = "PS3.7 D.3.3.6.1";
        var sopClass = item.ReadUid(item.ReadUInt16(CommonClause), CommonClause);
        var serviceClass = item.ReadUid(item.ReadUInt16(CommonClause), CommonClause);
        var related = new List<string>();
        var list = item.Slice(item.ReadUInt16(CommonClause), CommonClause);
        while (list.Remaining > 0)
        {
            if (!budget.TrySpend())
            {
                throw list.Fail(CommonClause, $"more than {budget.Max} items in one PDU");
            }

            related.Add(list.ReadUid(list.ReadUInt16(CommonClause), CommonClause));
        }

        // What follows is reserved for later versions of the sub-item and is not tested.
        return new CommonExtendedNegotiation(sopClass, serviceClass, related);
    }

    private static UserIdentity ReadUserIdentity(PduCursor item)
    {
        const string IdentityClause = "PS3.7 D.3.3.7.1";
        return new UserIdentity
        {
            Type = (UserIdentityType)item.ReadByte(IdentityClause),
            PositiveResponseRequested = item.ReadByte(IdentityClause) != 0,
            PrimaryField = item.Take(item.ReadUInt16(IdentityClause), IdentityClause).ToArray(),
            SecondaryField = item.Take(item.ReadUInt16(IdentityClause), IdentityClause).ToArray(),
        };
    }

    private static ReadOnlyMemory<byte> ReadUserIdentityResponse(PduCursor item)
    {
        const string ResponseClause = "PS3.7 D.3.3.7.2";
        return item.Take(item.ReadUInt16(ResponseClause), ResponseClause).ToArray();
    }
}
