using Leadglass.Contract;
using Leadglass.Sealing;
using Microsoft.Data.Sqlite;

namespace Leadglass.Archive.Sqlite.Tests;

public sealed class SqliteStudyIndexTests : StudyIndexContract, IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private readonly string folder = Directory.CreateTempSubdirectory("leadglass-index-").FullName;

    private string IndexPath => Path.Combine(folder, "index.db");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task OnlyTheOwnerCanReadTheFiles()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync([new IndexChange.PutStudy(Study(1, patient: 2))], new BlobMark(1, 1), None);

        Assert.All(
            Directory.GetFiles(folder),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file))
        );
    }

    [Fact]
    public async Task AFileThatIsNoIndexIsNamedDamaged()
    {
        await File.WriteAllTextAsync(IndexPath, new string('x', 5000));
        await Assert.ThrowsAsync<IndexDamagedException>(CreateAsync);
    }

    [Fact]
    public async Task AnIndexOfANewerProgramIsNotTouched()
    {
        await using (await CreateAsync()) { }
        await using (var connection = new SqliteConnection($"Data Source={IndexPath};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 999";
            await command.ExecuteNonQueryAsync();
        }

        await Assert.ThrowsAsync<IndexDamagedException>(CreateAsync);
    }

    [Fact]
    public async Task AReaderOfAnotherProcessSeesWhatWasApplied()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync([new IndexChange.PutStudy(Study(1, patient: 2))], new BlobMark(1, 7), None);

        await using var reader = await SqliteStudyIndex.OpenReadOnlyAsync(IndexPath, None);
        Assert.Equal(new BlobMark(1, 7), reader.Mark);
        Assert.NotNull(await reader.FindStudyAsync(Token(1), None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await reader.ApplyAsync([], new BlobMark(1, 8), None)
        );
    }

    [Fact]
    public async Task AFileOfTheFirstSchemaIsEmptiedAndItsMarkBeginsAnew()
    {
        await using (var index = await CreateAsync())
        {
            await index.ApplyAsync(
                [
                    new IndexChange.PutStudy(Study(1, patient: 2)),
                    new IndexChange.PutSeries(Series(11, study: 1)),
                    new IndexChange.AddInstance(Instance(111, series: 11)),
                ],
                new BlobMark(3, 4096),
                None
            );
        }

        await using (var connection = new SqliteConnection($"Data Source={IndexPath};Pooling=False"))
        {
            await connection.OpenAsync(None);
            await using var command = connection.CreateCommand();
            command.CommandText = """
                DROP TABLE decision;
                DROP TABLE metadata;
                ALTER TABLE instance DROP COLUMN rejected;
                ALTER TABLE series DROP COLUMN changes;
                PRAGMA user_version = 1;
                """;
            await command.ExecuteNonQueryAsync(None);
        }

        await using var migrated = await CreateAsync();
        Assert.Equal(default, migrated.Mark);
        Assert.Null(await migrated.FindStudyAsync(Token(1), None));
        await migrated.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 2)),
                new IndexChange.PutSeries(Series(11, study: 1)),
                new IndexChange.AddInstance(Instance(111, series: 11)),
                new IndexChange.RejectInstance(Token(111), RejectionReason.Quality),
            ],
            new BlobMark(3, 4096),
            None
        );
        Assert.Equal(RejectionReason.Quality, (await migrated.FindInstanceAsync(Token(111), None))!.Rejected);
    }

    [Fact]
    public async Task DeletedRowsLeaveNothingInTheFiles()
    {
        var canary = System.Text.Encoding.ASCII.GetBytes("sealed row that was erased");
        await using (var index = await CreateAsync())
        {
            await index.ApplyAsync(
                [new IndexChange.PutStudy(Study(1, patient: 2) with { Sealed = canary })],
                new BlobMark(1, 1),
                None
            );
            await index.ApplyAsync([new IndexChange.RemoveStudy(Token(1))], new BlobMark(1, 2), None);
        }

        foreach (var file in Directory.GetFiles(folder))
        {
            Assert.Equal(-1, (await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(canary));
        }
    }

    [Fact]
    public async Task AnInstanceCostsAtMost400Bytes()
    {
        const int instances = 20_000;
        await using (var index = await CreateAsync())
        {
            var random = new Random(1);
            await index.ApplyAsync([new IndexChange.PutStudy(Study(1, patient: 2))], new BlobMark(1, 1), None);
            for (uint series = 0; series < 100; series++)
            {
                var changes = new List<IndexChange> { new IndexChange.PutSeries(Series(series, study: 1)) };
                for (uint i = 0; i < instances / 100; i++)
                {
                    var row = Instance(100_000 + series * 1000 + i, series);
                    changes.Add(
                        new IndexChange.AddInstance(
                            row with
                            {
                                Token = RandomToken(random),
                                SopClass = RandomToken(random),
                                Sealed = new byte[90],
                            }
                        )
                    );
                }

                await index.ApplyAsync(changes, new BlobMark(1, 2 + series), None);
            }
        }

        var bytes = Directory.GetFiles(folder).Sum(file => new FileInfo(file).Length);
        Assert.InRange(bytes / instances, 1, 400);
    }

    protected override async Task<IStudyIndex> CreateAsync() => await SqliteStudyIndex.OpenAsync(IndexPath, None);

    protected override async Task<IStudyIndex?> ReopenAsync(IStudyIndex index)
    {
        await index.DisposeAsync();
        return await CreateAsync();
    }

    private static Token RandomToken(Random random) =>
        new(new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()));
}
