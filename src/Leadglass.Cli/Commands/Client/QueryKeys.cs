using System.CommandLine;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom;

namespace Leadglass.Cli.Commands.Client;

/// <summary>The identifier of a query from keys as they are typed: KEYWORD, KEYWORD=VALUE, ggggeeee=VALUE.</summary>
internal static class QueryKeys
{
    public static Option<string?> Study() => new("--study") { Description = "Study Instance UID", HelpName = "UID" };

    public static Option<string?> Series() => new("--series") { Description = "Series Instance UID", HelpName = "UID" };

    public static Option<string?> Instance() =>
        new("--instance") { Description = "SOP Instance UID", HelpName = "UID" };

    /// <summary>What each level answers when nothing else is asked for.</summary>
    public static IReadOnlyList<DicomTag> ReturnedAt(string level) =>
        level switch
        {
            "PATIENT" => [DicomTag.PatientName, DicomTag.PatientID, DicomTag.PatientBirthDate, DicomTag.PatientSex],
            "STUDY" =>
            [
                DicomTag.StudyDate,
                DicomTag.ModalitiesInStudy,
                DicomTag.PatientName,
                DicomTag.PatientID,
                DicomTag.AccessionNumber,
                DicomTag.StudyDescription,
                DicomTag.NumberOfStudyRelatedInstances,
                DicomTag.StudyInstanceUID,
            ],
            "SERIES" =>
            [
                DicomTag.SeriesNumber,
                DicomTag.Modality,
                DicomTag.SeriesDescription,
                DicomTag.NumberOfSeriesRelatedInstances,
                DicomTag.SeriesInstanceUID,
            ],
            _ => [DicomTag.InstanceNumber, DicomTag.SOPClassUID, DicomTag.SOPInstanceUID],
        };

    /// <summary>Makes the identifier, and says which keys to show, in order.</summary>
    /// <exception cref="CommandFailedException">A key is none, or takes no value.</exception>
    public static (DataSet Identifier, IReadOnlyList<DicomTag> Shown) Parse(string level, IReadOnlyList<string> keys)
    {
        var typed = keys.Select(Split).ToList();
        var identifier = new DataSet();
        if (typed.Exists(key => key.Value?.All(char.IsAscii) == false))
        {
            identifier.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        }

        identifier.SetString(DicomTag.QueryRetrieveLevel, level);
        var shown = ReturnedAt(level).Concat(typed.Select(key => key.Entry.Tag)).Distinct().ToList();
        foreach (var tag in shown)
        {
            identifier.SetEmpty(tag);
        }

        foreach (var (entry, value) in typed.Where(key => key.Value is not null))
        {
            if (!entry.Vr.IsText)
            {
                throw CommandFailedException.WrongUsage(
                    $"{entry.Keyword} is matched by presence only: leave its value out"
                );
            }

            identifier.SetString(entry.Tag, value!);
        }

        return (identifier, shown);
    }

    /// <summary>The identifier of a retrieval: one study, series or instance by its UIDs.</summary>
    public static DataSet Retrieval(string study, string? series, string? instance)
    {
        if (instance is not null && series is null)
        {
            throw CommandFailedException.WrongUsage("--instance needs --series, to which it belongs");
        }

        var identifier = new DataSet();
        identifier.SetString(
            DicomTag.QueryRetrieveLevel,
            instance is not null ? "IMAGE"
                : series is not null ? "SERIES"
                : "STUDY"
        );
        SetUid(identifier, DicomTag.StudyInstanceUID, study, "--study");
        SetUid(identifier, DicomTag.SeriesInstanceUID, series, "--series");
        SetUid(identifier, DicomTag.SOPInstanceUID, instance, "--instance");
        return identifier;
    }

    private static void SetUid(DataSet identifier, DicomTag tag, string? uid, string option)
    {
        if (uid is null)
        {
            return;
        }

        if (!UidSyntax.IsValid(uid))
        {
            throw CommandFailedException.WrongUsage($"{option} takes a UID: digits and dots, 64 characters at most");
        }

        identifier.SetString(tag, uid);
    }

    private static (DictionaryEntry Entry, string? Value) Split(string key)
    {
        var equals = key.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? key : key[..equals];
        var entry =
            DicomDictionary.FindByKeyword(name)
            ?? (DicomTag.TryParse(name, out var tag) ? DicomDictionary.Find(tag) : null);
        return entry is { } known
            ? (known, equals < 0 ? null : key[(equals + 1)..])
            : throw CommandFailedException.WrongUsage(
                $"{Printable.Text(name)} is no attribute: give a keyword such as PatientName, or a tag such as 00100010"
            );
    }
}
