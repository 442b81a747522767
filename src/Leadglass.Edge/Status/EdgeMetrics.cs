using System.Globalization;
using System.Text;

namespace Leadglass.Edge;

/// <summary>The status as an OpenMetrics text, for the text file collector of a node exporter.</summary>
internal static class EdgeMetrics
{
    public const string FileName = "metrics.prom";

    public static byte[] Write(EdgeStatus status)
    {
        var text = new StringBuilder();
        Gauge("leadglass_edge_queue_envelopes", "Envelopes that wait.", status.Queue.Envelopes);
        Gauge("leadglass_edge_queue_bytes", "Bytes of the envelopes that wait.", status.Queue.Bytes);
        Gauge("leadglass_edge_queue_oldest_seconds", "Age of the oldest envelope.", status.Queue.OldestSeconds);
        Gauge("leadglass_edge_queue_full", "1 while storing is refused.", status.Queue.Full ? 1 : 0);
        Gauge(
            "leadglass_edge_set_aside_envelopes",
            "Envelopes that the archive refused for good.",
            status.Queue.SetAside
        );
        Gauge("leadglass_edge_alarm", "1 while somebody should look.", status.IsAlarming ? 1 : 0);
        Gauge("leadglass_edge_link_up", "1 while the archive is reached.", status.Trouble is null ? 1 : 0);
        Gauge("leadglass_edge_scanner_connections", "Scanners connected.", status.Connections);
        Gauge(
            "leadglass_edge_certificate_end_timestamp_seconds",
            "End of the edge's certificate.",
            status.CertificateEnds.ToUnixTimeSeconds()
        );
        Counter("leadglass_edge_delivered_envelopes", "Envelopes that the archive took.", status.Delivered);
        Counter("leadglass_edge_delivered_bytes", "Bytes of envelopes that the archive took.", status.DeliveredBytes);
        Counter("leadglass_edge_refusals", "Refused connections, associations and services.", status.Refusals);
        text.Append("# EOF\n");
        return Encoding.ASCII.GetBytes(text.ToString());

        void Gauge(string name, string help, long value) => Sample(name, name, "gauge", help, value);

        void Counter(string name, string help, long value) => Sample(name, name + "_total", "counter", help, value);

        void Sample(string family, string name, string type, string help, long value) =>
            text.Append(
                CultureInfo.InvariantCulture,
                $"# TYPE {family} {type}\n# HELP {family} {help}\n{name} {value}\n"
            );
    }
}
