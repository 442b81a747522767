using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>
/// The open TCP ports in what masscan writes with <c>-oJ</c>: an array with one record a line, whose last comma stands where JSON
/// allows none, a line <c>{finished: 1}</c> in older versions, and no closing bracket where it was interrupted. So it is read
/// record by record; <c>-oD</c>, one object a line, reads the same.
/// </summary>
internal static class MasscanJson
{
    private const int RecordBytesMax = 64 << 10;
    private const int PortsMax = 65_535;

    public static async IAsyncEnumerable<ImportedEntry> ReadAsync(
        Stream stream,
        string path,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        var number = 0L;
        var isEnd = false;
        while (!isEnd)
        {
            var read = await reader.ReadAsync(cancel);
            isEnd = read.IsCompleted;
            var rest = read.Buffer;
            while (TryTakeLine(ref rest, isEnd, out var line))
            {
                number++;
                foreach (var entry in Entries(line, path, number))
                {
                    yield return entry;
                }
            }
            if (rest.Length > RecordBytesMax)
            {
                throw ImportedList.Mistake(path, number + 1, "a record is too long");
            }
            reader.AdvanceTo(rest.Start, rest.End);
        }
        await reader.CompleteAsync();
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool isEnd, out byte[] line)
    {
        line = [];
        if (rest.IsEmpty)
        {
            return false;
        }
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            var whole = rest.Slice(0, end);
            if (whole.Length > RecordBytesMax)
            {
                return false;
            }
            line = whole.ToArray();
            rest = rest.Slice(rest.GetPosition(1, end));
            return true;
        }
        if (!isEnd || rest.Length > RecordBytesMax)
        {
            return false;
        }
        line = rest.ToArray();
        rest = rest.Slice(rest.End);
        return true;
    }

    private static List<ImportedEntry> Entries(byte[] line, string path, long number)
    {
        var text = line.AsSpan().TrimEnd(" \t\r,]"u8).TrimStart(" \t,["u8);
        if (text.IsEmpty || text.StartsWith("{finished"u8))
        {
            return [];
        }
        // An array closed on the line of its last record leaves a bracket that is not the record's.
        text = text[..(text.LastIndexOf((byte)'}') + 1)];
        try
        {
            using var record = JsonDocument.Parse(text.ToArray(), new JsonDocumentOptions { MaxDepth = 8 });
            return EntriesOf(record.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw ImportedList.Mistake(path, number, "this is no record of masscan");
        }
    }

    private static List<ImportedEntry> EntriesOf(JsonElement record)
    {
        var entries = new List<ImportedEntry>();
        if (
            !record.TryGetProperty("ip"u8, out var ip)
            || !PlainList.TryParse(ip.GetString(), out var host)
            || host.Port is not null
        )
        {
            return entries;
        }
        // -oD has one port in the record itself, -oJ a list.
        if (record.TryGetProperty("ports"u8, out var ports))
        {
            foreach (var port in ports.EnumerateArray().Take(PortsMax))
            {
                Add(entries, host.Address, port);
            }
        }
        else
        {
            Add(entries, host.Address, record);
        }
        return entries;
    }

    private static void Add(List<ImportedEntry> entries, IPAddress address, JsonElement port)
    {
        if (
            port.TryGetProperty("port"u8, out var number)
            && number.TryGetInt32(out var value)
            && value is > 0 and < 65536
            && IsOr(port, "proto"u8, "tcp"u8)
            && IsOr(port, "status"u8, "open"u8)
        )
        {
            entries.Add(new ImportedEntry(address, value));
        }
    }

    private static bool IsOr(JsonElement element, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        !element.TryGetProperty(name, out var found) || found.ValueEquals(value);
}
