using System.Text;

namespace Leadglass.Exposure.Tests.Discovery;

/// <summary>What other scanners found is read whatever they wrote, and nothing else is taken for it.</summary>
public sealed class ImportedListTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lists").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PlainLists() =>
        Assert.Equal(
            ["10.0.0.1", "10.0.0.2:104", "2001:db8::1", "2001:db8::2:11112", "10.0.0.3:1"],
            await ReadAsync(
                "# found yesterday\n10.0.0.1\n 10.0.0.2:104 # archive\r\n\n2001:db8::1\n[2001:db8::2]:11112\n[::ffff:10.0.0.3]:1"
            )
        );

    [Theory]
    [InlineData("archive.example:104")]
    [InlineData("10.0.0.1:0")]
    [InlineData("10.0.0.1:65536")]
    [InlineData("10.0.0.1:")]
    [InlineData("10.0.0")]
    [InlineData("167772161")]
    [InlineData("0x0a000001")]
    [InlineData("010.0.0.1")]
    [InlineData("[2001:db8::1")]
    [InlineData("[2001:db8::1]104")]
    [InlineData("fe80::1%eth0")]
    [InlineData("10.0.0.1:104 10.0.0.2:104")]
    public async Task WhatIsNoAddressIsNamedByItsLine(string line)
    {
        var mistake = await Assert.ThrowsAsync<AuditException>(() => ReadAsync($"10.0.0.9\n{line}\n"));
        Assert.Contains("(2): this is no address", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NmapsXml() =>
        Assert.Equal(
            ["192.0.2.7:104", "192.0.2.7:11112", "2001:db8::7:4242"],
            await ReadAsync(
                """
                <?xml version="1.0" encoding="UTF-8"?>
                <!DOCTYPE nmaprun>
                <?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
                <!-- Nmap scan -->
                <nmaprun scanner="nmap"><host><status state="up" reason="echo-reply"/>
                <address addr="192.0.2.7" addrtype="ipv4"/><address addr="00:00:5E:00:53:01" addrtype="mac"/>
                <hostnames><hostname name="pacs" type="PTR"/></hostnames>
                <ports><extraports state="closed" count="3"/>
                <port protocol="tcp" portid="104"><state state="open" reason="syn-ack"/><service name="acr-nema"/></port>
                <port protocol="tcp" portid="105"><state state="filtered" reason="no-response"/></port>
                <port protocol="udp" portid="106"><state state="open" reason="udp-response"/></port>
                <port protocol="tcp" portid="11112"><state state="open" reason="syn-ack"/></port></ports></host>
                <host><address addr="2001:db8::7" addrtype="ipv6"/>
                <ports><port protocol="tcp" portid="4242"><state state="open"/></port></ports></host></nmaprun>
                """
            )
        );

    [Fact]
    public async Task NmapsXmlWithEntitiesIsNotExpanded()
    {
        const string Bomb = """
            <!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "file:///etc/hostname">]>
            <nmaprun><host><address addr="&x;" addrtype="ipv4"/>&c;</host></nmaprun>
            """;
        var mistake = await Assert.ThrowsAsync<AuditException>(() => ReadAsync(Bomb));
        Assert.Contains("the XML breaks off or is none", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NmapsXmlNestedWithoutEndIsRefused()
    {
        var deep = string.Concat(Enumerable.Repeat("<a>", 100_000));
        var mistake = await Assert.ThrowsAsync<AuditException>(() => ReadAsync("<nmaprun>" + deep));
        Assert.Contains("nested too deep", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MasscansJsonWithItsCommasAndWithoutItsEnd() =>
        Assert.Equal(
            ["192.0.2.1:104", "192.0.2.2:11112", "192.0.2.3:4242", "192.0.2.4:80"],
            await ReadAsync(
                """
                [
                {   "ip": "192.0.2.1",   "timestamp": "1700000000", "ports": [ {"port": 104, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 64} ] },
                {   "ip": "192.0.2.2",   "timestamp": "1700000000", "ports": [ {"port": 11112, "proto": "tcp", "status": "open"}, {"port": 12, "proto": "udp", "status": "open"} ] }
                ,
                {"ip":"192.0.2.3","timestamp":"1700000000","port":4242,"proto":"tcp","rec_type":"status","data":{"status":"open"}}
                {   "ip": "192.0.2.4", "ports": [ {"port": 80, "proto": "tcp", "status": "open"} ] }]
                {finished: 1}
                """
            )
        );

    [Theory]
    [InlineData("[\n{ \"ip\": \"192.0.2.1\", \"ports\": [ {\"port\": 104")]
    [InlineData("[\n{ \"ip\": 7, \"ports\": [] }")]
    [InlineData("[\n{ \"ip\": \"192.0.2.1\", \"ports\": [[[[[[[[[[[[]]]]]]]]]]]] }")]
    public async Task WhatIsNoRecordOfMasscanIsNamedByItsLine(string text)
    {
        var mistake = await Assert.ThrowsAsync<AuditException>(() => ReadAsync(text));
        Assert.Contains("(2): this is no record of masscan", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{")]
    [InlineData("<")]
    [InlineData("1")]
    public async Task ALineWithoutEndIsRefusedBeforeItIsKept(string first)
    {
        var path = Path.Combine(_folder, "long");
        await using (var file = File.Create(path))
        {
            await file.WriteAsync(Encoding.ASCII.GetBytes(first), Cancel);
            var lump = new byte[1 << 20];
            Array.Fill(lump, (byte)'a');
            for (var i = 0; i < 64; i++)
            {
                await file.WriteAsync(lump, Cancel);
            }
        }
        var mistake = await Assert.ThrowsAsync<AuditException>(async () =>
        {
            await foreach (var _ in ImportedList.ReadAsync(path, Cancel))
            {
                Assert.Fail("it has no entry");
            }
        });
        Assert.Matches("too long|longer than", mistake.Message);
    }

    [Fact]
    public async Task APipeIsRefusedWithWhatToDo()
    {
        var path = Path.Combine(_folder, "pipe");
        using var made = System.Diagnostics.Process.Start("mkfifo", [path]);
        await made.WaitForExitAsync(Cancel);
        // Somebody has to hold the other end, or opening it would wait.
        await using var writer = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var mistake = await Assert.ThrowsAsync<AuditException>(() => ImportedList.DigestAsync([path], Cancel));
        Assert.Contains("is a pipe", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsNotThereIsNamed()
    {
        var mistake = await Assert.ThrowsAsync<AuditException>(() =>
            ImportedList.DigestAsync([Path.Combine(_folder, "none")], Cancel)
        );
        Assert.Contains("cannot be read", mistake.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<List<string>> ReadAsync(string text)
    {
        var path = Path.Combine(_folder, "list");
        await File.WriteAllTextAsync(path, text, Cancel);
        var entries = new List<string>();
        await foreach (var entry in ImportedList.ReadAsync(path, Cancel))
        {
            entries.Add(entry.Port is { } port ? $"{entry.Address}:{port}" : $"{entry.Address}");
        }
        return entries;
    }
}
