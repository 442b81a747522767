using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests.Hostile;

/// <summary>Peers that lie, flood or break the protocol: each is aborted with the right reason, and costs little.</summary>
public sealed class HostilePeerTests
{
    private const string Ct = SopClasses.CTImageStorage;

    public static TheoryData<string, string, string> BrokenStreams() =>
        new()
        {
            { "an unknown PDU", "09 00 00000004 00000000", ScriptedPeer.AbortByProvider(AbortReason.UnrecognizedPdu) },
            { "an accept", "02 00 00000044", "" },
            {
                "a P-DATA-TF of 4 GiB",
                "04 00 FFFFFFFF",
                ScriptedPeer.AbortByProvider(AbortReason.InvalidPduParameterValue)
            },
            {
                "a value longer than its PDU",
                "04 00 00000008 0000FFFF 01 03 0000",
                ScriptedPeer.AbortByProvider(AbortReason.InvalidPduParameterValue)
            },
            {
                "a context that was not accepted",
                "04 00 00000008 00000004 09 03 0000",
                ScriptedPeer.AbortByProvider(AbortReason.InvalidPduParameterValue)
            },
            {
                "a data set without a command",
                "04 00 00000008 00000004 01 02 0000",
                ScriptedPeer.AbortByProvider(AbortReason.UnexpectedPduParameter)
            },
            { "a command set that is none", "04 00 00000008 00000004 01 03 0000", ScriptedPeer.AbortByUser },
            {
                "a release response nobody asked for",
                "06 00 00000004 00000000",
                ScriptedPeer.AbortByProvider(AbortReason.UnexpectedPdu)
            },
            {
                "a rejection of what stands",
                "03 00 00000004 00010101",
                ScriptedPeer.AbortByProvider(AbortReason.UnexpectedPdu)
            },
        };

    [Theory(Timeout = 20_000)]
    [MemberData(nameof(BrokenStreams))]
    public async Task WhatBreaksTheProtocolIsAbortedWithItsReason(string what, string bytes, string expected)
    {
        if (expected.Length == 0)
        {
            bytes += new string('0', 2 * 0x44);
            expected = ScriptedPeer.AbortByProvider(AbortReason.UnexpectedPdu);
        }

        var (peer, serving) = ScriptedPeer.Against(new TestHandler());
        await using var _ = peer;
        await peer.AssociateAsync(Ct);

        await peer.SendAsync(bytes);

        await peer.ExpectAsync(expected);
        await peer.CloseAsync();
        var end = await serving;
        Assert.True(end.Kind == AssociationEndKind.ProtocolError, what);
        Assert.NotNull(end.Error);
    }

    [Fact(Timeout = 20_000)]
    public async Task ASecondRequestIsAborted()
    {
        var (peer, serving) = ScriptedPeer.Against(new TestHandler());
        await using var _ = peer;
        await peer.AssociateAsync(Ct);

        await peer.SendAsync(ScriptedPeer.Request(Ct));

        await peer.ExpectAsync(ScriptedPeer.AbortByProvider(AbortReason.UnexpectedPdu));
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.ProtocolError, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task BeforeAnAssociationAnythingElseIsAbortedAsTable910Says()
    {
        var (peer, serving) = ScriptedPeer.Against(new TestHandler());
        await using var _ = peer;

        await peer.SendAsync("GET / HTTP/1.1\r\n"u8.ToArray());

        // Sta2 Evt19 AA-1: the source is the service user.
        await peer.ExpectAsync(ScriptedPeer.AbortByUser);
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.ProtocolError, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task ARequestBeyondTheWindowBeforeARetrievalIsAnsweredIsAborted()
    {
        const string Get = SopClasses.StudyRootQueryRetrieveInformationModelGet;
        var handler = new TestHandler
        {
            Get = (_, _) =>
                new RetrievePlan
                {
                    SubOperations = 1,
                    Instances = new IOutgoingInstance[] { new BytesInstance(Ct, "1.2.1", [1, 2]) }.ToAsyncEnumerable(),
                },
        };
        var (peer, serving) = ScriptedPeer.Against(handler);
        await using var _ = peer;
        var request = ScriptedPeer.Request(Get) with
        {
            PresentationContexts =
            [
                new ProposedPresentationContext(1, Get, [TransferSyntax.ExplicitVrLittleEndian.Uid]),
                new ProposedPresentationContext(3, Ct, [TransferSyntax.ExplicitVrLittleEndian.Uid]),
            ],
            UserInformation = new UserInformation
            {
                PduLengthBytesMax = 16384,
                RoleSelections = [new RoleSelection(Ct, RequestorIsScu: false, RequestorIsScp: true)],
            },
        };
        await peer.SendAsync(request);
        Assert.IsType<AAssociateAccept>(ScriptedPeer.ReadPdu(await peer.ReceiveAsync()));
        await peer.SendCommandAsync(1, Request(CommandField.CGetRequest, 1));
        Assert.Equal((byte)PduType.PDataTf, (await peer.ReceiveAsync())[0]);
        Assert.Equal((byte)PduType.PDataTf, (await peer.ReceiveAsync())[0]);

        await peer.SendCommandAsync(1, Request(CommandField.CEchoRequest, 2));

        await peer.ExpectAsync(ScriptedPeer.AbortByUser);
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.ProtocolError, (await serving).Kind);

        static CommandSet Request(CommandField field, ushort messageId) =>
            new()
            {
                Field = field,
                MessageId = messageId,
                AffectedSopClassUid = Get,
            };
    }

    [Fact(Timeout = 20_000)]
    public async Task ARequestBeyondTheWindowWaitsForAnOperationThatEndsByItself()
    {
        var answer = new TaskCompletionSource();
        var handler = new TestHandler
        {
            Echo = async () =>
            {
                await answer.Task;
                return DimseStatus.Success;
            },
        };
        var (peer, serving) = ScriptedPeer.Against(handler);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);
        for (ushort id = 1; id <= 2; id++)
        {
            await peer.SendCommandAsync(
                1,
                new CommandSet
                {
                    Field = CommandField.CEchoRequest,
                    MessageId = id,
                    AffectedSopClassUid = Ct,
                }
            );
        }

        answer.SetResult();

        Assert.Equal((ushort)1, (await peer.ReceiveCommandAsync()).MessageIdBeingRespondedTo);
        Assert.Equal((ushort)2, (await peer.ReceiveCommandAsync()).MessageIdBeingRespondedTo);
        Assert.False(serving.IsCompleted);
    }

    [Fact(Timeout = 20_000)]
    public async Task CommandSetsWithoutEndAreCutOff()
    {
        var (peer, serving) = ScriptedPeer.Against(new TestHandler());
        await using var _ = peer;
        await peer.AssociateAsync(Ct);

        var sending = FloodAsync(peer, "04 00 00000FFF 00000FFB 01 01" + string.Concat(Enumerable.Repeat("00", 0xFF9)));

        await peer.ExpectAsync(ScriptedPeer.AbortByProvider(AbortReason.UnexpectedPduParameter));
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.ProtocolError, (await serving).Kind);
        await sending;
    }

    [Fact(Timeout = 20_000)]
    public async Task EmptyFragmentsWithoutEndAreCutOff()
    {
        var (peer, serving) = ScriptedPeer.Against(new TestHandler());
        await using var _ = peer;
        await peer.AssociateAsync(Ct);

        var sending = FloodAsync(peer, "04 00 00000006 00000002 01 01");

        await peer.ExpectAsync(ScriptedPeer.AbortByProvider(AbortReason.UnexpectedPduParameter));
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.ProtocolError, (await serving).Kind);
        await sending;
    }

    [Fact(Timeout = 20_000)]
    public async Task DataSetsBeyondTheirLimitAreCutOffAndAbandoned()
    {
        var instance = new CollectedInstance(_ => { });
        var options = new AcceptorOptions { DimseLimits = new DimseLimits { DataSetBytesMax = 1 << 20 } };
        var (peer, serving) = ScriptedPeer.Against(new TestHandler { Store = (_, _) => instance }, options);
        await using var _ = peer;
        await peer.AssociateAsync(Ct);
        await peer.SendCommandAsync(1, Store(1));

        for (var i = 0; i < 17; i++)
        {
            await peer.SendDataAsync(1, new byte[65536], isLast: false);
        }

        await peer.ExpectAsync(ScriptedPeer.AbortByProvider(AbortReason.UnexpectedPduParameter));
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.ProtocolError, (await serving).Kind);
        Assert.True(instance.IsAbandoned);
    }

    [Fact(Timeout = 20_000)]
    public async Task IdentifiersBeyondTheirLimitAreCutOff()
    {
        const string Find = SopClasses.StudyRootQueryRetrieveInformationModelFind;
        var options = new AcceptorOptions { DimseLimits = new DimseLimits { IdentifierBytesMax = 100_000 } };
        var (peer, serving) = ScriptedPeer.Against(new TestHandler(), options);
        await using var _ = peer;
        await peer.AssociateAsync(Find);
        await peer.SendCommandAsync(
            1,
            new CommandSet
            {
                Field = CommandField.CFindRequest,
                MessageId = 1,
                AffectedSopClassUid = Find,
                DataSetType = CommandSet.WithDataSet,
            }
        );

        await peer.SendDataAsync(1, new byte[65536], isLast: false);
        await peer.SendDataAsync(1, new byte[65536], isLast: false);

        await peer.ExpectAsync(ScriptedPeer.AbortByUser);
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.ProtocolError, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task MoreContextsOrItemsThanAllowedAreRefused()
    {
        var request = ScriptedPeer.Request(Ct);
        var many = request with
        {
            UserInformation = request.UserInformation with
            {
                RoleSelections =
                [
                    .. Enumerable.Range(1, 2000).Select(i => new RoleSelection($"1.{i}", RequestorIsScu: true, false)),
                ],
            },
        };
        var (peer, serving) = ScriptedPeer.Against(new TestHandler());
        await using var _ = peer;

        await peer.SendAsync(many);

        await peer.ExpectAsync(ScriptedPeer.AbortByUser);
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.ProtocolError, (await serving).Kind);
    }

    [Fact(Timeout = 20_000)]
    public async Task APeerThatVanishesLeavesItsInstanceAbandoned()
    {
        var instance = new CollectedInstance(_ => { });
        var handler = new TestHandler { Store = (_, _) => instance };
        var (peer, serving) = ScriptedPeer.Against(handler);
        await peer.AssociateAsync(Ct);
        await peer.SendCommandAsync(1, Store(1));
        await peer.SendDataAsync(1, new byte[100], isLast: false);

        await peer.CloseAsync();

        Assert.Equal(AssociationEndKind.TransportClosed, (await serving).Kind);
        Assert.True(instance.IsAbandoned);
        Assert.True(handler.IsDisposed);
    }

    [Fact(Timeout = 20_000)]
    public async Task APeerThatAbortsIsBelieved()
    {
        var (peer, serving) = ScriptedPeer.Against(new TestHandler());
        await using var _ = peer;
        await peer.AssociateAsync(Ct);

        await peer.SendAsync(new AAbort(AbortSource.ServiceProvider, AbortReason.UnexpectedPdu));

        await peer.ExpectEndAsync();
        Assert.Equal(
            new AssociationEnd(
                AssociationEndKind.AbortedByPeer,
                AbortSource.ServiceProvider,
                AbortReason.UnexpectedPdu
            ),
            await serving
        );
    }

    [Theory(Timeout = 20_000)]
    [InlineData(CommandField.NGetRequest, Ct, null, 0x0211)]
    [InlineData(CommandField.CEchoRequest, "1.2", null, 0x0122)]
    [InlineData(CommandField.CEchoRequest, "x", null, 0x0118)]
    [InlineData(CommandField.CEchoRequest, null, null, 0x0118)]
    [InlineData(CommandField.NEventReportRequest, Ct, "1.2.3", 0x0122)]
    [InlineData(CommandField.NActionRequest, Ct, "not a UID", 0x0117)]
    [InlineData(CommandField.CStoreRequest, Ct, "1.2.3", 0x0212)]
    public async Task WhatCannotBeServedIsAnsweredAndTheAssociationLivesOn(
        CommandField field,
        string? sopClass,
        string? sopInstance,
        ushort status
    )
    {
        var command = new CommandSet
        {
            Field = field,
            MessageId = 5,
            AffectedSopClassUid = sopClass,
            AffectedSopInstanceUid = sopInstance,
            RequestedSopInstanceUid = sopInstance,
        };
        var (peer, serving) = ScriptedPeer.Against(new TestHandler());
        await using var _ = peer;
        await peer.AssociateAsync(Ct);

        await peer.SendCommandAsync(1, command);

        var response = await peer.ReceiveCommandAsync();
        Assert.Equal(status, response.Status);
        Assert.Equal((ushort)5, response.MessageIdBeingRespondedTo);
        Assert.Equal((ushort)field | 0x8000, (ushort)response.Field);
        await peer.SendAsync(new AReleaseRequest());
        await peer.ExpectAsync("06000000000400000000");
        await peer.CloseAsync();
        Assert.Equal(AssociationEndKind.Released, (await serving).Kind);
    }

    internal static CommandSet Store(ushort messageId, ushort dataSetType = CommandSet.WithDataSet) =>
        new()
        {
            Field = CommandField.CStoreRequest,
            MessageId = messageId,
            AffectedSopClassUid = Ct,
            AffectedSopInstanceUid = $"1.2.3.{messageId}",
            DataSetType = dataSetType,
        };

    /// <summary>Sends the same bytes until the other side has had enough.</summary>
    private static async Task FloodAsync(ScriptedPeer peer, string bytes)
    {
        var pdu = UpperLayer.Golden.Bytes(bytes);
        try
        {
            for (var i = 0; i < 100; i++)
            {
                await peer.SendAsync(pdu);
            }
        }
        catch (InvalidOperationException)
        {
            // The pipe was completed meanwhile.
        }
    }
}
