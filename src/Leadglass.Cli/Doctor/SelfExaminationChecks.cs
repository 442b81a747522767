using System.Globalization;
using Leadglass.Server.Control;
using Leadglass.Server.SelfExamination;

namespace Leadglass.Cli.Doctor;

/// <summary>What a running archive saw when it last looked at itself as a stranger would.</summary>
internal static class SelfExaminationChecks
{
    private const string Check = "self-examination";

    public static IEnumerable<Finding> Of(ArchiveState archive)
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
