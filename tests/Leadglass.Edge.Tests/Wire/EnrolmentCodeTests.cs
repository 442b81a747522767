using System.Net;
using System.Security.Cryptography;

namespace Leadglass.Edge.Tests.Wire;

/// <summary>The one-time code, the list of scanners and the messages: strict, bounded, and silent about secrets.</summary>
public sealed class EnrolmentCodeTests
{
    private static readonly byte[] Authority = SHA256.HashData("authority"u8);

    [Theory]
    [InlineData("archive.hospital.example", 8443)]
    [InlineData("192.0.2.1", 443)]
    [InlineData("2001:db8::1", 65535)]
    public void ACodeSurvivesBeingPasted(string host, int port)
    {
        var code = EnrolmentCode.Create(host, port, Authority);
        var text = code.Reveal();
        var pasted = EnrolmentCode.Parse($"  {text[..20]}\n {text[20..]} ");
        Assert.Equal(host, pasted.Host);
        Assert.Equal(port, pasted.Port);
        Assert.Equal(code.Id, pasted.Id);
        Assert.Equal(Authority, pasted.Authority.ToArray());
        Assert.Equal(code.RequestProof("pem"), pasted.RequestProof("pem"));
        Assert.DoesNotContain(text[5..], code.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ATypingErrorIsNoticed()
    {
        var text = EnrolmentCode.Create("archive", 8443, Authority).Reveal();
        for (var at = 0; at < text.Length; at++)
        {
            var mistyped = text[..at] + (text[at] == 'A' ? 'B' : 'A') + text[(at + 1)..];
            Assert.Throws<EdgeWireException>(() => EnrolmentCode.Parse(mistyped));
        }

        Assert.Throws<EdgeWireException>(() => EnrolmentCode.Parse(text[..^4]));
        Assert.Throws<EdgeWireException>(() => EnrolmentCode.Parse(""));
    }

    [Fact]
    public void ProofsOfRequestAndAnswerDiffer()
    {
        var code = EnrolmentCode.Create("archive", 8443, Authority);
        Assert.NotEqual(code.RequestProof("x"), code.AnswerProof("x"u8));
        Assert.False(EnrolmentCode.Matches(code.RequestProof("x"), code.RequestProof("y")));
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.0/24", "10.1.2.77", true)]
    [InlineData("10.1.2.0/24", "10.1.3.77", false)]
    [InlineData("10.1.2.3", "::ffff:10.1.2.3", true)]
    [InlineData("2001:db8::/32", "2001:db8::5", true)]
    [InlineData("10.1.2.3", "10.1.2.30", false)]
    public void AddressesAndNetworksAreMatched(string source, string address, bool listed)
    {
        var scanner = new ScannerEntry("CT1", ["CT1"], [source], [ScannerService.Store]);
        Assert.Equal(listed, scanner.CallsFrom(IPAddress.Parse(address)));
    }

    [Fact]
    public void AListThatMakesNoSenseIsRefused()
    {
        var good = new ScannerEntry("CT1", ["CT1"], ["10.1.2.3"], []);
        Assert.NotNull(new ScannerList("1", [good]).Checked());
        foreach (
            var bad in new[]
            {
                good with
                {
                    Sources = ["anywhere"],
                },
                good with
                {
                    Sources = [],
                },
                good with
                {
                    AeTitles = ["A TITLE THAT IS FAR TOO LONG"],
                },
                good with
                {
                    Name = "",
                },
            }
        )
        {
            Assert.Throws<EdgeWireException>(() => new ScannerList("1", [bad]).Checked());
        }
    }

    [Fact]
    public void AMessageThatIsNotOneIsRefusedWithoutQuotingIt()
    {
        var failure = Assert.Throws<EdgeWireException>(() =>
            WireJson.Read("{\"scanners\": CANARY"u8, WireJson.Default.ScannerList)
        );
        Assert.DoesNotContain("CANARY", failure.ToString(), StringComparison.Ordinal);
        foreach (
            var incomplete in new[]
            {
                """{"digest": "1"}""",
                """{"digest": "1", "scanners": null}""",
                """{"digest": "1", "scanners": [{"name": "CT1", "aeTitles": ["CT1"], "sources": ["10.0.0.1"]}]}""",
            }
        )
        {
            Assert.Throws<EdgeWireException>(() =>
                WireJson.Read(System.Text.Encoding.UTF8.GetBytes(incomplete), WireJson.Default.ScannerList)
            );
        }

        Assert.Throws<EdgeWireException>(() =>
            WireJson.Read(new byte[WireJson.MessageBytesMax + 1], WireJson.Default.ScannerList)
        );
        Assert.Throws<EdgeWireException>(() => WireJson.FromDataSet(new Dicom.DataSet(), WireJson.Default.EdgeReport));
    }

    [Fact]
    public void AMessageSurvivesTheDataSet()
    {
        var report = new EdgeReport("1.0.0", new EdgeQueueState(3, 400, 5, 0, false), [], "abc") { Sequence = 9 };
        var read = WireJson.FromDataSet(
            WireJson.ToDataSet(report, WireJson.Default.EdgeReport),
            WireJson.Default.EdgeReport
        );
        Assert.Equal(report.Queue, read.Queue);
        Assert.Equal(9, read.Sequence);
    }
}
