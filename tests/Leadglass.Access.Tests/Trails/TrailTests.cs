using System.Text;
using CsCheck;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Access.Tests.Trails;

/// <summary>What is recorded is durable, complete, in order, sealed, and shared between those who wait.</summary>
public sealed class TrailTests : IDisposable
{
    private readonly MasterKey _master = MasterKey.Create();
    private readonly ManualClock _clock = new();
    private readonly FaultyDisk _disk = new(seed: 1);

    public void Dispose() => _master.Dispose();

    [Fact]
    public async Task WhatWasRecordedIsReadBack()
    {
        var said = new TrailEvent
        {
            Event = AuditEvent.BeginTransferringInstances,
            Type = AuditEventType.UseOfRestrictedFunction,
            Action = AuditAction.Read,
            Outcome = AuditOutcome.SeriousFailure,
            Who = "device:ws",
            Certificate = CertificateFingerprint.TryParse(new string('a', 64), out var shown) ? shown : null,
            Address = "192.0.2.7",
            Operation = Operation.Move,
            Destination = "archive2",
            Study = StudyInstanceUid.Parse("1.2.840.77"),
            Patient = new PatientKey("TEST^ÄÖ\"\\7", "WARD"),
            Refusal = RefusalReason.OutOfScope,
            Count = 500,
            Failures = 3,
            Detail = "(0010,0010)=TEST*\nß",
        };
        await using (var trail = await OpenAsync())
        {
            await trail.RecordAsync(said, CancellationToken.None);
        }
        var entries = Read();
        Assert.Equal(said, entries[^1].Event);
        Assert.Equal(_clock.GetUtcNow(), entries[^1].At);
        Assert.Equal([1L, 2L], entries.Select(entry => entry.Sequence));
        Assert.Equal(AuditEventType.AuditRecordingStarted, entries[0].Event.Type);
    }

    [Fact]
    public async Task NothingInItStandsOnDiskInClear()
    {
        await using (var trail = await OpenAsync())
        {
            await trail.RecordAsync(
                Said("1.2.840.777") with
                {
                    Who = "device:secretws",
                    Patient = new PatientKey("SECRET-ID", "SECRET-ISSUER"),
                    Detail = "SECRET^NAME",
                },
                CancellationToken.None
            );
        }
        foreach (var name in _disk.Root.List())
        {
            var text = Encoding.Latin1.GetString(BytesOf(name));
            Assert.All(
                new[] { "SECRET", "1.2.840.777", "secretws" },
                secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase)
            );
        }
    }

    [Fact]
    public async Task ManyWhoWaitShareAFlush()
    {
        await using var trail = await OpenAsync();
        var before = _disk.Steps;
        await Task.WhenAll(
            Enumerable
                .Range(0, 1_000)
                .Select(i => trail.RecordAsync(Said($"1.2.{i + 1}"), CancellationToken.None).AsTask())
        );
        Assert.InRange(_disk.Steps - before, 2, 500);
        Assert.Equal(1_000, Read().Count(entry => entry.Event.Study is not null));
    }

    [Fact]
    public async Task ALongTrailRollsByDayAndByLengthAndVerifiesAcrossFiles()
    {
        await using (var trail = await OpenAsync())
        {
            for (var day = 0; day < 3; day++)
            {
                await trail.RecordAsync(Said("1.2.3"), CancellationToken.None);
                _clock.Advance(TimeSpan.FromDays(1));
            }
            var detail = new string('x', 4_000);
            await Task.WhenAll(
                Enumerable
                    .Range(0, 5_000)
                    .Select(_ =>
                        trail.RecordAsync(Said("1.2.4") with { Detail = detail }, CancellationToken.None).AsTask()
                    )
            );
            await trail.RecordAsync(Said("1.2.5"), CancellationToken.None);
        }
        Assert.InRange(Files().Count, 5, 6);
        var verified = await VerifyAsync();
        Assert.Empty(verified.Findings);
        Assert.Equal(5_005, verified.Entries);
        Assert.Equal(5_002, Read(_clock.GetUtcNow() - TimeSpan.FromHours(25)).Count);
    }

    [Fact]
    public async Task ATrailGoesOnAfterEachStart()
    {
        for (var start = 0; start < 5; start++)
        {
            await using var trail = await OpenAsync();
            await trail.RecordAsync(Said($"1.2.{start + 1}"), CancellationToken.None);
        }
        var verified = await VerifyAsync();
        Assert.Empty(verified.Findings);
        Assert.Equal(10, verified.LastSequence);
        Assert.Single(Files());
    }

    /// <summary>A full disk stops storing, not reading: room for what is read is taken ahead.</summary>
    [Fact]
    public async Task AFullDiskGoesOnRecordingThenRefusesAndRecoversByItself()
    {
        await using (var trail = await OpenAsync())
        {
            await trail.RecordAsync(Said("1.2.1"), CancellationToken.None);
            _disk.CapacityBytes = Files().Sum(name => BytesOf(name).Length) + 300;
            for (var look = 0; look < 1_000; look++)
            {
                await trail.RecordAsync(Said("1.2.2"), CancellationToken.None);
            }
            _clock.Advance(TimeSpan.FromDays(1));
            await trail.RecordAsync(Said("1.2.2"), CancellationToken.None);
            for (var attempt = 0; attempt < 20; attempt++)
            {
                await Assert.ThrowsAsync<TrailUnavailableException>(() => ExhaustAsync(trail));
            }
            _disk.CapacityBytes = long.MaxValue;
            await trail.RecordAsync(Said("1.2.4"), CancellationToken.None);
            _clock.Advance(TimeSpan.FromMinutes(2));
            await trail.RecordAsync(Said("1.2.5"), CancellationToken.None);
        }
        var studies = Studies();
        Assert.Equal(1_001, studies.Count(study => study == "1.2.2"));
        Assert.Equal(["1.2.1", "1.2.4", "1.2.5"], studies.Except(["1.2.2", "1.2.3"]));
        Assert.Empty((await VerifyAsync()).Findings);
        Assert.Equal(2, Files().Count);
    }

    [Fact]
    public async Task AFailedFlushAcknowledgesNothingAndTheNextRecordIsInANewFile()
    {
        await using (var trail = await OpenAsync())
        {
            await trail.RecordAsync(Said("1.2.1"), CancellationToken.None);
            var once = true;
            _disk.Fault = (_, operation) =>
            {
                var fails = once && operation == "fdatasync";
                once &= !fails;
                return fails ? Errnos.InputOutput : null;
            };
            await Assert.ThrowsAsync<TrailUnavailableException>(async () =>
                await trail.RecordAsync(Said("1.2.2"), CancellationToken.None)
            );
            await trail.RecordAsync(Said("1.2.3"), CancellationToken.None);
        }
        Assert.Equal(["1.2.1", "1.2.3"], Studies());
        Assert.Empty((await VerifyAsync()).Findings);
        await using (await OpenAsync())
        {
            Assert.Equal(["1.2.1", "1.2.3"], Studies());
        }
        Assert.Empty((await VerifyAsync()).Findings);
    }

    [Fact]
    public async Task StrangersAreSummedPerSourceAndMinute()
    {
        await using (var trail = await OpenAsync())
        {
            for (var attempt = 0; attempt < 1_000; attempt++)
            {
                trail.NoteRefusal(Refused("192.0.2.1"));
                trail.NoteRefusal(Refused("192.0.2.2"));
                trail.NoteRefusal(Refused($"2001:db8::{attempt:x}"));
            }
            _clock.Advance(TimeSpan.FromMinutes(1));
            trail.NoteRefusal(Refused("192.0.2.1"));
        }
        var refusals = Refusals();
        Assert.Equal(7, refusals.Count);
        Assert.Equal(3_001, refusals.Sum(refusal => refusal.Count));
        Assert.Equal(1_001, refusals.Where(refusal => refusal.Address == "192.0.2.1").Sum(refusal => refusal.Count));
    }

    [Fact]
    public async Task HoweverManyStrangersTheRecordsOfAMinuteAreBounded()
    {
        await using (var trail = await OpenAsync())
        {
            for (var stranger = 0; stranger < 50_000; stranger++)
            {
                trail.NoteRefusal(Refused($"10.{stranger >> 16}.{(stranger >> 8) & 255}.{stranger & 255}"));
            }
        }
        Assert.InRange(Refusals().Count, 65, 140);
        Assert.Equal(50_000, Refusals().Sum(refusal => refusal.Count));
    }

    [Fact]
    public async Task AFloodOfStrangersHidesNoDevice()
    {
        await using (var trail = await OpenAsync())
        {
            for (var stranger = 0; stranger < 5_000; stranger++)
            {
                trail.NoteRefusal(Refused($"10.0.{stranger >> 8}.{stranger & 255}"));
            }
            trail.NoteRefusal(Refused("192.0.2.9") with { Who = "device:ct1", Refusal = RefusalReason.RightMissing });
        }
        Assert.Single(Refusals(), refusal => refusal is { Who: "device:ct1", Refusal: RefusalReason.RightMissing });
    }

    /// <summary>However refusals come, none is lost and none is counted twice.</summary>
    [Fact]
    public void SumsKeepTheNumberOfRefusals() =>
        Gen.Select(Gen.Int[0, 90].Array[0, 400], Gen.Int[1, 50])
            .Sample(
                (sources, everyNth) =>
                {
                    var clock = new ManualClock();
                    var written = new List<TrailEvent>();
                    var busy = 0;
                    // Now and then the queue is full.
                    var sums = new RefusalSums(
                        clock,
                        refusal =>
                        {
                            if (++busy % everyNth == 0 && everyNth > 1)
                            {
                                return false;
                            }
                            written.Add(refusal);
                            return true;
                        }
                    );
                    foreach (var source in sources)
                    {
                        sums.Note(Refused($"10.1.0.{source}"));
                        clock.Advance(TimeSpan.FromSeconds(source));
                    }
                    everyNth = 1;
                    sums.Close();
                    return written.Sum(refusal => refusal.Count) == sources.Length;
                },
                iter: 200
            );

    [Fact]
    public async Task AnotherMasterKeyOpensNothingAndHarmsNothing()
    {
        await using (var trail = await OpenAsync())
        {
            await trail.RecordAsync(Said("1.2.1"), CancellationToken.None);
        }
        using var other = MasterKey.Create();
        await Assert.ThrowsAsync<TrailUnavailableException>(() => OpenAsync(other));
        _disk.Root.Delete("end");
        await Assert.ThrowsAsync<TrailUnavailableException>(() => OpenAsync(other));
        Assert.Equal(["1.2.1"], Studies());
    }

    internal static TrailEvent Said(string study) =>
        new()
        {
            Event = AuditEvent.BeginTransferringInstances,
            Who = "device:ws",
            Study = StudyInstanceUid.Parse(study),
        };

    private static TrailEvent Refused(string address) =>
        new()
        {
            Event = AuditEvent.UserAuthentication,
            Outcome = AuditOutcome.MinorFailure,
            Who = "stranger",
            Address = address,
            Refusal = RefusalReason.NoCertificate,
        };

    private static async Task ExhaustAsync(Trail trail)
    {
        while (true)
        {
            await trail.RecordAsync(Said("1.2.3") with { Detail = new string('x', 4_000) }, CancellationToken.None);
        }
    }

    private Task<Trail> OpenAsync(MasterKey? master = null) =>
        Trail.OpenAsync(_disk.Root, master ?? _master, _clock, CancellationToken.None);

    private List<TrailEntry> Read(DateTimeOffset since = default) =>
        [.. new TrailReader(_disk.Root, _master).Read(since)];

    private string[] Studies() => [.. Read().Select(entry => entry.Event.Study?.Value).OfType<string>()];

    private List<TrailEvent> Refusals() =>
        [.. Read().Select(entry => entry.Event).Where(recorded => recorded.Refusal is not null)];

    private ValueTask<TrailVerification> VerifyAsync() =>
        new TrailReader(_disk.Root, _master).VerifyAsync(CancellationToken.None);

    private List<string> Files() =>
        [.. _disk.Root.List().Where(name => name.EndsWith(".trail", StringComparison.Ordinal))];

    private byte[] BytesOf(string name)
    {
        using var file = _disk.Root.Open(name, FileAccess.Read);
        var bytes = new byte[file.Length];
        return bytes[..file.Read(0, bytes)];
    }
}
