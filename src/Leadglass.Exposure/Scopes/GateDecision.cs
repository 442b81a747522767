namespace Leadglass.Exposure;

/// <summary>The rule that a decision followed.</summary>
public enum ScopeRule
{
    /// <summary>Nothing forbids it.</summary>
    Admitted,

    /// <summary>No network of the scope holds the address.</summary>
    NotInScope,

    /// <summary>An address that nobody may list: multicast, reserved, mapped, a tunnel.</summary>
    NeverProbed,

    /// <summary>The scope excludes the address.</summary>
    Excluded,

    /// <summary>The scope does not list the port.</summary>
    PortNotListed,

    /// <summary>Above the scope's highest rung.</summary>
    AboveScope,

    /// <summary>Above the network's highest rung, or above 2 where a public network names none.</summary>
    AboveNetwork,

    /// <summary>A device: never above rung 1.</summary>
    Device,

    /// <summary>A public address whose control was not proved in this run: never above rung 2.</summary>
    NotProved,

    /// <summary>Rungs 5b and 6 without a basis for receiving records.</summary>
    NoRecordsBasis,

    /// <summary>The scope has not begun.</summary>
    NotBegun,

    /// <summary>The scope is over.</summary>
    Expired,

    /// <summary>Outside the hours that the scope allows.</summary>
    OutsideTimeWindow,

    /// <summary>The audit was stopped: by the file <c>STOP</c>, or by whoever runs it.</summary>
    Stopped,
}

/// <summary>What the gate decided.</summary>
/// <param name="Rule">The rule it followed.</param>
public readonly record struct GateDecision(ScopeRule Rule)
{
    /// <summary>Whether the connection may be made.</summary>
    public bool IsAdmitted => Rule == ScopeRule.Admitted;

    /// <summary>The rule as a sentence without a stop.</summary>
    public string Reason => Rule.Reason;
}

/// <summary>How rules are written.</summary>
public static class ScopeRuleText
{
    extension(ScopeRule rule)
    {
        /// <summary>As in files: <c>not-in-scope</c>.</summary>
        public string Code => Texts[(int)rule].Code;

        /// <summary>As a sentence without a stop.</summary>
        public string Reason => Texts[(int)rule].Reason;
    }

    private static readonly (string Code, string Reason)[] Texts =
    [
        ("admitted", "the scope allows it"),
        ("not-in-scope", "no network of the scope holds the address"),
        ("never-probed", "such addresses are never probed"),
        ("excluded", "the scope excludes the address"),
        ("port-not-listed", "the scope does not list the port"),
        ("above-scope", "the rung is above the scope's highest"),
        ("above-network", "the rung is above the highest of its network"),
        ("device", "devices are never probed above rung 1"),
        ("not-proved", "a public address without a proof of control is never probed above rung 2"),
        ("no-records-basis", "the scope names no basis for receiving records"),
        ("not-begun", "the scope has not begun"),
        ("expired", "the scope is over"),
        ("outside-time-window", "the scope does not allow this hour"),
        ("stopped", "the audit was stopped"),
    ];
}
