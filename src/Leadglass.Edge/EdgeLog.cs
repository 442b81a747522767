using System.Globalization;
using System.Net;

namespace Leadglass.Edge;

/// <summary>
/// Every message that an edge writes, in one place: none has a parameter that could hold patient data. One line each, for
/// the journal of the system; lines about strangers and faults that repeat are limited.
/// </summary>
/// <param name="output">Where lines go.</param>
/// <param name="clock">The time.</param>
public sealed class EdgeLog(TextWriter output, TimeProvider clock)
{
    private const int LinesPerMinute = 60;
    private readonly Lock _gate = new();
    private long _minute;
    private int _lines;

    internal void Listening(EndPoint? endPoint, int scanners) =>
        Write($"listening in clear on {endPoint} for {scanners} listed scanners", limited: false);

    internal void Refused(IPAddress source, EdgeRefusalReason reason) => Write($"refused {source}: {reason}");

    internal void AssociationEnded(string scanner, string end) => Write($"association of {scanner} ended: {end}");

    internal void HandlerFailed(string scanner, string fault) => Write($"fault while serving {scanner}: {fault}");

    internal void ListenerFailed(string fault) => Write($"cannot accept: {fault}");

    internal void LinkUp() => Write("the archive is reached", limited: false);

    internal void LinkDown(string why, TimeSpan pause) =>
        Write(string.Create(CultureInfo.InvariantCulture, $"no link: {why}; next try in {pause.TotalSeconds:0} s"));

    internal void SetAside(Guid envelope, string status) =>
        Write($"envelope {envelope:N} was refused for good ({status}) and set aside", limited: false);

    internal void PassedOver(Guid envelope, string operation) =>
        Write(
            $"the file of envelope {envelope:N} is gone or unreadable ({operation}): it is passed over",
            limited: false
        );

    internal void PutBack(Guid envelope, string status) => Write($"envelope {envelope:N} is tried again ({status})");

    internal void QueueBroken(string why) => Write($"storing is refused: {why}");

    internal void ScannersChanged(int count) => Write($"{count} scanners are listed now", limited: false);

    internal void CertificateRenewed(DateTimeOffset until) =>
        Write(
            string.Create(CultureInfo.InvariantCulture, $"certificate renewed until {until:yyyy-MM-dd}"),
            limited: false
        );

    internal void CertificateNotRenewed(string why) => Write($"certificate not renewed: {why}");

    internal void CommitmentUndelivered(string scanner, string why) =>
        Write($"storage commitment result for {scanner} is kept: {why}");

    internal void Alarm(string what) => Write($"ALARM: {what}");

    internal void LineFailed(string fault) => Write($"fault in a line to the archive: {fault}");

    private void Write(string line, bool limited = true)
    {
        lock (_gate)
        {
            var minute = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
            if (minute != _minute)
            {
                (_minute, _lines) = (minute, 0);
            }

            if (!limited || _lines++ < LinesPerMinute)
            {
                try
                {
                    output.WriteLine(line);
                }
                catch (IOException)
                {
                    // Nobody reads any more: that ends no line to the archive.
                }
            }
        }
    }
}
