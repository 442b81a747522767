using System.Buffers;
using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>A study that was assigned to another patient: whatever leaves says so, and what is stored stays as it came.</summary>
public sealed class CorrectionTests : IAsyncLifetime
{
    private const string Study = "1.2.826.0.1.1";
    private static readonly CancellationToken None = CancellationToken.None;
    private TestArchive _archive = null!;

    public async ValueTask InitializeAsync() => _archive = await TestArchive.StartAsync();

    public ValueTask DisposeAsync() => _archive.DisposeAsync();

    public static TheoryData<string, string, string> Encodings
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var stored in Syntaxes)
            {
                data.Add(stored.Uid, stored.Uid, "ISO_IR 192");
                data.Add(stored.Uid, TransferSyntax.ExplicitVrLittleEndian.Uid, "ISO_IR 100");
            }

            data.Add(TransferSyntax.ExplicitVrLittleEndian.Uid, TransferSyntax.ImplicitVrLittleEndian.Uid, "");
            data.Add(TransferSyntax.ExplicitVrLittleEndian.Uid, TransferSyntax.DeflatedExplicitVrLittleEndian.Uid, "");
            return data;
        }
    }

    private static TransferSyntax[] Syntaxes =>
        [
            TransferSyntax.ExplicitVrLittleEndian,
            TransferSyntax.ImplicitVrLittleEndian,
            TransferSyntax.ExplicitVrBigEndian,
            TransferSyntax.DeflatedExplicitVrLittleEndian,
        ];

    [Theory]
    [MemberData(nameof(Encodings))]
    public async Task WhatLeavesNamesTheNewPatientAndNothingOfTheFormer(
        string storedUid,
        string acceptedUid,
        string characterSet
    )
    {
        var (stored, accepted) = (TransferSyntax.Find(storedUid)!, TransferSyntax.Find(acceptedUid)!);
        var original = TestInstances.Ct(
            instance: "1.2.3.1",
            name: "Example^Anna",
            pixelBytes: 200_000,
            change: one =>
            {
                one.SetString(DicomTag.SpecificCharacterSet, characterSet);
                one.SetString(DicomTag.OtherPatientNames, "Example^Else");
                one.SetString(DicomTag.PatientAddress, "Example street");
                one.SetString(DicomTag.PatientWeight, "70.5");
                one.SetString(DicomTag.ImageComments, "unchanged");
            }
        );
        await _archive.StoreAsync(original, stored);
        Assert.True(await _archive.AssignAsync(Study, "TEST-9", "HOSPITAL", "Größe^Berta"));

        var bytes = await _archive.RetrieveAsync("1.2.3.1", accepted);
        var left = DataSetReader.Read(new ReadOnlySequence<byte>(bytes), accepted);
        Assert.Equal("Größe^Berta", left.GetString(DicomTag.PatientName));
        Assert.Equal("TEST-9", left.GetString(DicomTag.PatientID));
        Assert.Equal("HOSPITAL", left.GetString(DicomTag.IssuerOfPatientID));
        Assert.Equal("19801224", left.GetString(DicomTag.PatientBirthDate));
        Assert.Equal("F", left.GetString(DicomTag.PatientSex));
        Assert.False(left.Contains(DicomTag.OtherPatientNames));
        Assert.False(left.Contains(DicomTag.PatientAddress));
        Assert.Equal("70.5", left.GetString(DicomTag.PatientWeight));
        Assert.Equal("unchanged", left.GetString(DicomTag.ImageComments));
        var pixels = ((ValueElement)original.Find(DicomTag.PixelData)!).LittleEndianBytes;
        Assert.Equal(pixels.ToArray(), ((ValueElement)left.Find(DicomTag.PixelData)!).LittleEndianBytes.ToArray());
        Assert.Equal(
            [.. original.Select(one => one.Tag).Where(tag => tag.Group != 0x0010)],
            left.Select(one => one.Tag).Where(tag => tag.Group != 0x0010)
        );
    }

    [Fact]
    public async Task ANameThatTheCharacterSetCannotSayExtendsItAndLeavesOtherTextAsItIs()
    {
        await _archive.StoreAsync(
            TestInstances.Ct(
                instance: "1.2.3.1",
                change: one =>
                {
                    one.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 100");
                    one.SetString(DicomTag.StudyDescription, "Schädel");
                }
            )
        );
        await _archive.AssignAsync(Study, "TEST-9", name: "Διονυσιος");
        var left = DataSetReader.Read(
            new ReadOnlySequence<byte>(await _archive.RetrieveAsync("1.2.3.1")),
            TransferSyntax.ExplicitVrLittleEndian
        );
        Assert.Equal("Διονυσιος", left.GetString(DicomTag.PatientName));
        Assert.Equal("Schädel", left.GetString(DicomTag.StudyDescription));
    }

    [Fact]
    public async Task WhatWasSelectedBeforeACorrectionLeavesCorrected()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1", name: "Example^Anna"));
        var selected = Assert.Single(
            await _archive.SelectAsync(TestInstances.Keys("STUDY", (DicomTag.StudyInstanceUID, Study)))
        );
        var grant = await _archive.Access.GrantAsync(Operation.Retrieve);
        Assert.True(await _archive.AssignAsync(Study, "TEST-9", "HOSPITAL", "Example^Berta"));

        using var opened = await _archive.Archive.Retrieval.OpenAsync(grant, selected, None);
        var bytes = await TestArchive.BytesOfAsync(opened, opened.TransferSyntax);
        var left = DataSetReader.Read(new ReadOnlySequence<byte>(bytes), opened.TransferSyntax);
        Assert.Equal("Example^Berta", left.GetString(DicomTag.PatientName));
    }

    [Fact]
    public async Task SearchFindsTheStudyUnderTheNewPatientOnly()
    {
        await _archive.StoreAsync(TestInstances.Ct());
        await _archive.StoreAsync(TestInstances.Ct("1.2.826.0.1.2"));
        await _archive.AssignAsync(Study, "TEST-9");

        Assert.Equal(["1.2.826.0.1.2"], await StudiesAsync((DicomTag.PatientID, "TEST-1")));
        Assert.Equal([Study], await StudiesAsync((DicomTag.PatientID, "TEST-9")));
        Assert.Equal([Study], await StudiesAsync((DicomTag.PatientName, "SAMPLE*")));
        Assert.Equal(["1.2.826.0.1.2"], await StudiesAsync((DicomTag.PatientName, "EXAMPLE*")));

        // Another correction takes it on from there; what is searched is always the last one.
        await _archive.AssignAsync(Study, "TEST-10");
        Assert.Empty(await StudiesAsync((DicomTag.PatientID, "TEST-9")));
        Assert.Equal([Study], await StudiesAsync((DicomTag.PatientID, "TEST-10")));
    }

    [Fact]
    public async Task WhatStillArrivesWithAFormerPatientFollows()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        await _archive.AssignAsync(Study, "TEST-9");
        await _archive.AssignAsync(Study, "TEST-10");
        foreach (var (id, instance) in ((string, string)[])[("TEST-1", "2"), ("TEST-9", "3"), ("TEST-10", "4")])
        {
            var outcome = await _archive.StoreAsync(TestInstances.Ct(instance: $"1.2.3.{instance}", patientId: id));
            Assert.Equal(IngestResult.Stored, outcome.Result);
            var left = DataSetReader.Read(
                new ReadOnlySequence<byte>(await _archive.RetrieveAsync($"1.2.3.{instance}")),
                TransferSyntax.ExplicitVrLittleEndian
            );
            Assert.Equal("TEST-10", left.GetString(DicomTag.PatientID));
        }

        var stranger = await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.5", patientId: "TEST-77"));
        Assert.Equal(ConflictReason.OtherPatient, stranger.Conflict);

        // The same again is known, whoever the study is of now.
        var again = await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        Assert.Equal(IngestResult.AlreadyStored, again.Result);
    }

    [Fact]
    public async Task MetadataAndVersionsFollowTheCorrection()
    {
        await _archive.StoreAsync(TestInstances.Ct(instance: "1.2.3.1"));
        var before = await MetadataAsync();
        await _archive.AssignAsync(Study, "TEST-9", name: "Beispiel^Berta");
        var after = await MetadataAsync();
        Assert.Contains("Example", before.Json, StringComparison.Ordinal);
        Assert.DoesNotContain("Example", after.Json, StringComparison.Ordinal);
        Assert.Contains("Beispiel", after.Json, StringComparison.Ordinal);
        Assert.NotEqual(before.Version, after.Version);
    }

    [Fact]
    public async Task TheTrailNamesBothPatientsAndTheListSaysWhoAndWhy()
    {
        await _archive.StoreAsync(TestInstances.Ct());
        _archive.Access.Trail.Recorded.Clear();
        await _archive.AssignAsync(Study, "TEST-9");
        var recorded = _archive.Access.Trail.Recorded.Where(one => one.Operation is Operation.Correct).ToList();
        Assert.Equal(["TEST-1", "TEST-9"], recorded.Select(one => one.Patient?.PatientId));
        var listed = Assert.Single(
            await _archive
                .Archive.Corrections.ListAsync(await _archive.Access.RecordsAsync(Operation.Correct), None)
                .ToListAsync(None)
        );
        Assert.Equal(("TEST-9", "test"), (listed.Patient.PatientId, listed.Reason));
        Assert.StartsWith("person:", listed.DecidedBy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NobodyCorrectsWithoutLeaveOrWithNonsense()
    {
        await _archive.StoreAsync(TestInstances.Ct());
        var correct = await _archive.Access.RecordsAsync(Operation.Correct);
        var patient = new PatientCorrection { PatientId = "TEST-9" };
        await Assert.ThrowsAsync<AccessRefusedException>(async () =>
            await _archive.Archive.Corrections.AssignAsync(
                await _archive.Access.GrantAsync(Operation.Retrieve),
                StudyInstanceUid.Parse(Study),
                patient,
                "test",
                None
            )
        );
        foreach (
            var wrong in (PatientCorrection[])
                [
                    patient with
                    {
                        PatientId = " ",
                    },
                    patient with
                    {
                        PatientId = "A\\B",
                    },
                    patient with
                    {
                        Name = new string('x', 500),
                    },
                    patient with
                    {
                        BirthDate = "19801340",
                    },
                    patient with
                    {
                        Sex = "X",
                    },
                ]
        )
        {
            var thrown = await Assert.ThrowsAnyAsync<ArgumentException>(() =>
                _archive.Archive.Corrections.AssignAsync(correct, StudyInstanceUid.Parse(Study), wrong, "test", None)
            );
            Assert.DoesNotContain("19801340", thrown.Message, StringComparison.Ordinal);
        }

        Assert.False(await _archive.AssignAsync("1.2.99", "TEST-9"));
    }

    private async Task<(string Json, string Version)> MetadataAsync()
    {
        var metadata = await _archive.Archive.Retrieval.MetadataAsync(
            await _archive.Access.GrantAsync(Operation.Retrieve),
            StudyInstanceUid.Parse(Study),
            SeriesInstanceUid.Parse(Study + ".1"),
            None
        );
        using var reader = new StreamReader(metadata!.OpenRead());
        return (await reader.ReadToEndAsync(None), metadata.Version);
    }

    private async Task<List<string?>> StudiesAsync((DicomTag Tag, string Value) key) =>
        [
            .. (await _archive.FindAsync(TestInstances.Keys("STUDY", (DicomTag.StudyInstanceUID, ""), key))).Select(
                one => one.GetString(DicomTag.StudyInstanceUID)
            ),
        ];
}
