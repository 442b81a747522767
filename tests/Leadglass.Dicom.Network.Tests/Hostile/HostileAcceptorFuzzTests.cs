using System.Buffers;
using CsCheck;
using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests.Hostile;

/// <summary>Our client against an acceptor whose answers are damaged: every operation ends, and no fault is ours.</summary>
public sealed class HostileAcceptorFuzzTests
{
    private const string Ct = SopClasses.CTImageStorage;
    private const string Find = SopClasses.StudyRootQueryRetrieveInformationModelFind;
    private const string Get = SopClasses.StudyRootQueryRetrieveInformationModelGet;
    private static readonly TimeSpan RunMax = TimeSpan.FromSeconds(10);

    private static readonly RequestorOptions Options = Connected.Options(SopClasses.Verification, Find, Get, Ct) with
    {
        RoleSelections = [new RoleSelection(Ct, RequestorIsScu: true, RequestorIsScp: true)],
    };

    /// <summary>What is answered to each PDU of the client, in order.</summary>
    private static readonly byte[][] Answers = Record();

    private static int Runs => Environment.GetEnvironmentVariable("LEADGLASS_LONG") == "1" ? 10_000 : 300;

    [Fact(Timeout = 600_000)]
    public async Task NoAnswerOfAPeerMakesAFaultOfOurs() =>
        await Gen.Select(Gen.Int[0, Answers.Length - 1], Gen.Int[0, 400], Gen.Byte, Gen.Bool)
            .Array[0, 4]
            .SampleAsync(RunAsync, iter: Runs, threads: 2);

    [Fact(Timeout = 60_000)]
    public async Task UndamagedAnswersServeEveryOperation() => Assert.Equal(4, await RunAsync([]));

    private static async Task<int> RunAsync((int Answer, int At, byte Value, bool Cut)[] damages)
    {
        var answers = Answers.Select(answer => (byte[])answer.Clone()).ToArray();
        foreach (var (answer, at, value, cut) in damages)
        {
            var bytes = answers[answer];
            if (bytes.Length > 0)
            {
                bytes[at % bytes.Length] = value;
                answers[answer] = cut ? bytes[..(at % bytes.Length)] : bytes;
            }
        }

        var (near, far) = DuplexPipe.Pair();
        await using var peer = new ScriptedPeer(far);
        var playing = PlayAsync(peer, answers);
        var time = new FakeTime();
        var operating = OperateAsync(near, damages.Length > 0 ? time : TimeProvider.System);
        // What stalls is ended by the client's timers.
        var both = Task.WhenAll(operating, playing);
        await Task.WhenAny(both, Task.Delay(20));
        await time.AdvanceUntilAsync(both, TimeSpan.FromDays(1), stepSeconds: 120).WaitAsync(RunMax);
        return await operating;
    }

    private static async Task PlayAsync(ScriptedPeer peer, byte[][] answers)
    {
        try
        {
            foreach (var answer in answers)
            {
                if ((await peer.ReceiveAsync()) is [] or [(byte)PduType.AAbort, ..])
                {
                    break;
                }

                await peer.SendAsync(answer);
            }
        }
        catch (Exception problem) when (problem is AssociationEndedException or InvalidOperationException)
        {
            // The client has had enough.
        }

        await peer.CloseAsync();
    }

    /// <summary>Echo, store, find and get; gives how many were carried out.</summary>
    private static async Task<int> OperateAsync(System.IO.Pipelines.IDuplexPipe transport, TimeProvider time)
    {
        var done = 0;
        var handler = new TestHandler();
        var result = await DicomClientAssociation.ConnectAsync(transport, Options, time, handler);
        if (result.Association is not { } client)
        {
            Assert.NotEqual(AssociationEndKind.LocalFault, result.Failure!.Kind);
            return done;
        }

        await using (client)
        {
            try
            {
                done += (await client.EchoAsync()).IsSuccess ? 1 : 0;
                done += (await client.StoreAsync(new BytesInstance(Ct, "1.2.3", [1, 2]))).IsSuccess ? 1 : 0;
                var found = await client.FindAsync(SopClassUid.Parse(Find), new DataSet()).ToListAsync();
                done += found.Count == 2 ? 1 : 0;
                var got = await client.GetAsync(SopClassUid.Parse(Get), new DataSet());
                done += got.Completed;
            }
            catch (Exception problem)
                when (problem is AssociationEndedException or DicomFormatException or InvalidOperationException)
            {
                // The association is gone, an identifier cannot be read, or a context was not accepted.
            }

            Assert.NotEqual(AssociationEndKind.LocalFault, client.End?.Kind);
        }

        return done;
    }

    private static byte[][] Record()
    {
        var accept = Acceptance.Of(Options.PresentationContexts);
        accept = accept with
        {
            UserInformation = accept.UserInformation with { RoleSelections = Options.RoleSelections },
        };
        var match = new DataSet();
        match.SetString(DicomTag.PatientName, "PHANTOM");
        var store = HostilePeerTests.Store(1);
        store.DataSetType = CommandSet.WithDataSet;
        return
        [
            Write(accept),
            Command(1, Response(CommandField.CEchoResponse, 1, DimseStatus.Success)),
            [],
            Command(7, Response(CommandField.CStoreResponse, 2, DimseStatus.Success)),
            [],
            [
                .. Command(3, Response(CommandField.CFindResponse, 3, DimseStatus.Pending, hasDataSet: true)),
                .. Data(3, Phantom.Encode(match)),
                .. Command(3, Response(CommandField.CFindResponse, 3, DimseStatus.Success)),
            ],
            [],
            [.. Command(7, store), .. Data(7, new byte[300])],
            Command(5, WithCounts(Response(CommandField.CGetResponse, 4, DimseStatus.Success))),
        ];
    }

    private static CommandSet WithCounts(CommandSet response)
    {
        response.CompletedSubOperations = 1;
        return response;
    }

    private static CommandSet Response(
        CommandField field,
        ushort messageId,
        DimseStatus status,
        bool hasDataSet = false
    ) =>
        new()
        {
            Field = field,
            MessageIdBeingRespondedTo = messageId,
            Status = status.Code,
            DataSetType = hasDataSet ? CommandSet.WithDataSet : CommandSet.NoDataSet,
        };

    private static byte[] Write(Pdu pdu)
    {
        var output = new ArrayBufferWriter<byte>();
        PduWriter.Write(pdu, output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Command(byte contextId, CommandSet command)
    {
        var bytes = new byte[12 + command.LengthMax];
        var length = command.Write(bytes.AsSpan(12));
        PduWriter.WritePDataTfHeader(
            bytes,
            contextId,
            MessageControlHeader.Command | MessageControlHeader.Last,
            length
        );
        return bytes[..(12 + length)];
    }

    private static byte[] Data(byte contextId, byte[] fragment)
    {
        var header = new byte[12];
        PduWriter.WritePDataTfHeader(header, contextId, MessageControlHeader.Last, fragment.Length);
        return [.. header, .. fragment];
    }
}
