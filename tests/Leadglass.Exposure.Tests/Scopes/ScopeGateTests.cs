using System.Net;

namespace Leadglass.Exposure.Tests;

public sealed class ScopeGateTests
{
    [Theory]
    [InlineData("127.0.0.9", 11112, Rung.NullRetrieve, ScopeRule.Admitted)]
    [InlineData("127.0.0.9", 11113, Rung.Connect, ScopeRule.PortNotListed)]
    [InlineData("10.0.0.1", 11112, Rung.Connect, ScopeRule.NotInScope)]
    [InlineData("127.0.0.9", 11112, Rung.CountEndpoints, ScopeRule.AboveScope)]
    public async Task A_connection_is_decided_by_the_scope(string address, int port, Rung rung, ScopeRule rule)
    {
        using var log = DecisionLog.WithoutFile(TimeProvider.System);
        await using var gate = new ScopeGate(TestScopes.Of("127.0.0.0/8", "104,11112"), log, TimeProvider.System);
        Assert.Equal(rule, gate.Decide(IPAddress.Parse(address), port, rung).Rule);
    }
}
