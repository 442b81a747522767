using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>C-FIND as PS3.4 C has it: levels, models, matching of every kind, computed attributes, limits.</summary>
public sealed class SearchTests
{
    [Theory]
    [InlineData("Müller^Jörg", "MUELLER^JOERG", true)]
    [InlineData("Müller^Jörg", "muller^jorg", true)]
    [InlineData("Müller^Jörg", "m?ller*", true)]
    [InlineData("Müller^Jörg", "Mull*", true)]
    [InlineData("Müller^Jörg", "*ö*", true)]
    [InlineData("Müller^Jörg", "Müller", false)]
    [InlineData("Müller^Jörg", "Maier*", false)]
    [InlineData("Yamada^Tarou=山田^太郎=やまだ^たろう", "yamada*", true)]
    [InlineData("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田^太郎", true)]
    [InlineData("Yamada^Tarou=山田^太郎=やまだ^たろう", "*ヤマダ*", true)]
    [InlineData("Yamada^Tarou=山田^太郎=やまだ^たろう", "田中*", false)]
    public async Task NamesMatchWhateverTheirCaseAccentAndSpelling(string stored, string key, bool found)
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(name: stored));
        var keys = TestInstances.Keys("STUDY", (DicomTag.PatientName, key));
        var answers = await archive.FindAsync(keys);
        Assert.Equal(found, answers.Count == 1);
        if (found)
        {
            Assert.Equal(stored, answers[0].GetString(DicomTag.PatientName));
        }
    }

    public static TheoryData<string, string, bool> StudyKeys =>
        new()
        {
            { "StudyDate", "20240131", true },
            { "StudyDate", "20240101-20240131", true },
            { "StudyDate", "20240201-", false },
            { "StudyDate", "-20240131", true },
            { "StudyDate", "-20240130", false },
            { "StudyTime", "1015", true },
            { "StudyTime", "101530", true },
            { "StudyTime", "10-11", true },
            { "StudyTime", "101531-", false },
            { "AccessionNumber", "ACC-1", true },
            { "AccessionNumber", "acc-1", false },
            { "AccessionNumber", "ACC*", true },
            { "AccessionNumber", "A?C-1", true },
            { "AccessionNumber", "*", true },
            { "StudyDescription", "Head*", true },
            { "StudyDescription", "head*", false },
            { "PatientID", "TEST-1", true },
            { "PatientID", "TEST-*", true },
            { "PatientID", "TEST", false },
            { "PatientBirthDate", "19700101", true },
            { "PatientBirthDate", "19690101-19691231", false },
            { "ModalitiesInStudy", "CT", true },
            { "ModalitiesInStudy", "MR\\CT", true },
            { "ModalitiesInStudy", "MR", false },
            { "StudyInstanceUID", "1.2.826.0.1.1", true },
            { "StudyInstanceUID", "1.2.3\\1.2.826.0.1.1", true },
            { "StudyInstanceUID", "1.2.3", false },
            { "ReferringPhysicianName", "", true },
            { "ReferringPhysicianName", "Somebody*", false },
            { "ReferringPhysicianName", "*", true },
            { "NumberOfStudyRelatedInstances", "1", true },
            { "SOPClassesInStudy", SopClasses.CTImageStorage, true },
        };

    [Theory]
    [MemberData(nameof(StudyKeys))]
    public async Task StudiesMatchByEveryKindOfKey(string keyword, string value, bool found)
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct());
        var tag = DicomDictionary.FindByKeyword(keyword)!.Value.Tag;
        Assert.Equal(found, (await archive.FindAsync(TestInstances.Keys("STUDY", (tag, value)))).Count == 1);
    }

    [Fact]
    public async Task SequencesMatchWhenOneItemMatchesAllKeys()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(
            TestInstances.Ct(change: one =>
                one.SetItems(DicomTag.RequestAttributesSequence, Request("REQ-1", "SPS-1"), Request("REQ-2", "SPS-2"))
            )
        );
        Assert.Equal(1, await CountAsync("REQ-2", "SPS-2"));
        Assert.Equal(0, await CountAsync("REQ-1", "SPS-2"));
        Assert.Equal(1, await CountAsync("", ""));
        Assert.Equal(1, await CountAsync("REQ*", ""));

        async Task<int> CountAsync(string request, string step)
        {
            var keys = TestInstances.Keys("SERIES", (DicomTag.StudyInstanceUID, "1.2.826.0.1.1"));
            keys.SetItems(DicomTag.RequestAttributesSequence, Request(request, step));
            return (await archive.FindAsync(keys)).Count;
        }

        static DataSet Request(string request, string step)
        {
            var item = new DataSet();
            item.SetString(DicomTag.RequestedProcedureID, request);
            item.SetString(DicomTag.ScheduledProcedureStepID, step);
            return item;
        }
    }

    [Fact]
    public async Task CombinedRangesAreOneRangeOnlyWhenNegotiated()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct());
        var keys = TestInstances.Keys(
            "STUDY",
            (DicomTag.StudyDate, "20240130-20240131"),
            (DicomTag.StudyTime, "2200-1100")
        );
        var apart = TestInstances.Keys(
            "STUDY",
            (DicomTag.StudyDate, "20240130-20240201"),
            (DicomTag.StudyTime, "1800-0900")
        );
        Assert.Single(await archive.FindAsync(keys, combined: true));
        Assert.Single(await archive.FindAsync(apart, combined: true));
        Assert.Empty(await archive.FindAsync(apart));
    }

    [Fact]
    public async Task EveryLevelAnswersInBothModelsHierarchicallyAndRelationally()
    {
        await using var archive = await TestArchive.StartAsync();
        foreach (var study in (int[])[1, 2])
        {
            foreach (var series in (int[])[1, 2])
            {
                foreach (var instance in (int[])[1, 2, 3])
                {
                    await archive.StoreAsync(
                        TestInstances.Ct(
                            study: $"1.2.{study}",
                            series: $"1.2.{study}.{series}",
                            instance: $"1.2.{study}.{series}.{instance}",
                            modality: series == 1 ? "CT" : "PR"
                        )
                    );
                }
            }
        }

        var patient = Assert.Single(
            await archive.FindAsync(
                TestInstances.Keys(
                    "PATIENT",
                    (DicomTag.PatientName, "example*"),
                    (DicomTag.NumberOfPatientRelatedStudies, ""),
                    (DicomTag.NumberOfPatientRelatedSeries, ""),
                    (DicomTag.NumberOfPatientRelatedInstances, "")
                ),
                QueryModel.PatientRoot
            )
        );
        Assert.Equal("TEST-1", patient.GetString(DicomTag.PatientID));
        Assert.Equal(
            ("2", "4", "12"),
            (
                patient.GetString(DicomTag.NumberOfPatientRelatedStudies),
                patient.GetString(DicomTag.NumberOfPatientRelatedSeries),
                patient.GetString(DicomTag.NumberOfPatientRelatedInstances)
            )
        );

        var studies = await archive.FindAsync(
            TestInstances.Keys(
                "STUDY",
                (DicomTag.PatientID, "TEST-1"),
                (DicomTag.ModalitiesInStudy, ""),
                (DicomTag.NumberOfStudyRelatedSeries, ""),
                (DicomTag.NumberOfStudyRelatedInstances, "")
            ),
            QueryModel.PatientRoot
        );
        Assert.Equal(2, studies.Count);
        Assert.All(
            studies,
            one =>
            {
                Assert.Equal(["CT", "PR"], one.GetStrings(DicomTag.ModalitiesInStudy));
                Assert.Equal("2", one.GetString(DicomTag.NumberOfStudyRelatedSeries));
                Assert.Equal("6", one.GetString(DicomTag.NumberOfStudyRelatedInstances));
                Assert.Equal("LEADGLASS", one.GetString(DicomTag.RetrieveAETitle));
                Assert.Equal("ONLINE", one.GetString(DicomTag.InstanceAvailability));
            }
        );

        var series2 = Assert.Single(
            await archive.FindAsync(
                TestInstances.Keys(
                    "SERIES",
                    (DicomTag.StudyInstanceUID, "1.2.1"),
                    (DicomTag.Modality, "PR"),
                    (DicomTag.NumberOfSeriesRelatedInstances, "")
                )
            )
        );
        Assert.Equal("1.2.1.2", series2.GetString(DicomTag.SeriesInstanceUID));
        Assert.Equal("3", series2.GetString(DicomTag.NumberOfSeriesRelatedInstances));

        var images = await archive.FindAsync(
            TestInstances.Keys(
                "IMAGE",
                (DicomTag.StudyInstanceUID, "1.2.1"),
                (DicomTag.SeriesInstanceUID, "1.2.1.2"),
                (DicomTag.SOPInstanceUID, "1.2.1.2.1\\1.2.1.2.3\\1.2.1.1.1"),
                (DicomTag.SOPClassUID, ""),
                (DicomTag.InstanceNumber, ""),
                (DicomTag.Rows, "")
            )
        );
        Assert.Equal(
            ["1.2.1.2.1", "1.2.1.2.3"],
            images.Select(one => one.GetString(DicomTag.SOPInstanceUID)).Order(StringComparer.Ordinal)
        );
        Assert.All(images, one => Assert.Equal(16, one.GetInt32(DicomTag.Rows)));

        // Relational: any key, any level.
        Assert.Equal(
            2,
            (await archive.FindAsync(TestInstances.Keys("SERIES", (DicomTag.Modality, "PR")), relational: true)).Count
        );
        Assert.Equal(
            3,
            (
                await archive.FindAsync(
                    TestInstances.Keys("IMAGE", (DicomTag.SeriesInstanceUID, "1.2.2.1")),
                    relational: true
                )
            ).Count
        );
        Assert.Equal(
            12,
            (
                await archive.FindAsync(
                    TestInstances.Keys("IMAGE", (DicomTag.PatientName, "example*"), (DicomTag.SOPInstanceUID, "")),
                    QueryModel.PatientRoot,
                    relational: true
                )
            ).Count
        );
    }

    [Theory]
    [InlineData("SERIES", false, null)]
    [InlineData("IMAGE", false, "1.2.826.0.1.1")]
    [InlineData("PATIENT", true, null)]
    [InlineData("WORKLIST", true, null)]
    public async Task AMissingUniqueKeyOrAWrongLevelIsRefused(string level, bool relational, string? study)
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct());
        var keys = TestInstances.Keys(level);
        if (study is not null)
        {
            keys.SetString(DicomTag.StudyInstanceUID, study);
        }

        var refused = await Assert.ThrowsAsync<SearchRefusedException>(() =>
            archive.FindAsync(keys, relational: relational)
        );
        Assert.Equal(QueryStatus.IdentifierDoesNotMatch, refused.Status);
        Assert.Single(refused.OffendingElements);
        Assert.InRange(refused.Comment.Length, 1, 64);
    }

    [Fact]
    public async Task AQueryThatRunsAwayEndsWithAStatus()
    {
        await using var archive = await TestArchive.StartAsync(new ArchiveOptions { AnswersMax = 5 });
        for (var i = 0; i < 6; i++)
        {
            await archive.StoreAsync(TestInstances.Ct(study: $"1.2.3.{i}"));
        }

        var refused = await Assert.ThrowsAsync<SearchRefusedException>(() =>
            archive.FindAsync(TestInstances.Keys("STUDY", (DicomTag.PatientName, "")))
        );
        Assert.Equal(QueryStatus.OutOfResources, refused.Status);
        Assert.Single(await archive.FindAsync(TestInstances.Keys("STUDY", (DicomTag.StudyInstanceUID, "1.2.3.4"))));
    }

    [Fact]
    public async Task RowsThatOneQueryOpensAreLimited()
    {
        await using var archive = await TestArchive.StartAsync(new ArchiveOptions { RowsOpenedMax = 5 });
        for (var i = 0; i < 6; i++)
        {
            await archive.StoreAsync(TestInstances.Ct(instance: $"1.2.3.{i}"));
        }

        var keys = TestInstances.Keys("IMAGE", (DicomTag.Rows, ""), (DicomTag.InstanceNumber, "77"));
        await Assert.ThrowsAsync<SearchRefusedException>(() => archive.FindAsync(keys, relational: true));
    }

    [Fact]
    public async Task AnUnsupportedOptionalKeyIsSaidToBe()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct());
        var grant = await archive.Access.GrantAsync(Operation.Query);
        foreach (var (tag, supported) in new[] { (DicomTag.KVP, false), (DicomTag.StudyDescription, true) })
        {
            var request = new SearchRequest
            {
                Model = QueryModel.StudyRoot,
                Identifier = TestInstances.Keys("STUDY", (tag, "")),
            };
            var match = Assert.Single(await archive.Archive.Search.FindAsync(grant, request, default).ToListAsync());
            Assert.Equal(supported, match.AllKeysSupported);
            Assert.Equal(supported, match.Identifier.Contains(tag));
        }
    }

    [Fact]
    public async Task KeysAndAnswersComeInTheirOwnCharacterSets()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(
            TestInstances.Ct(change: one =>
            {
                one.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 100");
                one.SetString(DicomTag.PatientName, "Müller^Jörg");
                one.SetString(DicomTag.SeriesDescription, "Schädel");
            })
        );
        var latin = new DataSet();
        latin.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 100");
        latin.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        latin.SetString(DicomTag.PatientName, "MÜLLER*");
        var answer = Assert.Single(await archive.FindAsync(latin));
        Assert.Equal("ISO_IR 100", answer.GetString(DicomTag.SpecificCharacterSet));
        Assert.Equal("Müller^Jörg", answer.GetString(DicomTag.PatientName));

        // A series in another set joins its study: one answer, one set for both.
        await archive.StoreAsync(
            TestInstances.Ct(
                series: "1.2.826.0.1.1.2",
                change: one =>
                {
                    one.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 144");
                    one.SetString(DicomTag.SeriesDescription, "Голова");
                }
            )
        );
        var keys = TestInstances.Keys(
            "SERIES",
            (DicomTag.StudyInstanceUID, "1.2.826.0.1.1"),
            (DicomTag.PatientName, ""),
            (DicomTag.SeriesDescription, "Гол*")
        );
        var mixed = Assert.Single(await archive.FindAsync(keys));
        Assert.Equal("Голова", mixed.GetString(DicomTag.SeriesDescription));
        Assert.Equal("Müller^Jörg", mixed.GetString(DicomTag.PatientName));
    }

    [Fact]
    public async Task OnlyWhatTheGrantCoversIsFound()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.1", patientId: "TEST-1"));
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.2", patientId: "TEST-2"));
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.3", patientId: "TEST-1", modality: "MR"));
        await archive.Access.GrantAsync(
            Operation.Query,
            "one-patient",
            device => device with { Scope = new DeviceScope { Patients = [new PatientKey("TEST-1", "")] } }
        );
        await archive.Access.GrantAsync(
            Operation.Query,
            "one-modality",
            device => device with { Scope = new DeviceScope { Modalities = ["MR"] } }
        );
        var keys = TestInstances.Keys("STUDY", (DicomTag.StudyInstanceUID, ""));
        Assert.Equal(["1.2.3.1", "1.2.3.3"], await StudiesAsync("one-patient"));
        Assert.Equal(["1.2.3.3"], await StudiesAsync("one-modality"));
        Assert.Equal(3, (await StudiesAsync("device")).Count);
        Assert.Contains(archive.Access.Trail.Recorded, one => one.Operation == Operation.Query);

        async Task<List<string>> StudiesAsync(string device) =>
            [
                .. (await archive.FindAsync(keys, device: device))
                    .Select(one => one.GetString(DicomTag.StudyInstanceUID)!)
                    .Order(StringComparer.Ordinal),
            ];
    }

    [Fact]
    public async Task AQueryWhoseGrantIsWithdrawnEndsInARefusalNotInFewerAnswers()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.1"));
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.2"));
        var grant = await archive.Access.GrantAsync(Operation.Query, "reader");
        var request = new SearchRequest
        {
            Model = QueryModel.StudyRoot,
            Identifier = TestInstances.Keys("STUDY", (DicomTag.StudyInstanceUID, "")),
        };
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
        {
            await foreach (var _ in archive.Archive.Search.FindAsync(grant, request, default))
            {
                await archive.Access.Devices.ChangeAsync("reader", one => one with { Enabled = false }, default);
            }
        });
    }

    [Fact]
    public async Task PaddingDoesNotKeepAQueryOutOfTheTrail()
    {
        await using var archive = await TestArchive.StartAsync();
        var padding = string.Join('\\', Enumerable.Range(0, 40).Select(n => $"1.2.{new string('9', 50)}.{n}"));
        foreach (var patient in (string[])["TEST-1", "TEST-2"])
        {
            var keys = TestInstances.Keys(
                "STUDY",
                (DicomTag.SOPClassUID, padding),
                (DicomTag.SOPInstanceUID, padding),
                (DicomTag.PatientID, patient)
            );
            await archive.FindAsync(keys);
        }

        var asked = archive.Access.Trail.Recorded.Where(one => one.Operation == Operation.Query).ToList();
        Assert.Equal(2, asked.Count);
        Assert.Contains("TEST-1", asked[0].Detail, StringComparison.Ordinal);
        Assert.Contains("TEST-2", asked[1].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CountsDoNotTellOfWhatTheDeviceMayNotSee()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.1", modality: "US"));
        await archive.StoreAsync(TestInstances.Ct(study: "1.2.3.2"));
        await archive.Access.GrantAsync(
            Operation.Query,
            "sonography",
            device => device with { Scope = new DeviceScope { Modalities = ["US"] } }
        );
        var keys = TestInstances.Keys(
            "STUDY",
            (DicomTag.StudyInstanceUID, ""),
            (DicomTag.NumberOfPatientRelatedStudies, ""),
            (DicomTag.NumberOfStudyRelatedInstances, "")
        );
        var narrow = Assert.Single(await archive.FindAsync(keys, device: "sonography"));
        Assert.True(string.IsNullOrEmpty(narrow.GetString(DicomTag.NumberOfPatientRelatedStudies)));
        Assert.True(string.IsNullOrEmpty(narrow.GetString(DicomTag.NumberOfStudyRelatedInstances)));
        var wide = await archive.FindAsync(keys);
        Assert.All(wide, one => Assert.Equal("2", one.GetString(DicomTag.NumberOfPatientRelatedStudies)));
    }

    [Fact]
    public async Task WithoutTheTrailOrTheRightGrantNothingIsAnswered()
    {
        await using var archive = await TestArchive.StartAsync();
        await archive.StoreAsync(TestInstances.Ct());
        var keys = TestInstances.Keys("STUDY", (DicomTag.PatientName, ""));
        await archive.Access.GrantAsync(Operation.Query);
        archive.Access.Trail.Fails = true;
        await Assert.ThrowsAsync<AccessRefusedException>(() => archive.FindAsync(keys));
        archive.Access.Trail.Fails = false;
        var store = await archive.Access.GrantAsync(Operation.Store);
        var request = new SearchRequest { Model = QueryModel.StudyRoot, Identifier = keys };
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await archive.Archive.Search.FindAsync(store, request, default).ToListAsync()
        );
    }
}
