using System.Text;
using CsCheck;

namespace Leadglass.Exposure.Tests;

public sealed class ScopeReaderTests
{
    private readonly SetClock _clock = new();

    [Fact]
    public void A_whole_scope_is_read_as_it_is_written()
    {
        var scope = Parse(ScopeExamples.Full.Replace("NETWORKS", "10.20.0.0/16", StringComparison.Ordinal));
        Assert.Equal("Radiology, both sites", scope.Name);
        Assert.Equal("order of the data-protection officer", scope.Authorisation.RecordsBasis);
        Assert.Equal(Rung.CountRecords, scope.HighestRung);
        Assert.Equal(["PACS", "ARCHIVE 2"], scope.Networks[0].CalledAeTitles);
        Assert.Equal(["pacs.hospital.example", "viewer.hospital.example"], scope.Names.Select(name => name.Host));
        Assert.Equal([104, 443, 8000, 8001, 8002, 11112], scope.Ports.Ports);
        Assert.Equal("10.20.3.0/24", Assert.Single(scope.Exclusions).ToString());
        Assert.Equal("10.20.7.1-10.20.7.40", Assert.Single(scope.Devices).ToString());
        Assert.True(scope.TriesPublishedTitles);
        Assert.Equal("Europe/Berlin", scope.TimeWindow!.Zone.Id);
        Assert.Equal(new ScopeRate(100, 10, 50, 1500, 30, 300), scope.Rate);
        Assert.Equal("Radiology", scope.OwnerOf(System.Net.IPAddress.Parse("10.20.9.9"))?.Owner);
        Assert.Null(scope.OwnerOf(System.Net.IPAddress.Parse("10.21.0.1")));
        Assert.Equal(3, scope.ProofOfControl.Length);
        Assert.Equal(65_536 + 256, scope.Targets.Count);
        Assert.Equal(256, scope.PublicAddresses);
    }

    [Fact]
    public void The_digest_is_that_of_the_file()
    {
        var text = TestScopes.Text("127.0.0.1", "104");
        var digest = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text));
        Assert.Equal(Convert.ToHexStringLower(digest), Parse(text).Digest);
    }

    /// <summary>One scope, wrong in every way: the whole list, each with its line.</summary>
    [Fact]
    public void All_mistakes_are_named_at_once_with_their_lines()
    {
        const string Text = """
            version: 2
            name: 17
            authorisation:
              by: Head of testing
              contact: nobody
            validFrom: 2026-11-23
            validUntil: 2026-11-30T08:00:00Z
            highestRung: 7
            networks:
              - 10.0.0.1/8
              - addresses: 192.168.0.0/24
                titles: [PACS]
              - 224.0.0.0/24
            ports: 104,70000
            rate:
              inFlight: 5000
            speed: fast
            devices: 10.0.0.1
            """;
        var refused = Assert.Throws<ScopeException>(() => Parse(Text));
        Assert.False(refused.IsOutOfTime);
        (int Line, string Said)[] expected =
        [
            (1, "version is a whole number from 1 to 1"),
            (2, "name is text; write it in quotes: \"17\""),
            (4, "authorisation.basis is missing"),
            (5, "authorisation.contact: a mail address"),
            (6, "validFrom: write date, time and offset"),
            (8, "highestRung is a rung"),
            (10, "write 10.0.0.0/8 for the network"),
            (12, "'titles' is no key of networks; known are addresses, highestRung, calledAeTitles"),
            (13, "224.0.0.0/24 is never probed: multicast"),
            (14, "'70000' is no port"),
            (16, "rate.inFlight is a whole number from 1 to 4096"),
            (17, "'speed' is no key; known are version, validFrom, validUntil, name"),
            (18, "devices is a list"),
        ];
        Assert.Equal(expected.Length, refused.Mistakes.Length);
        foreach (var ((line, said), mistake) in expected.Zip(refused.Mistakes))
        {
            Assert.Contains(said, mistake.Text, StringComparison.Ordinal);
            Assert.Equal(line, mistake.Line);
        }
    }

    [Theory]
    [InlineData("validUntil: 2027-12-01T08:00:00Z", "at most 366 days", false)]
    [InlineData("validUntil: 2026-11-22T08:00:00Z", "over before it begins", false)]
    [InlineData("validUntil: 2026-11-23T07:59:59Z", "this scope is over since 2026-11-23", true)]
    [InlineData("validFrom: 2026-11-23T09:00:01+01:00", "this scope begins on 2026-11-23 08:00:01Z", true)]
    public void A_scope_holds_in_its_time_only(string line, string said, bool isOutOfTime)
    {
        var text = TestScopes.Text("127.0.0.1", "104", from: TestScopes.Begin.AddHours(-2));
        var key = line[..line.IndexOf(':', StringComparison.Ordinal)];
        var lines = text.Split('\n').Select(old => old.StartsWith(key, StringComparison.Ordinal) ? line : old);
        var refused = Assert.Throws<ScopeException>(() => Parse(string.Join('\n', lines)));
        Assert.Contains(said, Assert.Single(refused.Mistakes).Text, StringComparison.Ordinal);
        Assert.Equal(isOutOfTime, refused.IsOutOfTime);
    }

    [Theory]
    [InlineData("8.8.0.0/15", "131072 public addresses; a scope holds at most 65536")]
    [InlineData("8.8.0.0/17, 9.8.0.0/16", "98304 public addresses")]
    [InlineData("2001:db8::/64", "18446744073709551616 public addresses")]
    [InlineData("172.15.255.0-172.31.255.255, 100.64.0.0/16", "65792 public addresses")]
    [InlineData("0.0.0.0/0", "every address there is")]
    [InlineData("::/1", "holds the block of mapped IPv4 addresses")]
    [InlineData("128.0.0.0/1", "224.0.0.0/4 is never probed: multicast")]
    [InlineData("2002::/16", "a tunnel to IPv4 addresses that the scope would not have seen")]
    [InlineData("64:ff9b::a00:1", "translated to IPv4 addresses that the scope would not have seen")]
    [InlineData("255.255.255.255", "never probed")]
    [InlineData("0.0.0.0", "never probed")]
    [InlineData("10.0.0.0/24, 10.0.0.128-10.0.1.7", "crosses 10.0.0.0/24 (lines 11 and 12)")]
    [InlineData("10.0.0.0/24, 10.0.0.0-10.0.0.255", "is listed twice (lines 11 and 12)")]
    public void Networks_beyond_the_rules_are_refused(string networks, string said)
    {
        var refused = Assert.Throws<ScopeException>(() => Parse(TestScopes.Text(networks, "104", "2")));
        Assert.Contains(refused.Mistakes, mistake => mistake.Text.Contains(said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("10.0.0.0/8")]
    [InlineData("127.0.0.0/8, ::1")]
    [InlineData("172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16, 10.0.0.0/8")]
    [InlineData("fc00::/7, fe80::/10")]
    [InlineData("8.8.0.0/16")]
    [InlineData("10.0.0.0/8, 10.1.0.0/16, 10.1.2.0/24")]
    public void Local_networks_may_be_listed_whole_and_public_ones_to_their_limit(string networks) =>
        Assert.NotEmpty(Parse(TestScopes.Text(networks, "104", "2")).Networks);

    [Fact]
    public void Public_addresses_above_rung_two_and_records_need_more_than_a_number()
    {
        var refused = Assert.Throws<ScopeException>(() =>
            Parse(TestScopes.Text("{ addresses: 203.0.113.0/24; highestRung: 3 }", "104", "5b"))
        );
        Assert.Contains(
            refused.Mistakes,
            mistake => mistake.Text.Contains("need a proof of control", StringComparison.Ordinal)
        );
        Assert.Contains(
            refused.Mistakes,
            mistake => mistake.Text.Contains("authorisation.recordsBasis", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData("a: &x 1\nb: *x", 1, "anchors and aliases are not taken")]
    [InlineData("a: !!str 1", 1, "tags are not taken")]
    [InlineData("a: 1\na: 2", 2, "stands twice")]
    [InlineData("a: 1\n---\nb: 2", 2, "second document")]
    [InlineData("a: [1\nb: 2", 1, "this is not YAML, here or shortly after")]
    [InlineData("a: '1\nb: 2", 1, "this is not YAML: ")]
    [InlineData("a: [[[[[[[[[[[[1]]]]]]]]]]]]", 1, "deeper than 8 levels")]
    [InlineData("- 1", 1, "the file has keys with values")]
    [InlineData("", 1, "the file is empty")]
    public void Yaml_that_hides_something_is_not_taken(string text, int line, string said)
    {
        var refused = Assert.Throws<ScopeException>(() => Parse(text));
        Assert.Contains(said, refused.Mistakes[0].Text, StringComparison.Ordinal);
        Assert.Equal(line, refused.Mistakes[0].Line);
    }

    [Fact]
    public void A_file_beyond_its_bounds_is_refused()
    {
        Assert.Contains("longer than 8 MiB", Mistake(new byte[(8 << 20) + 1]), StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Mistake([0xc3, 0x28]), StringComparison.Ordinal);
        var many = Encoding.UTF8.GetBytes("exclusions: [" + string.Concat(Enumerable.Repeat("1,", 200_001)) + "]");
        Assert.Contains("more than 200000 values", Mistake(many), StringComparison.Ordinal);

        string Mistake(byte[] text) =>
            Assert.Throws<ScopeException>(() => ScopeReader.Parse(text, "scope.yaml", _clock)).Mistakes[0].Text;
    }

    /// <summary>Whatever stands in the file: it is read, or refused with lines; nothing else comes of it.</summary>
    [Fact]
    public void A_damaged_scope_is_read_or_refused()
    {
        var whole = Encoding.UTF8.GetBytes(
            ScopeExamples.Full.Replace("NETWORKS", "10.20.0.0/16", StringComparison.Ordinal)
        );
        Check.Sample(
            Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, 3]).Array[1, 6],
            damages =>
            {
                var text = whole.ToList();
                foreach (var (at, with, how) in damages)
                {
                    var place = Math.Min(at, text.Count - 1);
                    switch (how)
                    {
                        case 0:
                            text[place] = with;
                            break;
                        case 1:
                            text.Insert(place, (byte)"-:[]{}&*!|>'\"\n "[with % 15]);
                            break;
                        case 2:
                            text.RemoveRange(place, Math.Min(with, text.Count - place - 1));
                            break;
                        default:
                            text.InsertRange(place, text[..Math.Min(with, text.Count)]);
                            break;
                    }
                }

                try
                {
                    ScopeReader.Parse(text.ToArray(), "scope.yaml", _clock);
                }
                catch (ScopeException refused)
                {
                    Assert.NotEmpty(refused.Mistakes);
                }
            },
            iter: 500
        );
    }

    private ScanScope Parse(string text) => ScopeReader.Parse(Encoding.UTF8.GetBytes(text), "scope.yaml", _clock);
}
