using System.Buffers.Binary;
using System.Text;

namespace Leadglass.Testing.RawDicom;

/// <summary>
/// A DICOM association over any stream that shares no code with the project: data sets go out and come in as the bytes they
/// are, never parsed, never encoded anew.
/// </summary>
public sealed class RawAssociation : IAsyncDisposable
{
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromSeconds(60);
    private readonly Stream stream;
    private readonly uint sendLengthMax;
    private ushort lastMessageId;
    private byte[] pending = [];

    private RawAssociation(Stream stream, IReadOnlyList<RawContextAnswer> contexts, uint sendLengthMax)
    {
        this.stream = stream;
        Contexts = contexts;
        this.sendLengthMax = sendLengthMax == 0 ? 1 << 17 : Math.Min(sendLengthMax, 1 << 17);
    }

    /// <summary>How long to wait for the peer's next PDU.</summary>
    public TimeSpan Limit { get; init; } = DefaultLimit;

    public IReadOnlyList<RawContextAnswer> Contexts { get; }

    /// <summary>Who called, when we were called.</summary>
    public string CallingAeTitle { get; private init; } = "";

    /// <summary>Asks for an association.</summary>
    /// <exception cref="RawRejectedException">the peer rejected it</exception>
    /// <exception cref="RawAbortedException">the peer aborted it or closed the connection</exception>
    public static async Task<RawAssociation> RequestAsync(
        Stream stream,
        string callingAeTitle,
        IReadOnlyList<RawContext> contexts,
        string calledAeTitle = "LEADGLASS",
        uint pduLengthBytesMax = 1 << 17
    )
    {
        await stream.WriteAsync(RawPdu.Associate(callingAeTitle, calledAeTitle, contexts, pduLengthBytesMax));
        using var timer = new CancellationTokenSource(DefaultLimit);
        var (type, body) = await NextAsync(stream, timer.Token);
        return type switch
        {
            RawPdu.AssociateAccept => Accepted(stream, contexts, body),
            RawPdu.AssociateReject => throw new RawRejectedException(body[1], body[2], body[3]),
            _ => throw new InvalidDataException($"PDU type {type} in answer to A-ASSOCIATE-RQ"),
        };
    }

    /// <summary>Answers an association; a context is accepted with the first of its syntaxes that <paramref name="accept"/> allows.</summary>
    public static async Task<RawAssociation> AcceptAsync(Stream stream, Func<string, string, bool> accept)
    {
        using var timer = new CancellationTokenSource(DefaultLimit);
        var (type, body) = await NextAsync(stream, timer.Token);
        if (type != RawPdu.AssociateRequest)
        {
            throw new InvalidDataException($"PDU type {type} instead of A-ASSOCIATE-RQ");
        }

        var called = Encoding.ASCII.GetString(body, 4, 16).Trim();
        var calling = Encoding.ASCII.GetString(body, 20, 16).Trim();
        List<RawContextAnswer> answers = [];
        List<byte[]> roles = [];
        uint lengthMax = 0;
        foreach (var (itemType, item) in RawPdu.Items(body.AsMemory(68)))
        {
            if (itemType == 0x20)
            {
                var parts = RawPdu.Items(item[4..]).ToList();
                var abstractSyntax = Text(parts.First(p => p.Type == 0x30).Body);
                var syntax = parts
                    .Where(p => p.Type == 0x40)
                    .Select(p => Text(p.Body))
                    .FirstOrDefault(s => accept(abstractSyntax, s));
                answers.Add(
                    new RawContextAnswer(
                        item.Span[0],
                        abstractSyntax,
                        syntax is null ? (byte)4 : (byte)0,
                        syntax ?? "1.2.840.10008.1.2"
                    )
                );
            }
            else if (itemType == 0x50)
            {
                lengthMax = PduLengthMax(item);
                roles.AddRange(RawPdu.Items(item).Where(i => i.Type == 0x54).Select(i => i.Body.ToArray()));
            }
        }

        await stream.WriteAsync(RawPdu.Accept(calling, called, answers, roles));
        return new RawAssociation(stream, answers, lengthMax) { CallingAeTitle = calling };
    }

    /// <summary>The accepted context for a SOP class, with any syntax or with this one.</summary>
    public byte ContextFor(string abstractSyntax, string? transferSyntax = null) =>
        FindContext(abstractSyntax, transferSyntax)?.Id
        ?? throw new InvalidOperationException(
            $"no accepted context for {abstractSyntax} {transferSyntax}: {string.Join(", ", Contexts)}"
        );

    public RawContextAnswer? FindContext(string abstractSyntax, string? transferSyntax = null) =>
        Contexts.FirstOrDefault(c =>
            c.Result == 0
            && c.AbstractSyntax == abstractSyntax
            && (transferSyntax is null || c.TransferSyntax == transferSyntax)
        );

    public ushort NextMessageId() => ++lastMessageId;

    /// <summary>Sends a command and, where it announces one, a data set.</summary>
    public async Task SendAsync(byte contextId, RawCommand command, Stream? dataSet = null)
    {
        var bytes = command.ToBytes();
        await stream.WriteAsync(RawPdu.DataValue(contextId, isCommand: true, isLast: true, bytes));
        if (dataSet is not null)
        {
            await SendDataSetAsync(contextId, dataSet);
        }

        await stream.FlushAsync();
    }

    public Task SendAsync(byte contextId, RawCommand command, byte[] dataSet) =>
        SendAsync(contextId, command, new MemoryStream(dataSet, writable: false));

    /// <summary>The next message of the peer.</summary>
    /// <exception cref="RawAbortedException">the peer aborted, asked for release or closed the connection</exception>
    public async Task<RawMessage> ReceiveAsync()
    {
        RawCommand? command = null;
        byte contextId = 0;
        using var commandBytes = new MemoryStream();
        using var dataSet = new MemoryStream();
        while (true)
        {
            if (pending.Length == 0)
            {
                pending = await NextDataAsync();
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(pending);
            var (id, control) = (pending[4], pending[5]);
            var fragment = pending.AsMemory(6, length - 2);
            pending = pending[(4 + length)..];
            contextId = id;
            var isLast = (control & 2) != 0;
            if ((control & 1) != 0)
            {
                commandBytes.Write(fragment.Span);
                command = isLast ? RawCommand.Parse(commandBytes.ToArray()) : null;
                if (command is { HasDataSet: false })
                {
                    return new RawMessage(contextId, SyntaxOf(contextId), command, []);
                }
            }
            else
            {
                dataSet.Write(fragment.Span);
                if (isLast)
                {
                    return new RawMessage(
                        contextId,
                        SyntaxOf(contextId),
                        command ?? throw new InvalidDataException("a data set without its command"),
                        dataSet.ToArray()
                    );
                }
            }
        }
    }

    /// <summary>Waits for the peer's A-RELEASE-RQ and answers it.</summary>
    public async Task AnswerReleaseAsync() => await stream.WriteAsync(RawPdu.Of(RawPdu.ReleaseResponse, 0, 0, 0, 0));

    /// <summary>Releases the association in order.</summary>
    public async Task ReleaseAsync()
    {
        await stream.WriteAsync(RawPdu.Of(RawPdu.ReleaseRequest, 0, 0, 0, 0));
        using var timer = new CancellationTokenSource(Limit);
        while ((await NextAsync(stream, timer.Token)).Type != RawPdu.ReleaseResponse)
        {
            // What was under way when we asked may still come (PS3.8 9.2.2, AR-6).
        }
    }

    /// <summary>Writes bytes as they are, whatever they mean.</summary>
    public async Task SendBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes);
        await stream.FlushAsync();
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static RawAssociation Accepted(Stream stream, IReadOnlyList<RawContext> proposed, byte[] body)
    {
        List<RawContextAnswer> answers = [];
        uint lengthMax = 0;
        foreach (var (type, item) in RawPdu.Items(body.AsMemory(68)))
        {
            if (type == 0x21)
            {
                var syntax = RawPdu
                    .Items(item[4..])
                    .Where(i => i.Type == 0x40)
                    .Select(i => Text(i.Body))
                    .FirstOrDefault();
                answers.Add(
                    new RawContextAnswer(
                        item.Span[0],
                        proposed[(item.Span[0] - 1) / 2].AbstractSyntax,
                        item.Span[2],
                        syntax ?? ""
                    )
                );
            }
            else if (type == 0x50)
            {
                lengthMax = PduLengthMax(item);
            }
        }

        return new RawAssociation(stream, answers, lengthMax);
    }

    private static uint PduLengthMax(ReadOnlyMemory<byte> userInformation) =>
        RawPdu
            .Items(userInformation)
            .Where(i => i.Type == 0x51)
            .Select(i => BinaryPrimitives.ReadUInt32BigEndian(i.Body.Span))
            .FirstOrDefault();

    private string SyntaxOf(byte contextId) => Contexts.First(c => c.Id == contextId).TransferSyntax;

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.ASCII.GetString(bytes.Span).TrimEnd('\0', ' ');

    private static async Task<(byte Type, byte[] Body)> NextAsync(Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            var pdu =
                await RawPdu.ReadAsync(stream, cancellationToken)
                ?? throw new RawAbortedException("the peer closed the connection");
            return pdu.Type == RawPdu.Abort
                ? throw new RawAbortedException($"A-ABORT: source {pdu.Body[2]}, reason {pdu.Body[3]}")
                : pdu;
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException("the peer sent nothing in time", late);
        }
    }

    private async Task SendDataSetAsync(byte contextId, Stream dataSet)
    {
        var size = (int)sendLengthMax - 6;
        var (current, next) = (new byte[size], new byte[size]);
        var filled = await dataSet.ReadAtLeastAsync(current, size, throwOnEndOfStream: false);
        while (true)
        {
            var following = filled == size ? await dataSet.ReadAtLeastAsync(next, size, throwOnEndOfStream: false) : 0;
            await stream.WriteAsync(
                RawPdu.DataValue(contextId, isCommand: false, isLast: following == 0, current.AsSpan(0, filled))
            );
            if (following == 0)
            {
                return;
            }

            (current, next, filled) = (next, current, following);
        }
    }

    private async Task<byte[]> NextDataAsync()
    {
        using var timer = new CancellationTokenSource(Limit);
        var (type, body) = await NextAsync(stream, timer.Token);
        return type switch
        {
            RawPdu.Data => body,
            RawPdu.ReleaseRequest => throw new RawAbortedException("A-RELEASE-RQ"),
            _ => throw new InvalidDataException($"PDU type {type} where data was expected"),
        };
    }
}
