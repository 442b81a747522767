using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace Leadglass.Exposure;

/// <summary>Lines of <c>192.0.2.1</c>, <c>192.0.2.1:104</c>, <c>2001:db8::1</c> or <c>[2001:db8::1]:104</c>; <c>#</c> begins a comment.</summary>
internal static class PlainList
{
    private const int LineCharsMax = 512;

    public static async IAsyncEnumerable<ImportedEntry> ReadAsync(
        Stream stream,
        string path,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        var number = 0L;
        await foreach (var line in LinesAsync(stream, path, cancel))
        {
            number++;
            var text = line.AsSpan();
            var comment = text.IndexOf('#');
            text = (comment < 0 ? text : text[..comment]).Trim();
            if (text.IsEmpty)
            {
                continue;
            }
            yield return TryParse(text, out var entry)
                ? entry
                : throw ImportedList.Mistake(path, number, "this is no address and no address:port");
        }
    }

    /// <summary>Reads one entry. Addresses are written in full: no names, no short forms, no zones.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ImportedEntry entry)
    {
        entry = default;
        Split(text, out var host, out var port);
        if (host.Contains('%') || !IPAddress.TryParse(host, out var address))
        {
            return false;
        }
        // The parser takes 1 and 0x7f.1 for addresses too: only the full form is what a person sees.
        if (!host.Contains(':') && !host.SequenceEqual(address.ToString()))
        {
            return false;
        }
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (port.IsEmpty)
        {
            entry = new ImportedEntry(address, Port: null);
            return text[^1] != ':';
        }
        if (
            !int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || number is < 1 or > 65535
        )
        {
            return false;
        }
        entry = new ImportedEntry(address, number);
        return true;
    }

    private static void Split(ReadOnlySpan<char> text, out ReadOnlySpan<char> host, out ReadOnlySpan<char> port)
    {
        host = text;
        port = [];
        if (text.StartsWith("[") && text.IndexOf(']') is > 0 and var end)
        {
            var rest = text[(end + 1)..];
            host = rest.IsEmpty || rest[0] == ':' ? text[1..end] : [];
            port = rest.IsEmpty ? [] : rest[1..];
            return;
        }
        // More than one colon is an IPv6 address without a port.
        if (text.IndexOf(':') is >= 0 and var colon && text.LastIndexOf(':') == colon)
        {
            host = text[..colon];
            port = text[(colon + 1)..];
        }
    }

    private static async IAsyncEnumerable<string> LinesAsync(
        Stream stream,
        string path,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, true, 16 << 10, leaveOpen: true);
        var line = new StringBuilder();
        var buffer = new char[4096];
        var number = 1L;
        int count;
        while ((count = await reader.ReadAsync(buffer, cancel)) > 0)
        {
            for (var i = 0; i < count; i++)
            {
                if (buffer[i] == '\n')
                {
                    yield return line.ToString();
                    line.Clear();
                    number++;
                }
                else if (line.Append(buffer[i]).Length > LineCharsMax)
                {
                    throw ImportedList.Mistake(path, number, $"the line is longer than {LineCharsMax} characters");
                }
            }
        }
        yield return line.ToString();
    }
}
