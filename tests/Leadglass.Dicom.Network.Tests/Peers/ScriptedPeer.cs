using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Leadglass.Dicom.Network.Tests.UpperLayer;

namespace Leadglass.Dicom.Network.Tests.Peers;

/// <summary>A peer that follows a script: sends bytes, receives PDUs, waits for the end.</summary>
internal sealed class ScriptedPeer(IDuplexPipe transport) : IAsyncDisposable
{
    public const string AbortByUser = "07000000000400000000";

    public static string AbortByProvider(AbortReason reason) => $"070000000004000002{(byte)reason:X2}";

    public static (ScriptedPeer Peer, Task<AssociationEnd> Serving) Against(
        TestHandler handler,
        AcceptorOptions? options = null,
        TimeProvider? time = null,
        CancellationToken draining = default,
        CancellationToken aborting = default
    )
    {
        var (near, far) = DuplexPipe.Pair();
        var acceptor = new AssociationAcceptor(options ?? new AcceptorOptions(), time ?? TimeProvider.System);
        return (new ScriptedPeer(near), acceptor.RunAsync(far, handler, null, draining, aborting));
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await transport.Output.WriteAsync(bytes);

    public Task SendAsync(string annotated) => SendAsync(Golden.Bytes(annotated));

    public Task SendAsync(Pdu pdu)
    {
        var output = new ArrayBufferWriter<byte>();
        PduWriter.Write(pdu, output);
        return SendAsync(output.WrittenMemory);
    }

    public Task SendCommandAsync(byte contextId, CommandSet command)
    {
        var bytes = new byte[12 + command.LengthMax];
        var length = command.Write(bytes.AsSpan(12));
        PduWriter.WritePDataTfHeader(
            bytes,
            contextId,
            MessageControlHeader.Command | MessageControlHeader.Last,
            length
        );
        return SendAsync(bytes.AsMemory(0, 12 + length));
    }

    public Task SendDataAsync(byte contextId, byte[] fragment, bool isLast)
    {
        var bytes = new byte[12 + fragment.Length];
        var control = isLast ? MessageControlHeader.Last : MessageControlHeader.DataSet;
        PduWriter.WritePDataTfHeader(bytes, contextId, control, fragment.Length);
        fragment.CopyTo(bytes, 12);
        return SendAsync(bytes);
    }

    /// <summary>Asks for an association with one context, id 1, and awaits the answer.</summary>
    public async Task<Pdu> AssociateAsync(string abstractSyntax, UserInformation? information = null)
    {
        await SendAsync(Request(abstractSyntax, information));
        return ReadPdu(await ReceiveAsync());
    }

    public static AAssociateRequest Request(string abstractSyntax, UserInformation? information = null) =>
        new()
        {
            CalledAeTitle = "SCP",
            CallingAeTitle = "SCU",
            PresentationContexts =
            [
                new ProposedPresentationContext(1, abstractSyntax, [TransferSyntax.ExplicitVrLittleEndian.Uid]),
            ],
            UserInformation = information ?? new UserInformation { PduLengthBytesMax = 16384 },
        };

    /// <summary>Receives one PDU, header and all; empty when the connection ended.</summary>
    public async Task<byte[]> ReceiveAsync()
    {
        while (true)
        {
            var result = await transport.Input.ReadAsync();
            var buffer = result.Buffer;
            if (PduHeader.TryRead(buffer, out var header) && buffer.Length >= 6 + header.Length)
            {
                var pdu = buffer.Slice(0, 6 + header.Length).ToArray();
                transport.Input.AdvanceTo(buffer.GetPosition(6 + header.Length));
                return pdu;
            }

            transport.Input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                Assert.Equal(0, buffer.Length);
                return [];
            }
        }
    }

    /// <summary>Receives one command set.</summary>
    public async Task<CommandSet> ReceiveCommandAsync()
    {
        var pdu = await ReceiveAsync();
        Assert.Equal((byte)PduType.PDataTf, pdu[0]);
        Assert.Equal(pdu.Length - 10, (int)BinaryPrimitives.ReadUInt32BigEndian(pdu.AsSpan(6)));
        return CommandSet.Read(pdu.AsSpan(12), 0);
    }

    /// <summary>The next PDU has these bytes.</summary>
    public async Task ExpectAsync(string hexadecimal) =>
        Assert.Equal(hexadecimal, Convert.ToHexString(await ReceiveAsync()));

    /// <summary>The connection ends, and nothing comes before.</summary>
    public Task ExpectEndAsync() => ExpectAsync("");

    /// <summary>Closes the connection without a word.</summary>
    public async Task CloseAsync()
    {
        await transport.Output.CompleteAsync();
        await transport.Input.CompleteAsync();
    }

    public async ValueTask DisposeAsync() => await CloseAsync();

    public static Pdu ReadPdu(byte[] bytes)
    {
        var input = new ReadOnlySequence<byte>(bytes);
        Assert.True(PduHeader.TryRead(input, out var header));
        return PduReader.Read(header, input.Slice(6), PduLimits.Default, 6);
    }
}
