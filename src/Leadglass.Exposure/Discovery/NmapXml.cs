using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Xml;

namespace Leadglass.Exposure;

/// <summary>The open TCP ports in what nmap writes with <c>-oX</c>, also when it was interrupted and the file has no end.</summary>
internal static class NmapXml
{
    private const int DepthMax = 32;
    private const int AddressCharsMax = 64;

    public static async IAsyncEnumerable<ImportedEntry> ReadAsync(
        Stream stream,
        string path,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        await using var bounded = new TagLimitStream(stream);
        using var xml = XmlReader.Create(
            bounded,
            new XmlReaderSettings
            {
                Async = true,
                // nmap names a DTD, which is never read; one that declares entities stays undeclared and ends the reading.
                DtdProcessing = DtdProcessing.Ignore,
                XmlResolver = null,
                MaxCharactersFromEntities = 1,
                MaxCharactersInDocument = ImportedList.BytesMax,
                IgnoreComments = true,
                IgnoreProcessingInstructions = true,
                IgnoreWhitespace = true,
            }
        );
        var hosts = new Hosts();
        while (await AdvanceAsync(xml, path, cancel))
        {
            if (hosts.See(xml) is { } entry)
            {
                yield return entry;
            }
        }
    }

    private static async Task<bool> AdvanceAsync(XmlReader xml, string path, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        try
        {
            if (!await xml.ReadAsync())
            {
                return false;
            }
        }
        catch (XmlException failure)
        {
            // The exception's own text may quote the file.
            throw ImportedList.Mistake(path, failure.LineNumber, "the XML breaks off or is none");
        }
        catch (InvalidDataException failure)
        {
            throw ImportedList.Mistake(path, ((IXmlLineInfo)xml).LineNumber, failure.Message);
        }
        return xml.Depth <= DepthMax
            ? true
            : throw ImportedList.Mistake(path, ((IXmlLineInfo)xml).LineNumber, "the XML is nested too deep");
    }

    private sealed class Hosts
    {
        private IPAddress? _address;
        private int? _port;

        public ImportedEntry? See(XmlReader xml)
        {
            if (xml.NodeType == XmlNodeType.EndElement)
            {
                _address = xml.Name == "host" ? null : _address;
                _port = xml.Name == "port" ? null : _port;
                return null;
            }
            if (xml.NodeType != XmlNodeType.Element)
            {
                return null;
            }
            switch (xml.Name)
            {
                case "host":
                    _address = null;
                    break;
                case "address" when xml.GetAttribute("addrtype") is "ipv4" or "ipv6":
                    _address = AddressOf(xml.GetAttribute("addr"));
                    break;
                case "port":
                    _port = xml.GetAttribute("protocol") == "tcp" ? PortOf(xml.GetAttribute("portid")) : null;
                    break;
                case "state" when xml.GetAttribute("state") == "open" && _address is not null && _port is not null:
                    return new ImportedEntry(_address, _port);
                default:
                    break;
            }
            return null;
        }

        private static IPAddress? AddressOf(string? text) =>
            text is { Length: <= AddressCharsMax } && PlainList.TryParse(text, out var entry) && entry.Port is null
                ? entry.Address
                : null;

        private static int? PortOf(string? text) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
                ? port
                : null;
    }
}
