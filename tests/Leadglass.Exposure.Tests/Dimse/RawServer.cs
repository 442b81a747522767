using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>A server whose every byte a test chooses.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _served = [];
    private readonly Func<RawServerConnection, Task> _serve;
    private readonly Task _accepting;

    public RawServer(Func<RawServerConnection, Task> serve, IPEndPoint? at = null)
    {
        _serve = serve;
        _listener = new TcpListener(at ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public ProbeTarget Target =>
        new(((IPEndPoint)_listener.LocalEndpoint).Address, ((IPEndPoint)_listener.LocalEndpoint).Port);

    public int Connections { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        await Task.WhenAll(_served);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                Connections++;
                _served.Add(ServeAsync(socket));
            }
            catch (Exception problem)
                when (problem is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await _serve(new RawServerConnection(stream, _stop.Token));
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException)
        {
            // The probe has gone.
        }
    }
}

/// <summary>One connection of a <see cref="RawServer"/>.</summary>
internal sealed class RawServerConnection(NetworkStream stream, CancellationToken stop)
{
    public CancellationToken Stop => stop;

    public NetworkStream Stream => stream;

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await stream.WriteAsync(bytes, stop);

    /// <summary>Reads a whole PDU: its type and body.</summary>
    public async Task<(byte Type, byte[] Body)> ReceiveAsync()
    {
        var header = new byte[6];
        await stream.ReadExactlyAsync(header, stop);
        var body = new byte[BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(2))];
        await stream.ReadExactlyAsync(body, stop);
        return (header[0], body);
    }

    /// <summary>Takes the request and accepts all its contexts but the invented one, in Implicit VR Little Endian.</summary>
    public async Task AcceptAsync(Func<AAssociateAccept, AAssociateAccept>? change = null)
    {
        var (_, body) = await ReceiveAsync();
        var header = new PduHeader(PduType.AAssociateRequest, (uint)body.Length);
        var request = (AAssociateRequest)PduReader.Read(header, new ReadOnlySequence<byte>(body), PduLimits.Default, 6);
        var accept = new AAssociateAccept
        {
            CalledAeTitle = request.CalledAeTitle,
            CallingAeTitle = request.CallingAeTitle,
            PresentationContexts =
            [
                .. request.PresentationContexts.Select(context => new AnsweredPresentationContext(
                    context.Id,
                    context.AbstractSyntaxUid == ProbeProposal.Invented
                        ? PresentationContextResult.AbstractSyntaxNotSupported
                        : PresentationContextResult.Acceptance,
                    ProbeProposal.ImplicitVrLittleEndian
                )),
            ],
            UserInformation = new UserInformation { PduLengthBytesMax = 16384, ImplementationClassUid = "1.2.3" },
        };
        var output = new ArrayBufferWriter<byte>();
        PduWriter.Write(change?.Invoke(accept) ?? accept, output);
        await SendAsync(output.WrittenMemory);
    }

    /// <summary>Receives a request: the presentation context, the field and the message id of its command.</summary>
    public async Task<(byte Context, ushort Field, ushort Id)> ReceiveCommandAsync()
    {
        while (true)
        {
            var (type, body) = await ReceiveAsync();
            if (type != 4)
            {
                throw new IOException("the probe ends");
            }

            if ((body[5] & 1) == 0)
            {
                continue;
            }

            return (body[4], Number(body, 0x0100), Number(body, 0x0110));
        }
    }

    /// <summary>Answers C-ECHO, then says what the next request is.</summary>
    public async Task<(byte Context, ushort Field, ushort Id)> AnswerEchoAsync()
    {
        var (context, field, id) = await ReceiveCommandAsync();
        if (field != 0x0030)
        {
            return (context, field, id);
        }

        await SendAsync(Command(context, 0x8030, id, 0x0000));
        return await ReceiveCommandAsync();
    }

    /// <summary>A P-DATA-TF with a response.</summary>
    public static byte[] Command(byte context, ushort field, ushort id, ushort status, bool hasDataSet = false)
    {
        var elements = new List<byte>();
        Add(0x0100, field);
        Add(0x0120, id);
        Add(0x0800, (ushort)(hasDataSet ? 1 : 0x0101));
        Add(0x0900, status);
        return Data(context, 3, [.. elements]);

        void Add(ushort element, ushort value)
        {
            Span<byte> bytes = stackalloc byte[10];
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], element);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], 2);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[8..], value);
            elements.AddRange(bytes);
        }
    }

    /// <summary>A P-DATA-TF with one fragment; its lengths may be made to lie.</summary>
    public static byte[] Data(
        byte context,
        byte control,
        byte[] fragment,
        uint? pduLength = null,
        uint? valueLength = null
    )
    {
        var bytes = new byte[12 + fragment.Length];
        bytes[0] = 4;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2), pduLength ?? (uint)(fragment.Length + 6));
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(6), valueLength ?? (uint)(fragment.Length + 2));
        bytes[10] = context;
        bytes[11] = control;
        fragment.CopyTo(bytes, 12);
        return bytes;
    }

    private static ushort Number(byte[] body, ushort element)
    {
        for (var at = 6; at + 8 <= body.Length; )
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(at + 4));
            if (BinaryPrimitives.ReadUInt16LittleEndian(body.AsSpan(at + 2)) == element)
            {
                return BinaryPrimitives.ReadUInt16LittleEndian(body.AsSpan(at + 8));
            }

            at += 8 + length;
        }

        return 0;
    }
}
