using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using CsCheck;

namespace Leadglass.Exposure.Tests;

/// <summary>The document of an audit on disk.</summary>
public sealed class AuditFileTests : IDisposable
{
    private const string Schema = "exposure-audit.schema.json";

    private readonly string _folder = Directory.CreateTempSubdirectory("leadglass-audit-").FullName;

    private string Document => Path.Combine(_folder, AuditDocument.FileName);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Keeps_to_its_published_schema_and_reads_back_as_it_was()
    {
        var written = Full();
        await written.WriteAsync(Document, Cancel);
        await JsonSchemaCheck.AssertValidAsync(Schema, Document);

        var read = await AuditFile.ReadAsync(Document, Cancel);
        await read.WriteAsync(Path.Combine(_folder, "again.json"), Cancel);
        Assert.Equal(
            await File.ReadAllTextAsync(Document, Cancel),
            await File.ReadAllTextAsync(Path.Combine(_folder, "again.json"), Cancel)
        );
        Assert.Equal(written.Totals, read.Totals);
    }

    /// <summary>The schema says something: a document with a wrong or an unknown member does not pass.</summary>
    [Theory]
    [InlineData("findings", "port")]
    [InlineData("findings", "surprise")]
    [InlineData("totals", "studies")]
    public async Task The_schema_refuses_what_is_wrong(string part, string member)
    {
        await Full().WriteAsync(Document, Cancel);
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Document, Cancel))!;
        var parent = json[part] is JsonArray findings ? findings[0]! : json[part]!;
        parent[member] = "seven";
        await File.WriteAllTextAsync(Document, json.ToJsonString(), Cancel);
        var result = await JsonSchemaCheck.RunAsync(Schema, Document);
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public async Task Is_for_its_owner_only_and_replaces_the_one_before_whole()
    {
        await File.WriteAllTextAsync(Document, "the one before", Cancel);
        await Full().WriteAsync(Document, Cancel);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Document));
        Assert.Single(Directory.GetFiles(_folder));

        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        var before = await File.ReadAllTextAsync(Document, Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Full().WriteAsync(Document, stopped.Token));
        Assert.Equal(before, await File.ReadAllTextAsync(Document, Cancel));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task Writes_and_reads_thousands_of_findings()
    {
        var document = Of([
            .. Enumerable
                .Range(0, 20_000)
                .Select(number => Seen.Finding(Seen.Dicom(104, Answer.Closed)) with { Address = Address(number) }),
        ]);
        await document.WriteAsync(Document, Cancel);
        Assert.Equal(20_000, (await AuditFile.ReadAsync(Document, Cancel)).Totals.Systems);

        static string Address(int number) => new IPAddress([10, 1, (byte)(number >> 8), (byte)number]).ToString();
    }

    [Fact]
    public void Totals_count_each_system_once_and_name_the_weakest_kind()
    {
        var open = Seen.Finding(Seen.Dicom(104, Answer.Open, records: Seen.Counted(CountKind.ExactOverDated, 7, 70)));
        var web = Seen.Finding(Seen.Web(80, Answer.Open, records: Seen.Counted(CountKind.Exact, 3)));
        var closed = Seen.Finding(Seen.Dicom(104, Answer.Closed));
        var unknown = Seen.Finding(Seen.Dicom(104, Answer.Unknown));
        var totals = AuditTotals.Of([open, web, closed, unknown], 256, 1024, 5);
        Assert.Equal(
            (4, 2, 2, 1),
            (totals.Systems, totals.OpenSystems, totals.SystemsWithVisibleRecords, totals.UnknownSystems)
        );
        Assert.Equal((10, "exact-over-dated"), (totals.Studies, totals.StudiesKind));
        // The second open system's images were not counted: the sum is less than there is.
        Assert.Equal((70, "lower-bound"), (totals.Images, totals.ImagesKind));
        Assert.Equal(
            (0, "not-counted"),
            (AuditTotals.Of([closed], 1, 1, 1).Studies, AuditTotals.Of([closed], 1, 1, 1).StudiesKind)
        );
    }

    [Theory]
    [InlineData("totals.systems", "99", "totals")]
    [InlineData("formatVersion", "2", "format")]
    [InlineData("findings[0].port", "70000", "port")]
    [InlineData("findings[0].protocol", "\"gopher\"", "protocol")]
    [InlineData("findings[0].address", "\"PATIENT^CANARY\"", "address")]
    [InlineData("findings[0].endpoints", "[]", "endpoint")]
    [InlineData("findings[0].product.name", "null", "no audit")]
    [InlineData("findings[0]", "null", "none")]
    [InlineData("findings[0].endpoints[0].rungs[0]", "null", "gap")]
    [InlineData("findings[0].records.totals[0]", "null", "gap")]
    [InlineData("findings[1].address", "\"192.0.2.10\"", "already")]
    public async Task Says_what_cannot_be_and_quotes_nothing(string place, string value, string says)
    {
        await Full().WriteAsync(Document, Cancel);
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Document, Cancel))!;
        var parts = place.Replace("]", "", StringComparison.Ordinal).Split('.', '[');
        var parent = parts[..^1]
            .Aggregate(
                json,
                (node, part) =>
                    int.TryParse(part, CultureInfo.InvariantCulture, out var index) ? node[index]! : node[part]!
            );
        if (int.TryParse(parts[^1], CultureInfo.InvariantCulture, out var last))
        {
            parent[last] = JsonNode.Parse(value);
        }
        else
        {
            parent[parts[^1]] = JsonNode.Parse(value);
        }
        await File.WriteAllTextAsync(Document, json.ToJsonString(), Cancel);
        var refused = await Assert.ThrowsAsync<AuditDocumentException>(() => AuditFile.ReadAsync(Document, Cancel));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", refused.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A document without a member that every one has is none: nothing is made up for it.</summary>
    [Theory]
    [InlineData("advice")]
    [InlineData("endpoints")]
    [InlineData("severity")]
    [InlineData("queryOpen")]
    public async Task A_missing_member_is_told(string member)
    {
        await Full().WriteAsync(Document, Cancel);
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Document, Cancel))!;
        json["findings"]![0]!.AsObject().Remove(member);
        await File.WriteAllTextAsync(Document, json.ToJsonString(), Cancel);
        await Assert.ThrowsAsync<AuditDocumentException>(() => AuditFile.ReadAsync(Document, Cancel));
    }

    /// <summary>Whatever bytes a file holds, reading it ends in a document or in the one exception.</summary>
    [Fact]
    public async Task Reads_hostile_files_without_crashing()
    {
        await Full().WriteAsync(Document, Cancel);
        var bytes = await File.ReadAllBytesAsync(Document, Cancel);
        var deep = Path.Combine(_folder, "deep.json");
        await File.WriteAllTextAsync(deep, new string('[', 100_000), Cancel);
        await Assert.ThrowsAsync<AuditDocumentException>(() => AuditFile.ReadAsync(deep, Cancel));
        await Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte, Gen.Int[0, bytes.Length])
            .SampleAsync(
                async (position, value, length) =>
                {
                    byte[] spoilt = [.. bytes];
                    spoilt[position] = value;
                    var path = Path.Combine(_folder, Guid.NewGuid().ToString());
                    await File.WriteAllBytesAsync(path, length < position ? spoilt[..length] : spoilt, Cancel);
                    try
                    {
                        _ = await AuditFile.ReadAsync(path, Cancel);
                    }
                    catch (AuditDocumentException)
                    {
                        // The expected end.
                    }
                    File.Delete(path);
                },
                iter: 400,
                threads: 1
            );
    }

    [Fact]
    public async Task A_journal_survives_a_kill_with_all_whole_lines()
    {
        var path = Path.Combine(_folder, FindingJournal.FileName);
        var finding = Full().Findings[0];
        using (var journal = FindingJournal.Begin(path))
        {
            journal.Append(finding with { Address = "192.0.2.1" });
            journal.Append(finding with { Address = "192.0.2.2" });
            journal.Append(finding with { Address = "192.0.2.2", Port = 4242 });
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        await File.AppendAllTextAsync(path, "{\"address\":\"192.0.2.3\",", Cancel);

        var (resumed, findings) = await FindingJournal.ResumeAsync(path, Cancel);
        using (resumed)
        {
            Assert.Equal(["192.0.2.1:104", "192.0.2.2:4242"], findings.Select(one => $"{one.Address}:{one.Port}"));
            resumed.Append(finding with { Address = "192.0.2.4" });
        }
        var (again, all) = await FindingJournal.ResumeAsync(path, Cancel);
        again.Dispose();
        Assert.Equal(3, all.Count);

        await File.WriteAllTextAsync(path, "something else\n", Cancel);
        await Assert.ThrowsAsync<AuditDocumentException>(() => FindingJournal.ResumeAsync(path, Cancel));
    }

    private static AuditDocument Full()
    {
        var open = Seen.Finding(
            Seen.Dicom(
                104,
                Answer.Open,
                Answer.Open,
                records: Seen.Counted(CountKind.ExactOverDated, 12, 340, 2019, 2026)
            ) with
            {
                Tls = new TlsFacts(
                    "TLS 1.3",
                    "TLS_AES_256_GCM_SHA384",
                    new string('a', 64),
                    Seen.At,
                    Seen.At.AddDays(90),
                    true,
                    null
                ),
                AeTitleCheck = AeTitleCheck.None,
                CalledAeTitle = "ANY-SCP",
                ImplementationVersionName = "OFFIS_DCMTK_367",
                AcceptedSopClasses = ["1.2.840.10008.1.1"],
                IdentifyingFields = ["PatientName"],
            },
            Seen.Web(8042, Answer.Open) with
            {
                Signs = new Dictionary<string, string>(StringComparer.Ordinal) { ["server"] = "a \"server\"" },
            }
        );
        var closed = Seen.Finding(Seen.Dicom(104, Answer.Closed)) with
        {
            Address = "2001:db8::5",
            Inventory = new FoundInventory("Haus 2", "Radiologie", "it@example.org"),
            Advice = [new FoundStep("Do this.", "Tun Sie dies.", "\"on\": true", null)],
        };
        return Of([open, closed]);
    }

    internal static AuditDocument Of(IReadOnlyList<Finding> findings) =>
        new()
        {
            Tool = "Leadglass 0.1.0",
            Scope = new AuditScope(
                "a hospital",
                new string('0', 64),
                "its director",
                "contract",
                "it@example.org",
                null,
                "4",
                Seen.At,
                Seen.At.AddDays(7)
            ),
            Started = Seen.At,
            Finished = Seen.At.AddMinutes(4),
            Mode = "polite",
            Shard = "1/1",
            DecisionLogHead = new string('c', 64),
            Totals = AuditTotals.Of(findings, 256, 5120, 40),
            Refusals = [new RefusalCount("device", 3)],
            Findings = findings,
        };
}
