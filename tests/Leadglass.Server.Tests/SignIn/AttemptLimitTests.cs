using System.Net;
using Leadglass.Server.Configuration;
using Leadglass.Server.SignIn.People;
using Leadglass.Server.SignIn.Provider;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>How often an address may fail, and whom the archive calls for signing in.</summary>
public sealed class AttemptLimitTests
{
    [Fact]
    public void AnAddressThatFailsOftenWaitsAndOthersDoNot()
    {
        var clock = new Clock();
        var limit = new AttemptLimit(clock);
        var address = IPAddress.Parse("192.0.2.1");
        for (var failure = 0; failure < AttemptLimit.FailuresMax; failure++)
        {
            Assert.True(limit.MayTry(address));
            limit.Fail(address);
        }

        Assert.False(limit.MayTry(address));
        Assert.False(limit.MayTry(IPAddress.Parse("::ffff:192.0.2.1")));
        Assert.True(limit.MayTry(IPAddress.Parse("192.0.2.2")));
        clock.Now += AttemptLimit.Period;
        Assert.True(limit.MayTry(address));
    }

    [Fact]
    public void OneNetworkOfIPv6IsOneAddress()
    {
        var limit = new AttemptLimit(new Clock());
        for (var failure = 0; failure < AttemptLimit.FailuresMax; failure++)
        {
            limit.Fail(IPAddress.Parse($"2001:db8::{failure + 1:x}"));
        }

        Assert.False(limit.MayTry(IPAddress.Parse("2001:db8::ffff")));
        Assert.True(limit.MayTry(IPAddress.Parse("2001:db8:0:1::1")));
    }

    [Fact]
    public void WhoCommandsManyAddressesShutsNobodyOut()
    {
        var limit = new AttemptLimit(new Clock());
        for (var address = 0; address < 20_000; address++)
        {
            limit.Fail(new IPAddress([10, (byte)(address >> 16), (byte)(address >> 8), (byte)address]));
        }

        Assert.True(limit.MayTry(IPAddress.Parse("192.0.2.1")));
    }

    [Theory]
    [InlineData("https://login.example/realm", true)]
    [InlineData("http://127.0.0.1:8080", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("http://login.example", false)]
    [InlineData("http://localhost.example", false)]
    [InlineData("https://user@login.example", false)]
    [InlineData("https://login.example?x=1", false)]
    [InlineData("file:///etc/passwd", false)]
    public void AnAuthorityIsEncryptedOrThisMachine(string authority, bool isSafe) =>
        Assert.Equal(isSafe, OpenIdProviderOptions.IsSafe(new Uri(authority)));

    [Theory]
    [InlineData("https://login.example/token", true)]
    [InlineData("https://LOGIN.example:443/keys?x=1", true)]
    [InlineData("http://login.example/token", false)]
    [InlineData("https://login.example:8443/token", false)]
    [InlineData("https://login.example.evil.example/token", false)]
    [InlineData("http://169.254.169.254/latest", false)]
    public async Task NothingButTheAuthorityIsCalled(string address, bool isAuthority)
    {
        var authority = new Uri("https://login.example/realm");
        Assert.Equal(isAuthority, AuthorityOnly.IsOf(authority, new Uri(address)));
        if (!isAuthority)
        {
            using var client = new HttpClient(new AuthorityOnly(authority));
            await Assert.ThrowsAsync<HttpRequestException>(() =>
                client.GetAsync(new Uri(address), TestContext.Current.CancellationToken)
            );
        }
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
