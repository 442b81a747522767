using Leadglass.Access;
using Leadglass.Archive.Sqlite;
using Leadglass.Contract;
using Leadglass.Dicom;

namespace Leadglass.Archive.Tests;

/// <summary>
/// Invariant 6: after any history of storing, sending again, conflicts, discarding, accepting, deleting, rejecting,
/// restoring and correcting, an index made anew from
/// the packs answers every query as the one that grew with them.
/// </summary>
public sealed class RebuildTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task ARebuiltIndexGivesTheSameAnswers()
    {
        for (var seed = 1; seed <= 25; seed++)
        {
            var folder = Directory.CreateTempSubdirectory("leadglass-rebuild-").FullName;
            try
            {
                await using var grown = await SqliteStudyIndex.OpenAsync(Path.Combine(folder, "index.db"), None);
                await using var archive = await TestArchive.StartAsync(index: grown);
                await LiveAsync(archive, new Random(seed));
                var before = await DescribeAsync(archive);
                Assert.NotEmpty(before);

                await archive.RestartAsync();
                Assert.Equal(before, await DescribeAsync(archive));
                await using var anew = await SqliteStudyIndex.OpenAsync(Path.Combine(folder, "anew.db"), None);
                await archive.RestartAsync(anew);
                Assert.Equal(before, await DescribeAsync(archive));
                await archive.RestartAsync(new MemoryStudyIndex());
                Assert.True(
                    before.SequenceEqual(await DescribeAsync(archive)),
                    $"seed {seed}: an index in memory answers otherwise"
                );
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static async Task LiveAsync(TestArchive archive, Random random)
    {
        for (var step = 0; step < 40; step++)
        {
            var study = $"1.9.{random.Next(3)}";
            var series = $"{study}.{random.Next(2)}";
            var instance = $"{series}.{random.Next(5)}";
            switch (random.Next(18))
            {
                case 0:
                    await archive.StoreAsync(TestInstances.Ct(study, series, instance, "TEST-2", pixelBytes: 64));
                    break;
                case 1:
                    await archive.StoreAsync(TestInstances.Ct(study, "1.9.0.0", "1.9.7." + step, pixelBytes: 64));
                    break;
                case 2:
                    await archive.StoreAsync(
                        TestInstances.Ct(
                            study,
                            series,
                            instance,
                            pixelBytes: 64,
                            change: one => one.SetString(DicomTag.StudyDescription, "edited")
                        )
                    );
                    break;
                case 3:
                    await archive.DeleteAsync(study, instance);
                    break;
                case 4 when random.Next(3) == 0:
                    await archive.DeleteAsync(study);
                    break;
                case 5 when (await archive.QuarantinedAsync()) is [var first, ..]:
                    await archive.DiscardAsync(first);
                    break;
                case 6:
                    await archive.RejectAsync(study, (RejectionReason)(1 + random.Next(4)), instance);
                    break;
                case 7 when random.Next(3) == 0:
                    await archive.RejectAsync(study);
                    break;
                case 8:
                    await archive.RestoreAsync(study);
                    break;
                case 9:
                    await archive.AssignAsync(study, $"TEST-{2 + random.Next(3)}", random.Next(2) == 0 ? "H" : null);
                    break;
                case 10 when (await archive.QuarantinedAsync()) is [.., var last]:
                    await TryAcceptAsync(archive, last);
                    break;
                default:
                    await archive.StoreAsync(
                        TestInstances.Ct(
                            study,
                            series,
                            instance,
                            modality: random.Next(2) == 0 ? "CT" : "MR",
                            pixelBytes: 64
                        )
                    );
                    break;
            }
        }
    }

    /// <summary>What is stored may not be able to make way; a refusal is a step of the history too.</summary>
    private static async Task TryAcceptAsync(TestArchive archive, QuarantinedInstance quarantined)
    {
        try
        {
            await archive.AcceptAsync(quarantined);
        }
        catch (StateException)
        {
            // Nothing changed.
        }
    }

    /// <summary>Everything that can be asked of an archive, as text.</summary>
    private static async Task<List<string>> DescribeAsync(TestArchive archive)
    {
        List<string> said = [];
        foreach (var level in (string[])["PATIENT", "STUDY", "SERIES", "IMAGE"])
        {
            var keys = TestInstances.Keys(level);
            foreach (
                var tag in QueryAttributes
                    .Patient.Concat(QueryAttributes.Study)
                    .Concat(QueryAttributes.Series)
                    .Concat(QueryAttributes.Instance)
                    .Concat(QueryAttributes.Computed)
            )
            {
                keys.SetEmpty(tag);
            }

            said.AddRange(
                (await archive.FindAsync(keys, QueryModel.PatientRoot, relational: true))
                    .Select(one =>
                        string.Join(
                            '|',
                            one.Select(element => $"{element.Tag}={string.Join('\\', one.GetStrings(element.Tag))}")
                        )
                    )
                    .Order(StringComparer.Ordinal)
            );
        }

        foreach (var one in await archive.QuarantinedAsync())
        {
            said.Add(
                $"{one.Reason} {one.SopInstance.Value} {one.Study.Study.Value} {one.ReceivedAt:O} {one.SealedBytes}"
            );
        }

        var records = await archive.Access.RecordsAsync(Access.Operation.Reject);
        await foreach (var one in archive.Archive.Rejections.ListAsync(records, None))
        {
            said.Add(
                $"{one.Study.Study.Value} {one.Reason} {one.At:O} {string.Join(' ', one.Instances.Select(i => i.SopInstance.Value))}"
            );
        }

        records = await archive.Access.RecordsAsync(Access.Operation.Correct);
        await foreach (var one in archive.Archive.Corrections.ListAsync(records, None))
        {
            said.Add($"{one.Study.Study.Value} {one.Study.Patient?.PatientId} {one.Patient.PatientId} {one.At:O}");
        }

        var changes = await archive.Archive.Changes.ReadAsync(
            await archive.Access.GrantAsync(Access.Operation.Query),
            ChangePosition.Beginning,
            1000,
            None
        );
        said.AddRange(changes.Changes.Select(one => $"{one.Kind} {one.Study.Value} {one.At:O} {one.Instances.Length}"));
        var grant = Access.AccessPolicy.Maintain(Access.MaintenanceTask.Verify);
        await foreach (var one in archive.Archive.Conflicts.DifferencesAsync(grant, None))
        {
            said.Add($"{one.Study} {one.Series} {string.Join(' ', one.Tags)}");
        }

        return said;
    }
}
