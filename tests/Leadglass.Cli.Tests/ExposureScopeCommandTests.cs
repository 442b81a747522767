using Leadglass.Cli.CommandLine;
using Leadglass.Exposure;

namespace Leadglass.Cli.Tests;

public sealed class ExposureScopeCommandTests
{
    [Fact]
    public async Task Init_writes_a_scope_for_its_owner_only_and_check_says_what_it_means()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Below("scope.yaml");
        var written = await InitAsync(folder, "--network", "127.0.0.0/24", "--network", "203.0.113.0/28");
        Assert.Equal(ExitCode.Done, written.ExitCode);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        var check = await CommandRun.OfAsync(folder, "exposure", "scope", "check", file);
        Assert.Equal(ExitCode.Done, check.ExitCode);
        Assert.Contains("272 addresses x 3 ports (104,11112-11113)", check.Out, StringComparison.Ordinal);
        Assert.Contains("127.0.0.0/24: local, rung 4", check.Out, StringComparison.Ordinal);
        Assert.Contains("203.0.113.0/28: public, rung 2", check.Out, StringComparison.Ordinal);
        Assert.Contains("(7 days left)", check.Out, StringComparison.Ordinal);
        Assert.Contains(
            "that Head of IT may allow this audit, and did: own \"systems\"",
            check.Out,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("fd00::/48", true)]
    [InlineData("fd00:64::a00:0/120", true)]
    [InlineData("::1", false)]
    [InlineData("10.0.0.0/8", false)]
    public async Task Check_warns_where_a_translator_may_lie_in_a_network(string network, bool isWarned)
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder, "--network", network);
        var check = await CommandRun.OfAsync(folder, "exposure", "scope", "check", folder.Below("scope.yaml"));
        Assert.Equal(ExitCode.Done, check.ExitCode);
        Assert.Equal(isWarned, check.Out.Contains("NAT64", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Init_overwrites_nothing()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.Below("scope.yaml"), "mine", TestContext.Current.CancellationToken);
        var run = await InitAsync(folder, "--network", "127.0.0.1");
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("is not overwritten", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            "mine",
            await File.ReadAllTextAsync(folder.Below("scope.yaml"), TestContext.Current.CancellationToken)
        );
    }

    [Theory]
    [InlineData("10.0.0.1/8", "write 10.0.0.0/8 for the network")]
    [InlineData("8.0.0.0/8", "16777216 public addresses")]
    [InlineData("224.0.0.0/24", "never probed: multicast")]
    [InlineData("hospital", "'hospital' is no address")]
    public async Task Init_writes_no_scope_that_would_be_refused(string network, string said)
    {
        using var folder = new TemporaryFolder();
        var run = await InitAsync(folder, "--network", network);
        Assert.Equal(ExitCode.WrongUsage, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.Below("scope.yaml")));
    }

    [Fact]
    public async Task Check_names_every_mistake_with_its_line()
    {
        using var folder = new TemporaryFolder();
        await InitAsync(folder, "--network", "127.0.0.0/24");
        var file = folder.Below("scope.yaml");
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            file,
            text.Replace("highestRung: 4\n", "highestRung: 9\n", StringComparison.Ordinal) + "speed: 3\n",
            TestContext.Current.CancellationToken
        );
        var run = await CommandRun.OfAsync(folder, "exposure", "scope", "check", file);
        Assert.Equal(ExitCode.WrongUsage, run.ExitCode);
        Assert.Matches(@"scope\.yaml: line \d+: highestRung is a rung", run.Error);
        Assert.Matches(@"scope\.yaml: line \d+: networks.highestRung is a rung", run.Error);
        Assert.Matches(@"scope\.yaml: line \d+: 'speed' is no key; known are version, ", run.Error);
    }

    [Fact]
    public async Task Verify_tells_whether_a_decision_log_was_changed()
    {
        using var folder = new TemporaryFolder();
        using (
            var log = await DecisionLog.OpenAsync(
                folder.Path,
                TimeProvider.System,
                TestContext.Current.CancellationToken
            )
        )
        {
            log.Record("audit-started");
        }

        var intact = await CommandRun.OfAsync(folder, "exposure", "verify", folder.Path);
        Assert.Equal(ExitCode.Done, intact.ExitCode);
        Assert.Contains("2 lines, intact", intact.Out, StringComparison.Ordinal);
        Assert.Contains("whether its end was cut cannot be told", intact.Out, StringComparison.Ordinal);

        var file = folder.Below(DecisionLog.FileName);
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            file,
            text.Replace("started", "stopped", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        var changed = await CommandRun.OfAsync(folder, "exposure", "verify", folder.Path);
        Assert.Equal(ExitCode.Failed, changed.ExitCode);
        Assert.Contains("line 1 was changed", changed.Error, StringComparison.Ordinal);
    }

    private static Task<CommandRun> InitAsync(TemporaryFolder folder, params string[] networks) =>
        CommandRun.OfAsync(
            folder,
            [
                .. (string[])
                    ["exposure", "scope", "init", "--out", folder.Below("scope.yaml"), "--ports", "104,11112-11113"],
                .. (string[])
                    ["--authorised-by", "Head of IT", "--basis", "own \"systems\"", "--contact", "it@hospital.example"],
                .. networks,
            ]
        );
}
