using System.Net;
using Leadglass.Server.Configuration;

namespace Leadglass.Server.Tests.Configuration;

public sealed class ConfigurationReaderTests
{
    [Fact]
    public void OptionsWinOverTheEnvironmentAndThatOverTheFile()
    {
        var options = Read(
            """{ "dicomPort": 1001, "httpPort": 1002, "aeTitle": "FILE", "bind": "0.0.0.0" }""",
            new() { ["LEADGLASS__HTTPPORT"] = "2002", ["LEADGLASS__AETITLE"] = "ENVIRONMENT" },
            new() { ["aeTitle"] = "OPTION" }
        );
        Assert.Equal(IPAddress.Any, options.Bind);
        Assert.Equal((1001, 2002, "OPTION"), (options.DicomPort, options.HttpPort, options.AeTitle));
    }

    [Fact]
    public void NothingSaidMeansLoopbackAndTheRegisteredPort()
    {
        var options = Read(null, [], []);
        Assert.Equal((IPAddress.Loopback, 2762, 8443), (options.Bind, options.DicomPort, options.HttpPort));
    }

    [Fact]
    public void EveryMistakeIsNamedAtOnceWithItsPlace()
    {
        var failure = Assert.Throws<ConfigurationException>(() =>
            Read(
                """{ "dicomPort": 70000, "plainPort": 104, "names": ["ok.example", "not a name"], "aeTitle": {} }""",
                new() { ["LEADGLASS__IDLE"] = "5", ["LEADGLASS__CHECKSCALLEDAETITLE"] = "maybe" },
                new() { ["bind"] = "everywhere" }
            )
        );
        Assert.Equal(7, failure.Mistakes.Count);
        Assert.Contains(
            failure.Mistakes,
            one => one.Contains("dicomPort must be a whole number", StringComparison.Ordinal)
        );
        Assert.Contains(failure.Mistakes, one => one.Contains("plainPort: no such setting", StringComparison.Ordinal));
        Assert.Contains(failure.Mistakes, one => one.Contains("names must be a host name", StringComparison.Ordinal));
        Assert.Contains(failure.Mistakes, one => one.Contains("aeTitle must be a text", StringComparison.Ordinal));
        Assert.Contains(failure.Mistakes, one => one.Contains("LEADGLASS__IDLE", StringComparison.Ordinal));
        Assert.Contains(failure.Mistakes, one => one.Contains("must be true or false", StringComparison.Ordinal));
        Assert.Contains(failure.Mistakes, one => one.Contains("option --bind", StringComparison.Ordinal));
    }

    [Fact]
    public void ListsComeFromTheEnvironmentInOrder()
    {
        var options = Read(
            null,
            new() { ["LEADGLASS__NAMES__1"] = "second.example", ["LEADGLASS__NAMES__0"] = "first.example" },
            []
        );
        Assert.Equal(["first.example", "second.example"], options.Names);
    }

    [Fact]
    public void TwoListenersOnOnePortAreAMistake() =>
        Assert.Contains(
            "are 5000",
            Assert
                .Throws<ConfigurationException>(() => Read("""{ "dicomPort": 5000, "httpPort": 5000 }""", [], []))
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void TheHospitalsProviderIsASectionThatTheEnvironmentMayChange()
    {
        var options = Read(
            """
            { "signIn": { "secondFactorForEverybody": true, "openIdConnect": {
              "authority": "https://login.example/realm", "clientId": "archive", "scopes": ["groups"] } } }
            """,
            new() { ["LEADGLASS__SIGNIN__OPENIDCONNECT__CLIENTID"] = "other" },
            []
        );
        Assert.True(options.SignIn.SecondFactorForEverybody);
        Assert.Equal("https://login.example/realm", options.SignIn.OpenIdConnect!.Authority.OriginalString);
        Assert.Equal("other", options.SignIn.OpenIdConnect.ClientId);
        Assert.Equal(["groups"], options.SignIn.OpenIdConnect.Scopes);
    }

    [Theory]
    [InlineData("""{ "signIn": { "openIdConnect": { "clientId": "archive" } } }""", "authority is missing")]
    [InlineData(
        """{ "signIn": { "openIdConnect": { "authority": "http://login.example", "clientId": "a" } } }""",
        "must be an https address"
    )]
    [InlineData("""{ "signIn": { "openIdConnect": { "clientSecret": "x" } } }""", "no such setting")]
    [InlineData("""{ "signIn": { "secondFactor": false } }""", "no such setting")]
    public void AMistakenProviderIsNamed(string file, string mistake) =>
        Assert.Contains(
            mistake,
            Assert.Throws<ConfigurationException>(() => Read(file, [], [])).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void AFileThatIsNoJsonIsNamedWithItsLine() =>
        Assert.Contains(
            "LineNumber",
            Assert.Throws<ConfigurationException>(() => Read("{ dicomPort", [], [])).Message,
            StringComparison.Ordinal
        );

    private static ServeOptions Read(
        string? file,
        Dictionary<string, string> environment,
        Dictionary<string, string> options
    )
    {
        var path = Path.Combine(Path.GetTempPath(), $"leadglass-{Guid.NewGuid():N}.json");
        try
        {
            if (file is not null)
            {
                File.WriteAllText(path, file);
            }

            return ConfigurationReader.Read(path, new HostEnvironment(environment, IsRoot: false), options);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
