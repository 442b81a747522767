using Leadglass.Dicom;
using Leadglass.Testing;

namespace Leadglass.Archive.Tests;

/// <summary>Files of many vendors go in and come out byte for byte, or are refused with a status; nothing crashes.</summary>
public sealed class RealFileTests
{
    [Fact]
    public async Task EveryStorableFileComesBackByteForByte()
    {
        if (SharedData.Root is null)
        {
            Assert.Skip(SharedData.Absent);
        }

        await using var archive = await TestArchive.StartAsync();
        var results = new Dictionary<IngestResult, int>();
        foreach (var path in SharedData.Files)
        {
            var bytes = await File.ReadAllBytesAsync(path);
            if (TryReadStart(bytes) is not { } start)
            {
                continue;
            }

            var dataSet = bytes.AsMemory((int)start.DataSetOffset);
            var (sopClass, instance) = UidsOf(dataSet, start.TransferSyntax);
            if (sopClass is null || instance is null)
            {
                continue;
            }

            var outcome = await archive.StoreAsync(
                dataSet,
                start.TransferSyntax,
                sopClass.Value,
                instance.Value,
                pieceBytes: 10_007
            );
            results[outcome.Result] = results.GetValueOrDefault(outcome.Result) + 1;
            if (outcome.Result is IngestResult.Stored)
            {
                var back = await archive.RetrieveAsync(instance.Value.Value);
                Assert.True(dataSet.Span.SequenceEqual(back), Path.GetRelativePath(SharedData.Root, path));
            }
            else if (outcome.Result is IngestResult.Refused)
            {
                Assert.InRange(outcome.Comment!.Length, 1, 64);
            }
        }

        Assert.Equal(archive.Options.IngestBudgetBytes, archive.Archive.Ingest.BudgetLeftBytes);
        TestContext.Current.SendDiagnosticMessage(string.Join(", ", results.Select(one => $"{one.Value} {one.Key}")));
        Assert.InRange(results[IngestResult.Stored], 200, 600);

        // A rebuilt index finds all of them again.
        var before = await StudiesAsync(archive);
        await archive.RestartAsync(new Contract.MemoryStudyIndex());
        Assert.Empty(archive.Archive.Recovery.Damages);
        Assert.Equal(before, await StudiesAsync(archive));
    }

    private static async Task<List<string>> StudiesAsync(TestArchive archive) =>
        [
            .. (
                await archive.FindAsync(
                    TestInstances.Keys(
                        "STUDY",
                        (DicomTag.PatientName, ""),
                        (DicomTag.StudyInstanceUID, ""),
                        (DicomTag.ModalitiesInStudy, ""),
                        (DicomTag.NumberOfStudyRelatedInstances, "")
                    )
                )
            ).Select(one =>
                string.Join('|', one.SelectMany(element => one.GetStrings(element.Tag).Prepend(element.Tag.ToString())))
            ),
        ];

    private static DicomFileStart? TryReadStart(byte[] bytes)
    {
        try
        {
            return DicomFileStart.TryRead(bytes, isFinal: true);
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    private static (SopClassUid?, SopInstanceUid?) UidsOf(ReadOnlyMemory<byte> dataSet, TransferSyntax syntax)
    {
        try
        {
            var head = DataSetReader.Read(dataSet, syntax, stopBefore: DicomTag.StudyDate);
            return (
                SopClassUid.TryParse(head.GetString(DicomTag.SOPClassUID), out var sopClass) ? sopClass : null,
                SopInstanceUid.TryParse(head.GetString(DicomTag.SOPInstanceUID), out var instance) ? instance : null
            );
        }
        catch (DicomFormatException)
        {
            return (null, null);
        }
    }
}
