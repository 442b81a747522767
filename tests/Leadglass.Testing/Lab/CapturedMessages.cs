using System.Buffers.Binary;
using System.Text;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Testing.Lab;

/// <summary>A DIMSE message that one end of a recorded connection sent in clear.</summary>
/// <param name="Field">Command Field (PS3.7 E.1).</param>
/// <param name="DataSet">Its data set as encoded; empty without one.</param>
public sealed record CapturedDimse(ushort Field, byte[] DataSet);

/// <summary>A request or a response over HTTP that was sent in clear: its first line and its fields.</summary>
public sealed record CapturedHead(string FirstLine, string Fields);

/// <summary>What recorded bytes say, for connections in clear.</summary>
public static class CapturedMessages
{
    /// <summary>The DIMSE messages in what one end sent; none where it does not speak DICOM.</summary>
    public static IReadOnlyList<CapturedDimse> Dimse(ReadOnlySpan<byte> sent)
    {
        List<CapturedDimse> messages = [];
        var (command, dataSet) = (new MemoryStream(), new MemoryStream());
        while (sent.Length >= 6 && sent[0] is >= 1 and <= 7)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(sent[2..]);
            var body = sent.Slice(6, (int)Math.Min(length, sent.Length - 6));
            if (sent[0] == RawPdu.Data)
            {
                TakeValues(body, messages, command, dataSet);
            }

            sent = sent[(6 + body.Length)..];
        }

        return messages;
    }

    /// <summary>The heads of HTTP messages in what one end sent, wherever they stand.</summary>
    public static IReadOnlyList<CapturedHead> Http(byte[] sent, bool isClient)
    {
        List<CapturedHead> heads = [];
        var text = Encoding.Latin1.GetString(sent);
        var at = 0;
        while ((at = text.IndexOf("HTTP/1.", at, StringComparison.Ordinal)) >= 0)
        {
            var start = isClient ? text.LastIndexOf('\n', at) + 1 : at;
            var end = text.IndexOf("\r\n\r\n", at, StringComparison.Ordinal);
            var head = text[start..(end < 0 ? text.Length : end)];
            var line = head.IndexOf("\r\n", StringComparison.Ordinal);
            heads.Add(line < 0 ? new CapturedHead(head, "") : new CapturedHead(head[..line], head[line..]));
            at = end < 0 ? text.Length : end;
        }

        return heads;
    }

    private static void TakeValues(
        ReadOnlySpan<byte> body,
        List<CapturedDimse> messages,
        MemoryStream command,
        MemoryStream dataSet
    )
    {
        while (body.Length >= 6)
        {
            var length = Math.Min(BinaryPrimitives.ReadInt32BigEndian(body), body.Length - 4);
            var (isCommand, isLast) = ((body[5] & 1) != 0, (body[5] & 2) != 0);
            (isCommand ? command : dataSet).Write(body.Slice(6, length - 2));
            body = body[(4 + length)..];
            if (!isLast)
            {
                continue;
            }

            if (isCommand)
            {
                messages.Add(new CapturedDimse(RawCommand.Parse(command.ToArray()).Field, []));
                command.SetLength(0);
            }
            else
            {
                messages[^1] = messages[^1] with { DataSet = dataSet.ToArray() };
                dataSet.SetLength(0);
            }
        }
    }
}
