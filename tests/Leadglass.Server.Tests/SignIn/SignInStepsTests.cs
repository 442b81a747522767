using System.Net;
using Leadglass.Server.SignIn.Browser;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>Sign-ins that have begun, while a stranger begins very many.</summary>
public sealed class SignInStepsTests
{
    private static readonly IPAddress Stranger = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Neighbour = IPAddress.Parse("192.0.2.2");

    [Fact]
    public void AStrangerWhoAsksForPasskeysPushesOutOnlyTheirOwnSteps()
    {
        var steps = new SignInSteps(TimeProvider.System);
        var factor = Begin(steps, SignInStage.ProveFactor, Stranger);
        var passkey = Begin(steps, SignInStage.Passkey, Neighbour);
        var first = Begin(steps, SignInStage.Passkey, Stranger);
        var last = first;
        for (var asked = 0; asked < 10_050; asked++)
        {
            last = Begin(steps, SignInStage.Passkey, Stranger);
        }

        Assert.NotNull(steps.Find(factor, SignInStage.ProveFactor));
        Assert.NotNull(steps.Find(passkey, SignInStage.Passkey));
        Assert.NotNull(steps.Find(last, SignInStage.Passkey));
        Assert.Null(steps.Find(first, SignInStage.Passkey));
    }

    [Fact]
    public void AnEndedStepGivesItsPlaceBack()
    {
        var steps = new SignInSteps(TimeProvider.System);
        var waiting = Begin(steps, SignInStage.Passkey, Stranger);
        for (var asked = 0; asked < SignInSteps.PerNetworkMax * 2; asked++)
        {
            Assert.True(steps.End(Begin(steps, SignInStage.Passkey, Stranger)));
        }

        Assert.NotNull(steps.Find(waiting, SignInStage.Passkey));
    }

    /// <summary>Begins, and gives the next request of that browser.</summary>
    private static DefaultHttpContext Begin(SignInSteps steps, SignInStage stage, IPAddress address)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = address;
        steps.Begin(context, new SignInStep(stage));
        var next = new DefaultHttpContext();
        next.Connection.RemoteIpAddress = address;
        next.Request.Headers.Cookie = context.Response.Headers.SetCookie.ToString().Split(';')[0];
        return next;
    }
}
