using System.Net;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Server.Edges;
using Microsoft.Extensions.Logging;

namespace Leadglass.Server;

/// <summary>
/// Every message that the server writes, in one place, so that it can be read for patient data in one sitting: none has a
/// parameter that could hold any.
/// </summary>
/// <param name="logger">Where messages go.</param>
/// <param name="clock">The time, by which lines about strangers are limited to 60 a minute; the trail has their number.</param>
internal sealed partial class ServerLog(ILogger logger, TimeProvider clock)
{
    private const int StrangersPerMinute = 60;

    private readonly LineBudget _strangers = new(StrangersPerMinute, clock);

    /// <summary>A peer in clear was refused.</summary>
    public void NotTls(IPAddress? address)
    {
        if (MayWrite())
        {
            NotTlsLine(address);
        }
    }

    /// <summary>A peer's certificate was refused.</summary>
    public void StrangerRefused(IPAddress? address, RefusalReason reason)
    {
        if (MayWrite())
        {
            StrangerRefusedLine(address, reason);
        }
    }

    /// <summary>A connection too many was refused.</summary>
    public void TurnedAway(IPAddress? address, int most)
    {
        if (MayWrite())
        {
            TurnedAwayLine(address, most);
        }
    }

    /// <summary>A request of somebody unknown was answered; those of callers are not limited.</summary>
    public void StrangerAnswered(string method, string route, int status, double milliseconds)
    {
        if (logger.IsEnabled(LogLevel.Debug) && MayWrite())
        {
            Answered(method, route, status, milliseconds);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "serving: DICOM over TLS on {Dicom}, HTTPS on {Https}")]
    public partial void Serving(IPEndPoint dicom, IPEndPoint https);

    [LoggerMessage(44, LogLevel.Information, "serving: HTTPS with client certificates on {Programs}")]
    public partial void ServingPrograms(IPEndPoint programs);

    [LoggerMessage(2, LogLevel.Information, "stopping: {Associations} associations get {Seconds} s to end")]
    public partial void Stopping(int associations, double seconds);

    [LoggerMessage(3, LogLevel.Information, "stopped")]
    public partial void Stopped();

    [LoggerMessage(10, LogLevel.Warning, "refused {Address}: it does not speak TLS")]
    private partial void NotTlsLine(IPAddress? address);

    [LoggerMessage(11, LogLevel.Warning, "refused {Address}: {Reason}")]
    private partial void StrangerRefusedLine(IPAddress? address, RefusalReason reason);

    [LoggerMessage(12, LogLevel.Warning, "turned {Address} away: all {Most} connections of this listener are in use")]
    private partial void TurnedAwayLine(IPAddress? address, int most);

    [LoggerMessage(13, LogLevel.Warning, "refused a connection to the control socket: another user made it")]
    public partial void ControlRefused();

    [LoggerMessage(14, LogLevel.Error, "the command {Command} failed by a fault of ours: {Fault}")]
    public partial void ControlFault(string command, string fault);

    [LoggerMessage(15, LogLevel.Error, "the list of devices cannot be read ({Fault}): the one known before stands")]
    public partial void EnrolmentUnreadable(string fault);

    [LoggerMessage(
        16,
        LogLevel.Warning,
        "an association of {Device} is aborted: its enrolment was withdrawn or changed"
    )]
    public partial void AccessWithdrawn(string device);

    [LoggerMessage(17, LogLevel.Information, "the destination {Device} was called: {Answer}")]
    public partial void DestinationAnswered(string device, string answer);

    [LoggerMessage(18, LogLevel.Warning, "the destination {Device} cannot be sent to: {Reason}")]
    public partial void DestinationUnavailable(string device, string reason);

    [LoggerMessage(19, LogLevel.Warning, "a commitment result for {Device} is still owed: {Reason}")]
    public partial void CommitmentUndelivered(string device, string reason);

    [LoggerMessage(21, LogLevel.Error, "a commitment result for {Device} is given up after a week")]
    public partial void CommitmentGivenUp(string device);

    [LoggerMessage(22, LogLevel.Error, "an operation of {Device} failed by a fault of ours: {Fault}")]
    public partial void OperationFault(string device, string fault);

    [LoggerMessage(23, LogLevel.Warning, "an association of {Device} ended: {End}")]
    public partial void AssociationEnded(string device, string end);

    [LoggerMessage(
        24,
        LogLevel.Error,
        "the volume is full: nothing is taken in, reading goes on; make room and it recovers"
    )]
    public partial void StorageFull();

    [LoggerMessage(25, LogLevel.Information, "the volume has room again: instances are taken in")]
    public partial void StorageRecovered();

    [LoggerMessage(
        26,
        LogLevel.Critical,
        "writing to the volume failed and nothing more is acknowledged: check the disk, then restart"
    )]
    public partial void StoragePoisoned();

    [LoggerMessage(
        27,
        LogLevel.Error,
        "{Damaged} damaged records were met when the index caught up: run leadglass verify"
    )]
    public partial void RecoveryMetDamage(long damaged);

    [LoggerMessage(20, LogLevel.Error, "an association of {Device} ended by a fault of ours: {Fault}")]
    public partial void AssociationFault(string device, string fault);

    [LoggerMessage(
        28,
        LogLevel.Warning,
        "the certificate of {Device} ends on {Until:yyyy-MM-dd} ({Alarm}): leadglass device renew"
    )]
    public partial void CertificateEnds(string device, DateTimeOffset? until, ExpiryAlarm alarm);

    [LoggerMessage(29, LogLevel.Warning, "{Withheld} further refusals are not in this log, but in the trail")]
    private partial void Withheld(int withheld);

    [LoggerMessage(40, LogLevel.Error, "a web request failed by a fault of ours: {Fault}")]
    public partial void RequestFault(string fault);

    [LoggerMessage(41, LogLevel.Debug, "{Method} {Route}: {Status} in {Milliseconds:0.0} ms")]
    public partial void Answered(string method, string route, int status, double milliseconds);

    [LoggerMessage(42, LogLevel.Information, "the certificate for HTTPS was read anew; it ends on {Until:yyyy-MM-dd}")]
    public partial void HttpsCertificateRead(DateTime until);

    [LoggerMessage(
        43,
        LogLevel.Error,
        "the certificate for HTTPS cannot be read anew ({Fault}): the one read before stays in use"
    )]
    public partial void HttpsCertificateUnreadable(string fault);

    [LoggerMessage(
        45,
        LogLevel.Critical,
        "somebody opened a patient who is not theirs to see, with a reason ({Record}): review it in the trail"
    )]
    public partial void BreakGlassOpened(string record);

    /// <summary>An edge brought what cannot be opened.</summary>
    public void EnvelopeRefused(string edge, string fault)
    {
        if (MayWrite())
        {
            EnvelopeRefusedLine(edge, fault);
        }
    }

    [LoggerMessage(
        50,
        LogLevel.Error,
        "an envelope of edge {Edge} cannot be opened ({Fault}): it was changed or cut, or is for another archive"
    )]
    private partial void EnvelopeRefusedLine(string edge, string fault);

    [LoggerMessage(52, LogLevel.Error, "edge {Edge} needs attention: {Problems}; see leadglass doctor")]
    public partial void EdgeTroubled(string edge, EdgeProblems problems);

    [LoggerMessage(53, LogLevel.Information, "edge {Edge} is well again")]
    public partial void EdgeWell(string edge);

    [LoggerMessage(51, LogLevel.Error, "edge {Edge} asked in vain for a new certificate: {Reason}")]
    public partial void EdgeRenewalRefused(string edge, string reason);

    [LoggerMessage(
        70,
        LogLevel.Information,
        "looked at itself as a stranger would: {Attempts} attempts, {NotLooked} could not be made, {Closed} services are closed"
    )]
    public partial void LookedAtItself(int attempts, int notLooked, int closed);

    [LoggerMessage(
        71,
        LogLevel.Critical,
        "the archive answered a stranger: {Service}: {Attempt}: {Answer}; it is tried again and then closed"
    )]
    public partial void StrangerWasAnswered(string service, string attempt, string answer);

    [LoggerMessage(
        72,
        LogLevel.Critical,
        "{Service} is closed until the archive is started again: it answered a stranger twice; see leadglass doctor"
    )]
    public partial void ServiceClosed(string service);

    [LoggerMessage(
        73,
        LogLevel.Critical,
        "a stranger got further than they should, though to no data: {Service}: {Attempt}: {Answer}"
    )]
    public partial void GuardWeakened(string service, string attempt, string answer);

    [LoggerMessage(74, LogLevel.Warning, "could not look at {Service} as a stranger would: {Attempt}: {Answer}")]
    public partial void CouldNotLook(string service, string attempt, string answer);

    [LoggerMessage(75, LogLevel.Error, "looking at itself failed by a fault of ours: {Fault}")]
    public partial void SelfExaminationFault(string fault);

    private bool MayWrite()
    {
        var may = _strangers.TryTake(out var withheld);
        if (withheld > 0)
        {
            Withheld(withheld);
        }

        return may;
    }
}
