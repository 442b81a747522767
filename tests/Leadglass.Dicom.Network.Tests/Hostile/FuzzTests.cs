using CsCheck;
using Leadglass.Dicom.Network.Tests.Peers;

namespace Leadglass.Dicom.Network.Tests.Hostile;

/// <summary>Whole sessions with bytes changed, cut, doubled and dropped: every run ends, and no fault is ours.</summary>
public sealed class FuzzTests
{
    private const string Find = SopClasses.StudyRootQueryRetrieveInformationModelFind;
    private const string Ct = SopClasses.CTImageStorage;
    private static readonly TimeSpan RunMax = TimeSpan.FromSeconds(10);

    /// <summary>The short form; the long one with <c>LEADGLASS_LONG=1</c>.</summary>
    private static int Runs => Environment.GetEnvironmentVariable("LEADGLASS_LONG") == "1" ? 50_000 : 1_000;

    private static readonly byte[] Session = RecordSession();

    [Fact(Timeout = 600_000)]
    public async Task NoBytesOfAPeerMakeAFaultOfOurs()
    {
        var edits = Gen.Select(Gen.Int[0, Session.Length - 1], Gen.Int[0, 5], Gen.Byte, Gen.Int[1, 40]).Array[1, 8];
        await Gen.Select(edits, Gen.Int[1, 5000])
            .SampleAsync(
                async given =>
                {
                    var end = await RunAsync(Mutate(given.Item1), given.Item2);
                    Assert.True(end.Kind != AssociationEndKind.LocalFault, $"{end.Error}");
                    Assert.DoesNotContain("PHANTOM", $"{end} {end.Error}");
                    Assert.DoesNotContain("1.2.3.2", $"{end} {end.Error}");
                },
                iter: Runs,
                threads: 2
            );
    }

    [Fact(Timeout = 60_000)]
    public async Task TheSessionItselfIsInOrder() =>
        Assert.Equal(AssociationEndKind.Released, (await RunAsync(Session, 1000)).Kind);

    private static async Task<AssociationEnd> RunAsync(byte[] bytes, int step)
    {
        var faults = 0;
        var handler = new TestHandler
        {
            Find = (_, _) => Enumerable.Repeat(CFindResponse.Match(new DataSet()), 3).ToAsyncEnumerable(),
            Store = (_, _) => new CollectedInstance(_ => faults++),
        };
        var (near, far) = DuplexPipe.Pair();
        var acceptor = new AssociationAcceptor(new AcceptorOptions(), TimeProvider.System);
        var serving = acceptor.RunAsync(far, handler);
        var draining = DrainAsync(near.Input);
        for (var at = 0; at < bytes.Length; at += step)
        {
            var result = await near.Output.WriteAsync(bytes.AsMemory(at, Math.Min(step, bytes.Length - at)));
            if (result.IsCompleted)
            {
                break;
            }
        }

        await near.Output.CompleteAsync();
        var end = await serving.WaitAsync(RunMax);
        await draining.WaitAsync(RunMax);
        return end;
    }

    private static async Task DrainAsync(System.IO.Pipelines.PipeReader input)
    {
        try
        {
            while (await input.ReadAsync() is { IsCompleted: false } result)
            {
                input.AdvanceTo(result.Buffer.End);
            }
        }
        catch (AssociationEndedException)
        {
            // The other side did not wait for what was left unread.
        }

        await input.CompleteAsync();
    }

    private static byte[] Mutate((int At, int Kind, byte Value, int Count)[] edits)
    {
        var bytes = new List<byte>(Session);
        foreach (var (position, kind, value, count) in edits)
        {
            var at = position % bytes.Count;
            var length = Math.Min(count, bytes.Count - at);
            switch (kind)
            {
                case 0:
                    bytes[at] = value;
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << (value % 8));
                    break;
                case 2 when bytes.Count > 100:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(at, Enumerable.Repeat(value, count));
                    break;
                case 5:
                    for (var i = at; i < at + length; i++)
                    {
                        bytes[i] = 0xFF;
                    }

                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>What a well-behaved client sends: associate, echo, store, find, cancel, release.</summary>
    private static byte[] RecordSession()
    {
        var (near, far) = DuplexPipe.Pair(8 << 20);
        var peer = new ScriptedPeer(near);
        var request = ScriptedPeer.Request(Ct) with
        {
            PresentationContexts =
            [
                new ProposedPresentationContext(1, Ct, [TransferSyntax.ExplicitVrLittleEndian.Uid]),
                new ProposedPresentationContext(3, Find, [TransferSyntax.ImplicitVrLittleEndian.Uid]),
                new ProposedPresentationContext(
                    5,
                    SopClasses.Verification,
                    [TransferSyntax.ImplicitVrLittleEndian.Uid]
                ),
            ],
        };
        var keys = new DataSet();
        keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        keys.SetString(DicomTag.PatientName, "PHANTOM*");
        // Writing into a pipe of this size completes at once.
        Finished(peer.SendAsync(request));
        Finished(peer.SendCommandAsync(5, Request(CommandField.CEchoRequest, 1, SopClasses.Verification, false)));
        Finished(peer.SendCommandAsync(1, HostilePeerTests.Store(2)));
        Finished(peer.SendDataAsync(1, new byte[3000], isLast: false));
        Finished(peer.SendDataAsync(1, new byte[500], isLast: true));
        Finished(peer.SendCommandAsync(3, Request(CommandField.CFindRequest, 3, Find, true)));
        Finished(peer.SendDataAsync(3, Phantom.Encode(keys, TransferSyntax.ImplicitVrLittleEndian), isLast: true));
        Finished(
            peer.SendCommandAsync(
                3,
                new CommandSet { Field = CommandField.CCancelRequest, MessageIdBeingRespondedTo = 3 }
            )
        );
        Finished(peer.SendAsync(new AReleaseRequest()));
        Assert.True(far.Input.TryRead(out var result));
        return System.Buffers.BuffersExtensions.ToArray(result.Buffer);
    }

    private static void Finished(Task task) => Assert.True(task.IsCompletedSuccessfully);

    private static CommandSet Request(CommandField field, ushort messageId, string sopClass, bool hasDataSet) =>
        new()
        {
            Field = field,
            MessageId = messageId,
            AffectedSopClassUid = sopClass,
            DataSetType = hasDataSet ? CommandSet.WithDataSet : CommandSet.NoDataSet,
        };
}
