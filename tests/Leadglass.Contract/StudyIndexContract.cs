namespace Leadglass.Contract;

/// <summary>What every <see cref="IStudyIndex"/> does. An adapter's tests derive from it.</summary>
public abstract class StudyIndexContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>A new, empty index.</summary>
    protected abstract Task<IStudyIndex> CreateAsync();

    /// <summary>Closes the index and opens it again on what is on its disk; null where there is none.</summary>
    protected abstract Task<IStudyIndex?> ReopenAsync(IStudyIndex index);

    [Fact]
    public async Task WhatWasAppliedIsFoundAndCounted()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 7)),
                new IndexChange.PutSeries(Series(11, study: 1)),
                new IndexChange.AddInstance(Instance(111, series: 11)),
                new IndexChange.AddInstance(Instance(112, series: 11)),
                new IndexChange.PutSeries(Series(12, study: 1)),
                new IndexChange.AddInstance(Instance(121, series: 12)),
            ],
            new BlobMark(1, 500),
            None
        );

        Assert.Equal(new BlobMark(1, 500), index.Mark);
        var study = await index.FindStudyAsync(Token(1), None);
        AssertSame(Study(1, patient: 7) with { SeriesCount = 2, InstanceCount = 3 }, study);
        AssertSame(Series(11, study: 1) with { InstanceCount = 2 }, await index.FindSeriesAsync(Token(11), None));
        AssertSame(Instance(112, series: 11), await index.FindInstanceAsync(Token(112), None));
        Assert.Equal([Token(11), Token(12)], await Tokens(index.SeriesOfAsync(Token(1), None), row => row.Token));
        Assert.Equal([Token(111), Token(112)], await Tokens(index.InstancesOfAsync(Token(11), None), row => row.Token));
        Assert.Null(await index.FindStudyAsync(Token(2), None));
        Assert.Null(await index.FindSeriesAsync(Token(1), None));
        Assert.Null(await index.FindInstanceAsync(Token(11), None));
    }

    [Fact]
    public async Task ApplyingTheSameAgainChangesNothing()
    {
        await using var index = await CreateAsync();
        IndexChange[] changes =
        [
            new IndexChange.PutStudy(Study(1, patient: 7)),
            new IndexChange.PutSeries(Series(11, study: 1)),
            new IndexChange.AddInstance(Instance(111, series: 11)),
            new IndexChange.AddQuarantined(Quarantined(5, device: 3)),
        ];
        await index.ApplyAsync(changes, new BlobMark(1, 10), None);
        await index.ApplyAsync(changes, new BlobMark(1, 10), None);

        var study = await index.FindStudyAsync(Token(1), None);
        Assert.Equal((1, 1), (study!.SeriesCount, study.InstanceCount));
        Assert.Equal(1, (await index.FindSeriesAsync(Token(11), None))!.InstanceCount);
        Assert.Equal(1, (await index.QuarantineUseAsync(Token(3), None)).Instances);
    }

    [Fact]
    public async Task SealedPartsAreReplacedAndCountsStay()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 7)),
                new IndexChange.PutSeries(Series(11, study: 1)),
                new IndexChange.AddInstance(Instance(111, series: 11)),
            ],
            new BlobMark(1, 10),
            None
        );
        var changed = new byte[] { 9, 9, 9 };
        await index.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 7) with { Sealed = changed }),
                new IndexChange.PutSeries(Series(11, study: 1) with { Sealed = changed }),
            ],
            new BlobMark(1, 20),
            None
        );

        AssertSame(
            Study(1, patient: 7) with
            {
                Sealed = changed,
                SeriesCount = 1,
                InstanceCount = 1,
            },
            await index.FindStudyAsync(Token(1), None)
        );
        AssertSame(
            Series(11, study: 1) with
            {
                Sealed = changed,
                InstanceCount = 1,
            },
            await index.FindSeriesAsync(Token(11), None)
        );
    }

    [Fact]
    public async Task ASeriesAndAStudyGoWithTheirLastInstance()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 7)),
                new IndexChange.PutSeries(Series(11, study: 1)),
                new IndexChange.AddInstance(Instance(111, series: 11)),
                new IndexChange.AddInstance(Instance(112, series: 11)),
                new IndexChange.PutSeries(Series(12, study: 1)),
                new IndexChange.AddInstance(Instance(121, series: 12)),
                new IndexChange.RemoveInstance(Token(111)),
                new IndexChange.RemoveInstance(Token(121)),
            ],
            new BlobMark(1, 10),
            None
        );
        var study = await index.FindStudyAsync(Token(1), None);
        Assert.Equal((1, 1), (study!.SeriesCount, study.InstanceCount));
        Assert.Null(await index.FindSeriesAsync(Token(12), None));

        await index.ApplyAsync([new IndexChange.RemoveInstance(Token(112))], new BlobMark(1, 11), None);
        Assert.Null(await index.FindStudyAsync(Token(1), None));
        Assert.Null(await index.FindSeriesAsync(Token(11), None));
        Assert.Empty(await index.StudiesAsync(None).ToListAsync(None));
    }

    [Fact]
    public async Task ARemovedStudyTakesAllThatBelongsToIt()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 7)),
                new IndexChange.PutSeries(Series(11, study: 1)),
                new IndexChange.AddInstance(Instance(111, series: 11)),
                new IndexChange.PutStudy(Study(2, patient: 7)),
                new IndexChange.PutSeries(Series(21, study: 2)),
                new IndexChange.AddInstance(Instance(211, series: 21)),
                new IndexChange.RemoveStudy(Token(1)),
            ],
            new BlobMark(1, 10),
            None
        );

        Assert.Null(await index.FindInstanceAsync(Token(111), None));
        Assert.Null(await index.FindSeriesAsync(Token(11), None));
        Assert.Equal([Token(2)], await Tokens(index.StudiesAsync(None), row => row.Token));
        Assert.NotNull(await index.FindInstanceAsync(Token(211), None));
    }

    [Fact]
    public async Task AFailedTransactionLeavesNothingAndTheMarkStays()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync([new IndexChange.PutStudy(Study(1, patient: 7))], new BlobMark(1, 10), None);

        // An instance of an unknown series is a fault of the caller.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
            await index.ApplyAsync(
                [
                    new IndexChange.PutStudy(Study(2, patient: 7)),
                    new IndexChange.AddInstance(Instance(111, series: 99)),
                ],
                new BlobMark(1, 20),
                None
            )
        );

        Assert.Equal(new BlobMark(1, 10), index.Mark);
        Assert.Null(await index.FindStudyAsync(Token(2), None));
        await index.ApplyAsync([new IndexChange.PutStudy(Study(3, patient: 7))], new BlobMark(1, 30), None);
        Assert.NotNull(await index.FindStudyAsync(Token(3), None));
    }

    [Fact]
    public async Task ARejectedInstanceIsFoundAndCountsNowhere()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 7)),
                new IndexChange.PutSeries(Series(11, study: 1)),
                new IndexChange.AddInstance(Instance(111, series: 11)),
                new IndexChange.AddInstance(Instance(112, series: 11)),
                new IndexChange.PutSeries(Series(12, study: 1)),
                new IndexChange.AddInstance(Instance(121, series: 12)),
                new IndexChange.RejectInstance(Token(111), RejectionReason.PatientSafety),
                new IndexChange.RejectInstance(Token(121), RejectionReason.Quality),
                new IndexChange.RejectInstance(Token(999), RejectionReason.Quality),
            ],
            new BlobMark(1, 10),
            None
        );

        Assert.Equal(RejectionReason.PatientSafety, (await index.FindInstanceAsync(Token(111), None))!.Rejected);
        Assert.Null((await index.FindInstanceAsync(Token(112), None))!.Rejected);
        Assert.Equal([Token(112)], await Tokens(index.InstancesOfAsync(Token(11), None), row => row.Token));
        Assert.Equal([Token(11)], await Tokens(index.SeriesOfAsync(Token(1), None), row => row.Token));
        Assert.Equal(0, (await index.FindSeriesAsync(Token(12), None))!.InstanceCount);
        var study = await index.FindStudyAsync(Token(1), None);
        Assert.Equal((1, 1), (study!.SeriesCount, study.InstanceCount));

        // Twice is once; a study of which nothing is shown is found and not listed.
        await index.ApplyAsync(
            [
                new IndexChange.RejectInstance(Token(111), RejectionReason.Quality),
                new IndexChange.RejectInstance(Token(112), RejectionReason.Quality),
            ],
            new BlobMark(1, 20),
            None
        );
        study = await index.FindStudyAsync(Token(1), None);
        Assert.Equal((0, 0), (study!.SeriesCount, study.InstanceCount));
        Assert.Empty(await index.StudiesAsync(None).ToListAsync(None));

        await index.ApplyAsync(
            [
                new IndexChange.RejectInstance(Token(111), null),
                new IndexChange.RejectInstance(Token(121), null),
                new IndexChange.RejectInstance(Token(121), null),
                new IndexChange.RemoveInstance(Token(112)),
            ],
            new BlobMark(1, 30),
            None
        );
        study = await index.FindStudyAsync(Token(1), None);
        Assert.Equal((2, 2), (study!.SeriesCount, study.InstanceCount));
        Assert.Equal([Token(11), Token(12)], await Tokens(index.SeriesOfAsync(Token(1), None), row => row.Token));
    }

    [Fact]
    public async Task MetadataIsKeptUntilTheSeriesChanges()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 7)),
                new IndexChange.PutSeries(Series(11, study: 1)),
                new IndexChange.AddInstance(Instance(111, series: 11)),
            ],
            new BlobMark(1, 10),
            None
        );
        IndexChange[] changes =
        [
            new IndexChange.AddInstance(Instance(112, series: 11)),
            new IndexChange.RejectInstance(Token(111), RejectionReason.Quality),
            new IndexChange.RemoveInstance(Token(111)),
            new IndexChange.ForgetMetadata(Token(1)),
        ];
        foreach (var change in changes)
        {
            var series = (await index.FindSeriesAsync(Token(11), None))!;
            var row = new MetadataRow(Token(11), series.Changes, 1, 100, Sealed(3));
            await index.ApplyAsync([new IndexChange.PutMetadata(row)], index.Mark, None);
            var kept = await index.FindMetadataAsync(Token(11), None);
            Assert.Equal(row.Sealed.ToArray(), kept!.Sealed.ToArray());
            Assert.Equal((1, 100), (kept.Instances, kept.Length));

            await index.ApplyAsync([change], index.Mark, None);
            Assert.Null(await index.FindMetadataAsync(Token(11), None));

            // What was made before the change is not taken for current.
            await index.ApplyAsync([new IndexChange.PutMetadata(row)], index.Mark, None);
            Assert.Null(await index.FindMetadataAsync(Token(11), None));
        }

        // What was there before changes nothing: the same instance again.
        var now = (await index.FindSeriesAsync(Token(11), None))!;
        await index.ApplyAsync(
            [new IndexChange.PutMetadata(new MetadataRow(Token(11), now.Changes, 1, 100, Sealed(4)))],
            index.Mark,
            None
        );
        await index.ApplyAsync([new IndexChange.AddInstance(Instance(112, series: 11))], index.Mark, None);
        Assert.NotNull(await index.FindMetadataAsync(Token(11), None));
    }

    [Fact]
    public async Task DecisionsAreKeptOnceInTheirOrderAndGoWithTheirStudy()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 7)),
                new IndexChange.PutSeries(Series(11, study: 1)),
                new IndexChange.AddInstance(Instance(111, series: 11)),
                new IndexChange.AddDecision(Decided(5, DecisionKind.Rejection, study: 1)),
                new IndexChange.AddDecision(Decided(4, DecisionKind.Correction, study: 1)),
                new IndexChange.AddDecision(Decided(5, DecisionKind.Rejection, study: 1)),
                new IndexChange.AddDecision(Decided(6, DecisionKind.Rejection, study: 2)),
            ],
            new BlobMark(1, 10),
            None
        );
        Assert.Equal([Token(5), Token(4), Token(6)], await Tokens(index.DecisionsAsync(None), row => row.Record));
        var ofStudy = await index.DecisionsOfAsync(Token(1), None).ToListAsync(None);
        Assert.Equal([DecisionKind.Rejection, DecisionKind.Correction], ofStudy.Select(row => row.Kind));
        Assert.Equal(Sealed(5), ofStudy[0].Sealed.ToArray());

        await index.ApplyAsync([new IndexChange.RemoveStudy(Token(1))], new BlobMark(1, 20), None);
        Assert.Equal([Token(6)], await Tokens(index.DecisionsAsync(None), row => row.Record));
    }

    [Fact]
    public async Task QuarantinedContentIsKeptOnceAndSummedPerDevice()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync(
            [
                new IndexChange.AddQuarantined(Quarantined(5, device: 3)),
                new IndexChange.AddQuarantined(Quarantined(6, device: 3)),
                new IndexChange.AddQuarantined(Quarantined(5, device: 4)),
            ],
            new BlobMark(1, 10),
            None
        );

        var length = Quarantined(5, device: 3).Location.Length;
        Assert.Equal(new QuarantineUse(2, 2 * length), await index.QuarantineUseAsync(Token(3), None));
        Assert.Equal(new QuarantineUse(0, 0), await index.QuarantineUseAsync(Token(4), None));
        Assert.Equal([Token(5), Token(6)], await Tokens(index.QuarantinedAsync(None), row => row.Content));

        await index.ApplyAsync([new IndexChange.RemoveQuarantined(Token(5))], new BlobMark(1, 11), None);
        Assert.Null(await index.FindQuarantinedAsync(Token(5), None));
        var kept = await index.FindQuarantinedAsync(Token(6), None);
        Assert.Equal(
            (Quarantined(6, device: 3).Reason, Quarantined(6, device: 3).Location),
            (kept!.Reason, kept.Location)
        );
    }

    [Fact]
    public async Task LookUpsRunBesideTheWriter()
    {
        await using var index = await CreateAsync();
        await index.ApplyAsync(
            [new IndexChange.PutStudy(Study(1, patient: 7)), new IndexChange.PutSeries(Series(11, study: 1))],
            new BlobMark(1, 1),
            None
        );
        var writing = Task.Run(async () =>
        {
            for (uint i = 0; i < 200; i++)
            {
                await index.ApplyAsync(
                    [new IndexChange.AddInstance(Instance(1000 + i, series: 11))],
                    new BlobMark(1, 2 + i),
                    None
                );
            }
        });
        var counts = new List<int>();
        while (!writing.IsCompleted)
        {
            counts.Add((await index.FindStudyAsync(Token(1), None))!.InstanceCount);
            Assert.InRange(await index.InstancesOfAsync(Token(11), None).CountAsync(None), counts[^1], 200);
        }

        await writing;
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(200, await index.InstancesOfAsync(Token(11), None).CountAsync(None));
    }

    [Fact]
    public async Task EverythingAppliedIsThereAfterOpeningAgain()
    {
        var index = await CreateAsync();
        await index.ApplyAsync(
            [
                new IndexChange.PutStudy(Study(1, patient: 7)),
                new IndexChange.PutSeries(Series(11, study: 1)),
                new IndexChange.AddInstance(Instance(111, series: 11)),
            ],
            new BlobMark(3, 10),
            None
        );
        if (await ReopenAsync(index) is not { } reopened)
        {
            return;
        }

        await using (reopened)
        {
            Assert.Equal(new BlobMark(3, 10), reopened.Mark);
            AssertSame(Instance(111, series: 11), await reopened.FindInstanceAsync(Token(111), None));
        }
    }

    /// <summary>A token; the high half is set so that all 16 bytes matter.</summary>
    protected static Token Token(uint value) => new(new UInt128(0xF00D_0000_0000_0000UL | value, value));

    /// <summary>A study row.</summary>
    protected static StudyRow Study(uint token, uint patient) =>
        new(Token(token), Token(patient), new KeyId(new UInt128(token, ulong.MaxValue)), Sealed(token));

    /// <summary>A series row.</summary>
    protected static SeriesRow Series(uint token, uint study) => new(Token(token), Token(study), Sealed(token));

    /// <summary>An instance row.</summary>
    protected static InstanceRow Instance(uint token, uint series) =>
        new(
            Token(token),
            Token(series),
            Token(token + 1),
            new ContentDigest(new UInt128(token, 1), new UInt128(2, token), 3),
            new BlobLocation(2, token * 4096L, 70_000_000_000),
            Sealed(token)
        );

    /// <summary>A quarantine row.</summary>
    protected static QuarantineRow Quarantined(uint content, uint device) =>
        new(
            Token(content),
            Token(device),
            Token(content + 1),
            ConflictReason.OtherPatient,
            new KeyId(new UInt128(content, 9)),
            new BlobLocation(2, content * 4096L, 100_000),
            Sealed(content)
        );

    private static DecisionRow Decided(uint record, DecisionKind kind, uint study) =>
        new(Token(record), kind, Token(study), new KeyId(new UInt128(study, ulong.MaxValue)), Sealed(record));

    private static byte[] Sealed(uint seed)
    {
        var bytes = new byte[40];
        new Random((int)seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<List<Token>> Tokens<T>(IAsyncEnumerable<T> rows, Func<T, Token> token) =>
        await rows.Select(token).ToListAsync(None);

    private static void AssertSame(StudyRow expected, StudyRow? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Sealed.ToArray(), actual.Sealed.ToArray());
        Assert.Equal(expected with { Sealed = default }, actual with { Sealed = default });
    }

    private static void AssertSame(SeriesRow expected, SeriesRow? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Sealed.ToArray(), actual.Sealed.ToArray());
        Assert.Equal(expected with { Sealed = default }, actual with { Sealed = default, Changes = 0 });
    }

    private static void AssertSame(InstanceRow expected, InstanceRow? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Sealed.ToArray(), actual.Sealed.ToArray());
        Assert.Equal(expected with { Sealed = default }, actual with { Sealed = default });
    }
}
