using System.Globalization;
using Leadglass.Server.Control;
using Leadglass.Server.SelfExamination;

namespace Leadglass.Cli.Doctor;

/// <summary>What a running archive saw when it last looked at itself as a stranger would.</summary>
internal static class SelfExaminationChecks
{
    private const string Check = "self-examination";

    // It looks every hour: two that are missing are no chance.
    private static readonly TimeSpan AgeMax = TimeSpan.FromHours(2.5);

    /// <param name="now">The time, by which a look is old.</param>
    public static IEnumerable<Finding> Of(ArchiveState archive, DateTimeOffset now)
    {
        if (archive.Dicom is null)
        {
            yield break;
        }

        if (archive.LastLook is not { } last)
        {
            yield return new Finding(Check, Health.Skipped, "the first look is still under way: ask again");
            yield break;
        }

        foreach (var service in last.Closed)
        {
            yield return new Finding(
                Check,
                Health.Red,
                $"{service} is closed: it answered a stranger twice. Secure the log and the trail, find out why, then start the archive anew"
            );
        }

        foreach (var notice in last.Notices)
        {
            yield return new Finding(
                Check,
                notice.IsNotLooked ? Health.Warning : Health.Red,
                notice.IsNotLooked
                    ? $"could not look at {notice.Service}, {notice.Attempt}: {notice.Answer}"
                    : $"a stranger got further than they should at {notice.Service}, {notice.Attempt}: {notice.Answer}"
            );
        }

        if (now - last.At > AgeMax)
        {
            yield return new Finding(
                Check,
                Health.Red,
                "the archive has not looked at itself for hours: its log says why; start it again"
            );
        }

        yield return Sum(last);
    }

    private static Finding Sum(SelfExaminationReport last) =>
        new(
            Check,
            last.IsClean ? Health.Ok : Health.Red,
            string.Create(
                CultureInfo.InvariantCulture,
                $"last look {last.At:yyyy-MM-dd HH:mm} UTC: {last.Attempts} attempts as a stranger, {last.Attempts - last.NotLooked - last.Notices.Count(one => !one.IsNotLooked)} refused"
            )
        );
}
