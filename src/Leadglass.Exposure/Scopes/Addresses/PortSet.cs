using System.Collections;
using System.Collections.Immutable;
using System.Globalization;

namespace Leadglass.Exposure;

/// <summary>Ports in ascending order, each once.</summary>
public sealed class PortSet
{
    private readonly BitArray _has = new(ushort.MaxValue + 1);

    private PortSet(IEnumerable<int> ports)
    {
        foreach (var port in ports)
        {
            _has[port] = true;
        }

        Ports = [.. Enumerable.Range(1, ushort.MaxValue).Where(port => _has[port])];
    }

    /// <summary>The ports, ascending.</summary>
    public ImmutableArray<int> Ports { get; }

    /// <summary>How many.</summary>
    public int Count => Ports.Length;

    /// <summary>A set of ports.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is not from 1 to 65535.</exception>
    public static PortSet Of(IEnumerable<int> ports) =>
        new(
            ports.Select(port =>
                port is > 0 and <= ushort.MaxValue
                    ? port
                    : throw new ArgumentOutOfRangeException(nameof(ports), port, "a port is from 1 to 65535")
            )
        );

    /// <summary>Whether the port is among them. Allocates nothing.</summary>
    public bool Contains(int port) => port is > 0 and <= ushort.MaxValue && _has[port];

    /// <summary>Reads <c>104,11112,8000-8100</c>.</summary>
    /// <param name="mistake">What is wrong and what to write instead; null when it was read.</param>
    public static bool TryParse(string text, out PortSet ports, out string? mistake)
    {
        ports = new PortSet([]);
        var read = new BitArray(ushort.MaxValue + 1);
        foreach (var part in text.Split(','))
        {
            var ends = part.Trim().Split('-');
            if (
                ends.Length > 2
                || !TryParsePort(ends[0], out var first)
                || !TryParsePort(ends[^1], out var last)
                || last < first
            )
            {
                mistake = $"'{Shown(part)}' is no port; write ports from 1 to 65535 and ranges: 104,11112,8000-8100";
                return false;
            }

            for (var port = first; port <= last; port++)
            {
                read[port] = true;
            }
        }

        ports = new PortSet(Enumerable.Range(1, ushort.MaxValue).Where(port => read[port]));
        mistake = null;
        return true;
    }

    /// <summary>The ports as a list with ranges.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        for (var i = 0; i < Ports.Length; i++)
        {
            var first = Ports[i];
            while (i + 1 < Ports.Length && Ports[i + 1] == Ports[i] + 1)
            {
                i++;
            }

            parts.Add(Ports[i] == first ? $"{first}" : $"{first}-{Ports[i]}");
        }

        return string.Join(',', parts);
    }

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && port is > 0 and <= ushort.MaxValue;

    private static string Shown(string part) => part.Length <= 40 ? part.Trim() : part[..40].Trim() + "...";
}
