namespace Leadglass.Dicom.Network.Tests.UpperLayer;

/// <summary>
/// PS3.8 Table 9-10, cell by cell, written down a second time from the standard, row by row of its six parts.
/// </summary>
public sealed class StateMachineTests
{
    /// <summary>One line per event: what happens in Sta1 to Sta13; a dot is an empty cell.</summary>
    private const string Table = """
        Evt1   AE-1 .    .    .    .    .    .    .    .    .     .    .    .
        Evt2   .    .    .    AE-2 .    .    .    .    .    .     .    .    .
        Evt3   .    AA-1 AA-8 .    AE-3 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
        Evt4   .    AA-1 AA-8 .    AE-4 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
        Evt5   AE-5 .    .    .    .    .    .    .    .    .     .    .    .
        Evt6   .    AE-6 AA-8 .    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
        Evt7   .    .    AE-7 .    .    .    .    .    .    .     .    .    .
        Evt8   .    .    AE-8 .    .    .    .    .    .    .     .    .    .
        Evt9   .    .    .    .    .    DT-1 .    AR-7 .    .     .    .    .
        Evt10  .    AA-1 AA-8 .    AA-8 DT-2 AR-6 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
        Evt11  .    .    .    .    .    AR-1 .    .    .    .     .    .    .
        Evt12  .    AA-1 AA-8 .    AA-8 AR-2 AR-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
        Evt13  .    AA-1 AA-8 .    AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3 AA-8 AA-6
        Evt14  .    .    .    .    .    .    .    AR-4 AR-9 .     .    AR-4 .
        Evt15  .    .    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1  AA-1 AA-1 .
        Evt16  .    AA-2 AA-3 .    AA-3 AA-3 AA-3 AA-3 AA-3 AA-3  AA-3 AA-3 AA-2
        Evt17  .    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4 AA-4 AR-5
        Evt18  .    AA-2 .    .    .    .    .    .    .    .     .    .    AA-2
        Evt19  .    AA-1 AA-8 .    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
        """;

    /// <summary>The next state of each action, and what it does (PS3.8 Tables 9-6 to 9-9).</summary>
    private static readonly Dictionary<string, (string Next, UpperLayerEffects Effects)> Actions = new(
        StringComparer.Ordinal
    )
    {
        ["AE-1"] = ("Sta4", UpperLayerEffects.ConnectTransport),
        ["AE-2"] = ("Sta5", UpperLayerEffects.SendAssociateRequest),
        ["AE-3"] = ("Sta6", UpperLayerEffects.ConfirmAssociation),
        ["AE-4"] = ("Sta1", UpperLayerEffects.ConfirmRejection | UpperLayerEffects.CloseTransport),
        ["AE-5"] = ("Sta2", UpperLayerEffects.StartArtim),
        ["AE-6"] = ("Sta3", UpperLayerEffects.StopArtim | UpperLayerEffects.IndicateAssociation),
        ["AE-7"] = ("Sta6", UpperLayerEffects.SendAssociateAccept),
        ["AE-8"] = ("Sta13", UpperLayerEffects.SendAssociateReject | UpperLayerEffects.StartArtim),
        ["DT-1"] = ("Sta6", UpperLayerEffects.SendData),
        ["DT-2"] = ("Sta6", UpperLayerEffects.IndicateData),
        ["AR-1"] = ("Sta7", UpperLayerEffects.SendReleaseRequest),
        ["AR-2"] = ("Sta8", UpperLayerEffects.IndicateRelease),
        ["AR-3"] = ("Sta1", UpperLayerEffects.ConfirmRelease | UpperLayerEffects.CloseTransport),
        ["AR-4"] = ("Sta13", UpperLayerEffects.SendReleaseResponse | UpperLayerEffects.StartArtim),
        ["AR-5"] = ("Sta1", UpperLayerEffects.StopArtim),
        ["AR-6"] = ("Sta7", UpperLayerEffects.IndicateData),
        ["AR-7"] = ("Sta8", UpperLayerEffects.SendData),
        ["AR-8"] = ("Sta9", UpperLayerEffects.IndicateRelease),
        ["AR-9"] = ("Sta11", UpperLayerEffects.SendReleaseResponse),
        ["AR-10"] = ("Sta12", UpperLayerEffects.ConfirmRelease),
        ["AA-1"] = ("Sta13", UpperLayerEffects.SendUserAbort | UpperLayerEffects.StartArtim),
        ["AA-2"] = ("Sta1", UpperLayerEffects.StopArtim | UpperLayerEffects.CloseTransport),
        ["AA-3"] = ("Sta1", UpperLayerEffects.IndicateAbort | UpperLayerEffects.CloseTransport),
        ["AA-4"] = ("Sta1", UpperLayerEffects.IndicateAbort),
        ["AA-5"] = ("Sta1", UpperLayerEffects.StopArtim),
        ["AA-6"] = ("Sta13", UpperLayerEffects.None),
        ["AA-7"] = ("Sta13", UpperLayerEffects.SendProviderAbort),
        ["AA-8"] = (
            "Sta13",
            UpperLayerEffects.SendProviderAbort | UpperLayerEffects.IndicateAbort | UpperLayerEffects.StartArtim
        ),
    };

    /// <summary>How a requestor comes into each state, and an acceptor into those a requestor never sees.</summary>
    private static readonly Dictionary<UpperLayerState, (bool IsRequestor, int[] Events)> Paths = new()
    {
        [UpperLayerState.Sta1] = (true, []),
        [UpperLayerState.Sta2] = (false, [5]),
        [UpperLayerState.Sta3] = (false, [5, 6]),
        [UpperLayerState.Sta4] = (true, [1]),
        [UpperLayerState.Sta5] = (true, [1, 2]),
        [UpperLayerState.Sta6] = (true, [1, 2, 3]),
        [UpperLayerState.Sta7] = (true, [1, 2, 3, 11]),
        [UpperLayerState.Sta8] = (true, [1, 2, 3, 12]),
        [UpperLayerState.Sta9] = (true, [1, 2, 3, 11, 12]),
        [UpperLayerState.Sta10] = (false, [5, 6, 7, 11, 12]),
        [UpperLayerState.Sta11] = (true, [1, 2, 3, 11, 12, 14]),
        [UpperLayerState.Sta12] = (false, [5, 6, 7, 11, 12, 13]),
        [UpperLayerState.Sta13] = (true, [1, 2, 3, 15]),
    };

    public static TheoryData<UpperLayerEvent, UpperLayerState, string> Cells()
    {
        var cells = new TheoryData<UpperLayerEvent, UpperLayerState, string>();
        foreach (var line in Table.Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (var state = 1; state <= 13; state++)
            {
                cells.Add(Enum.Parse<UpperLayerEvent>(words[0]), (UpperLayerState)state, words[state]);
            }
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public void EveryCellIsThatOfTheStandard(UpperLayerEvent upperLayerEvent, UpperLayerState state, string expected)
    {
        var (isRequestor, events) = Paths[state];
        var machine = new UpperLayerStateMachine(isRequestor);
        foreach (var earlier in events)
        {
            Assert.True(machine.TryFire((UpperLayerEvent)earlier, out _));
        }

        Assert.Equal(state, machine.State);
        var defined = machine.TryFire(upperLayerEvent, out var step);

        Assert.Equal(expected != ".", defined);
        if (!defined)
        {
            Assert.Equal(state, machine.State);
            Assert.Equal(UpperLayerEffects.None, step.Effects);
            return;
        }

        var (next, effects) = Actions[expected];
        Assert.Equal($"{state} {upperLayerEvent} {expected} {next}", step.ToString());
        Assert.Equal(effects, step.Effects);
        Assert.Equal(next, $"{machine.State}");
    }

    [Fact]
    public void ARequestThatTheProviderCannotAcceptIsRejectedByIt()
    {
        var machine = new UpperLayerStateMachine(isRequestor: false);
        machine.TryFire(UpperLayerEvent.Evt5, out _);

        machine.TryFire(UpperLayerEvent.Evt6, out var step, acceptable: false);

        Assert.Equal("Sta2 Evt6 AE-6 Sta13", step.ToString());
        Assert.Equal(UpperLayerEffects.SendAssociateReject | UpperLayerEffects.StartArtim, step.Effects);
    }

    [Fact]
    public void AReleaseCollisionSendsTheAcceptorToWaitFirst()
    {
        var machine = new UpperLayerStateMachine(isRequestor: false);
        foreach (var earlier in (int[])[5, 6, 7, 11])
        {
            machine.TryFire((UpperLayerEvent)earlier, out _);
        }

        machine.TryFire(UpperLayerEvent.Evt12, out var step);

        Assert.Equal("Sta7 Evt12 AR-8 Sta10", step.ToString());
    }
}
