using System.Globalization;
using System.Text;
using CsCheck;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>Random queries over a random archive give what a plain loop over plain records gives.</summary>
public sealed class SearchOracleTests
{
    private static readonly string[] Names =
    [
        "Müller^Jörg",
        "MUELLER^JOERG",
        "muller^jorg",
        "Mustermann^Max",
        "Muster^Max",
        "Maier^Anna",
        "Meier^Anna Maria",
    ];

    private static readonly string[] NameKeys =
    [
        "",
        "*",
        "müller*",
        "Mueller^Joerg",
        "MUSTER^MAX",
        "muster*",
        "M?ier*",
        "*anna*",
        "*^max",
        "Nobody*",
        "m*r^j*",
    ];

    private static readonly string[] Dates = ["20231231", "20240101", "20240131", ""];
    private static readonly string[] DateKeys =
    [
        "",
        "20240101",
        "20240101-",
        "-20231231",
        "20231231-20240101",
        "20250101-",
    ];
    private static readonly string[] Ids = ["TEST-1", "TEST-2", "TEST-10"];
    private static readonly string[] IdKeys = ["", "TEST-1", "TEST-1*", "TEST-?", "*", "NONE"];
    private static readonly string[] Modalities = ["CT", "MR", "PR"];
    private static readonly string[] ModalityKeys = ["", "CT", "MR", "C*", "US"];

    /// <summary>One stored instance, as plain text.</summary>
    private sealed record Plain(
        string Id,
        string Name,
        string Study,
        string Date,
        string Series,
        string Modality,
        string Instance,
        int Number
    );

    /// <summary>One query, as plain text.</summary>
    private sealed record Query(
        string Level,
        bool IsPatientRoot,
        string Name,
        string Id,
        string Date,
        string Modality,
        string Number,
        string[] Studies
    );

    [Fact]
    public async Task QueriesFindWhatAPlainLoopFinds()
    {
        await Archives.SampleAsync(
            async one =>
            {
                await using var archive = await TestArchive.StartAsync();
                foreach (var plain in one.Instances)
                {
                    Assert.Equal(IngestResult.Stored, (await archive.StoreAsync(DataSetOf(plain))).Result);
                }

                foreach (var query in one.Queries)
                {
                    var unique = query.Level switch
                    {
                        "PATIENT" => DicomTag.PatientID,
                        "STUDY" => DicomTag.StudyInstanceUID,
                        "SERIES" => DicomTag.SeriesInstanceUID,
                        _ => DicomTag.SOPInstanceUID,
                    };
                    var found = await archive.FindAsync(
                        KeysOf(query),
                        query.IsPatientRoot ? QueryModel.PatientRoot : QueryModel.StudyRoot,
                        relational: true
                    );
                    Assert.Equal(
                        Expected(one.Instances, query),
                        found.Select(answer => answer.GetString(unique)!).Order(StringComparer.Ordinal)
                    );
                }
            },
            seed: "0000KOIXL6n3",
            iter: 40,
            threads: 1
        );
    }

    private static Gen<(Plain[] Instances, Query[] Queries)> Archives =>
        from studies in Gen.Int[1, 6]
        from patients in OneOf(Ids).Array[studies]
        from names in OneOf(Names).Array[studies]
        from dates in OneOf(Dates).Array[studies]
        from series in Gen.Int[1, 3].Array[studies]
        from modalities in OneOf(Modalities).Array[studies * 3]
        from instances in Gen.Int[1, 3].Array[studies * 3]
        from queries in Queries(studies).Array[12]
        select (
            Enumerable
                .Range(0, studies)
                .SelectMany(study =>
                    Enumerable
                        .Range(0, series[study])
                        .SelectMany(one =>
                            Enumerable
                                .Range(0, instances[(study * 3) + one])
                                .Select(number => new Plain(
                                    patients[study],
                                    names[study],
                                    $"1.2.{study}",
                                    dates[study],
                                    $"1.2.{study}.{one}",
                                    modalities[(study * 3) + one],
                                    $"1.2.{study}.{one}.{number}",
                                    number
                                ))
                        )
                )
                .ToArray(),
            queries
        );

    private static Gen<string> OneOf(params string[] values) =>
        Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<Query> Queries(int studies) =>
        from level in OneOf("PATIENT", "STUDY", "SERIES", "IMAGE")
        from patientRoot in Gen.Bool
        from name in OneOf(NameKeys)
        from id in OneOf(IdKeys)
        from date in OneOf(DateKeys)
        from modality in OneOf(ModalityKeys)
        from number in OneOf("", "0", "1", "01")
        from named in Gen.Int[0, studies].Array[0, 2]
        select new Query(
            level,
            patientRoot || level == "PATIENT",
            name,
            id,
            date,
            modality,
            number,
            [.. named.Select(study => $"1.2.{study}")]
        );

    private static DataSet DataSetOf(Plain plain) =>
        TestInstances.Ct(
            plain.Study,
            plain.Series,
            plain.Instance,
            plain.Id,
            name: plain.Name,
            modality: plain.Modality,
            pixelBytes: 32,
            change: one =>
            {
                one.SetString(DicomTag.InstanceNumber, plain.Number.ToString(CultureInfo.InvariantCulture));
                if (plain.Date.Length == 0)
                {
                    one.SetEmpty(DicomTag.StudyDate);
                }
                else
                {
                    one.SetString(DicomTag.StudyDate, plain.Date);
                }
            }
        );

    private static DataSet KeysOf(Query query)
    {
        List<(DicomTag, string)> keys = [(DicomTag.PatientName, query.Name), (DicomTag.PatientID, query.Id)];
        if (query.Level != "PATIENT")
        {
            keys.Add((DicomTag.StudyDate, query.Date));
            keys.Add((DicomTag.StudyInstanceUID, string.Join('\\', query.Studies)));
        }

        if (query.Level is "SERIES" or "IMAGE")
        {
            keys.Add((DicomTag.Modality, query.Modality));
        }

        if (query.Level is "IMAGE")
        {
            keys.Add((DicomTag.InstanceNumber, query.Number));
        }

        return TestInstances.Keys(query.Level, [.. keys]);
    }

    private static List<string> Expected(Plain[] instances, Query query)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var one in instances)
        {
            var matches = IsLike(Fold(query.Name), Fold(one.Name)) && IsLike(query.Id, one.Id);
            if (query.Level != "PATIENT")
            {
                matches &= IsInRange(query.Date, one.Date);
                matches &= query.Studies.Length == 0 || query.Studies.Contains(one.Study);
            }

            if (query.Level is "SERIES" or "IMAGE")
            {
                matches &= IsLike(query.Modality, one.Modality);
            }

            if (query.Level is "IMAGE")
            {
                matches &= query.Number.Length == 0 || int.Parse(query.Number, null) == one.Number;
            }

            if (matches)
            {
                found.Add(
                    query.Level switch
                    {
                        "PATIENT" => one.Id,
                        "STUDY" => one.Study,
                        "SERIES" => one.Series,
                        _ => one.Instance,
                    }
                );
            }
        }

        return [.. found];
    }

    private static bool IsInRange(string key, string date)
    {
        if (key.Length == 0)
        {
            return true;
        }

        var ends = key.Contains('-') ? key.Split('-') : [key, key];
        return date.Length > 0
            && (ends[0].Length == 0 || string.CompareOrdinal(date, ends[0]) >= 0)
            && (ends[1].Length == 0 || string.CompareOrdinal(date, ends[1]) <= 0);
    }

    private static bool IsLike(string pattern, string text)
    {
        if (pattern.Length == 0)
        {
            return true;
        }

        // Match(i, j): does the pattern from i on match the text from j on?
        var table = new bool[pattern.Length + 1, text.Length + 1];
        table[pattern.Length, text.Length] = true;
        for (var i = pattern.Length - 1; i >= 0; i--)
        {
            for (var j = text.Length; j >= 0; j--)
            {
                table[i, j] =
                    pattern[i] == '*'
                        ? table[i + 1, j] || (j < text.Length && table[i, j + 1])
                        : j < text.Length && (pattern[i] == '?' || pattern[i] == text[j]) && table[i + 1, j + 1];
            }
        }

        return table[0, 0];
    }

    private static string Fold(string name)
    {
        var folded = new StringBuilder(name.ToLowerInvariant());
        foreach (
            var (from, to) in new[] { ("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ae", "a"), ("oe", "o"), ("ue", "u") }
        )
        {
            folded.Replace(from, to);
        }

        return folded.ToString();
    }
}
