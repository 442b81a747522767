using static Leadglass.Dicom.Network.UpperLayerAction;
using static Leadglass.Dicom.Network.UpperLayerEffects;
using static Leadglass.Dicom.Network.UpperLayerState;

namespace Leadglass.Dicom.Network;

/// <summary>
/// The state machine of PS3.8 9.2: Table 9-10 and the actions of Tables 9-6 to 9-9 as data. It does nothing itself; who
/// drives it carries out the effects. Not safe for several threads at once.
/// </summary>
/// <param name="isRequestor">This side asked for the association, which decides release collisions (AR-8).</param>
public sealed class UpperLayerStateMachine(bool isRequestor)
{
    private const int States = 13;

    /// <summary>PS3.8 Table 9-10, one row per event, one column per state from Sta1 to Sta13.</summary>
    // csharpier-ignore
    private static readonly UpperLayerAction[] Table =
    [
        AE_1, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, // Evt1
        Empty, Empty, Empty, AE_2, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, // Evt2
        Empty, AA_1, AA_8, Empty, AE_3, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_6, // Evt3
        Empty, AA_1, AA_8, Empty, AE_4, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_6, // Evt4
        AE_5, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, // Evt5
        Empty, AE_6, AA_8, Empty, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_7, // Evt6
        Empty, Empty, AE_7, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, // Evt7
        Empty, Empty, AE_8, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, // Evt8
        Empty, Empty, Empty, Empty, Empty, DT_1, Empty, AR_7, Empty, Empty, Empty, Empty, Empty, // Evt9
        Empty, AA_1, AA_8, Empty, AA_8, DT_2, AR_6, AA_8, AA_8, AA_8, AA_8, AA_8, AA_6, // Evt10
        Empty, Empty, Empty, Empty, Empty, AR_1, Empty, Empty, Empty, Empty, Empty, Empty, Empty, // Evt11
        Empty, AA_1, AA_8, Empty, AA_8, AR_2, AR_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_6, // Evt12
        Empty, AA_1, AA_8, Empty, AA_8, AA_8, AR_3, AA_8, AA_8, AR_10, AR_3, AA_8, AA_6, // Evt13
        Empty, Empty, Empty, Empty, Empty, Empty, Empty, AR_4, AR_9, Empty, Empty, AR_4, Empty, // Evt14
        Empty, Empty, AA_1, AA_2, AA_1, AA_1, AA_1, AA_1, AA_1, AA_1, AA_1, AA_1, Empty, // Evt15
        Empty, AA_2, AA_3, Empty, AA_3, AA_3, AA_3, AA_3, AA_3, AA_3, AA_3, AA_3, AA_2, // Evt16
        Empty, AA_5, AA_4, AA_4, AA_4, AA_4, AA_4, AA_4, AA_4, AA_4, AA_4, AA_4, AR_5, // Evt17
        Empty, AA_2, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, Empty, AA_2, // Evt18
        Empty, AA_1, AA_8, Empty, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_8, AA_7, // Evt19
    ];

    /// <summary>Where the association is.</summary>
    public UpperLayerState State { get; private set; } = Sta1;

    /// <summary>The cell of Table 9-10; <see cref="Empty"/> where it is empty.</summary>
    public static UpperLayerAction ActionFor(UpperLayerEvent upperLayerEvent, UpperLayerState state) =>
        Table[(((int)upperLayerEvent - 1) * States) + (int)state - 1];

    /// <summary>What an action does, besides choosing the next state (PS3.8 Tables 9-6 to 9-9).</summary>
    /// <param name="action">The action.</param>
    /// <param name="acceptable">For AE-6: the service provider can accept the request.</param>
    public static UpperLayerEffects EffectsOf(UpperLayerAction action, bool acceptable = true) =>
        action switch
        {
            AE_1 => ConnectTransport,
            AE_2 => SendAssociateRequest,
            AE_3 => ConfirmAssociation,
            AE_4 => ConfirmRejection | CloseTransport,
            AE_5 => StartArtim,
            AE_6 => acceptable ? StopArtim | IndicateAssociation : SendAssociateReject | StartArtim,
            AE_7 => SendAssociateAccept,
            AE_8 => SendAssociateReject | StartArtim,
            DT_1 or AR_7 => SendData,
            DT_2 or AR_6 => IndicateData,
            AR_1 => SendReleaseRequest,
            AR_2 or AR_8 => IndicateRelease,
            AR_3 => ConfirmRelease | CloseTransport,
            AR_4 => SendReleaseResponse | StartArtim,
            AR_5 or AA_5 => StopArtim,
            AR_9 => SendReleaseResponse,
            AR_10 => ConfirmRelease,
            AA_1 => SendUserAbort | StartArtim,
            AA_2 => StopArtim | CloseTransport,
            AA_3 => IndicateAbort | CloseTransport,
            AA_4 => IndicateAbort,
            AA_7 => SendProviderAbort,
            AA_8 => SendProviderAbort | IndicateAbort | StartArtim,
            _ => UpperLayerEffects.None,
        };

    /// <summary>Takes the step of Table 9-10; false, and nothing changes, where the cell is empty.</summary>
    /// <param name="upperLayerEvent">What happened.</param>
    /// <param name="transition">The step taken.</param>
    /// <param name="acceptable">For AE-6: the service provider can accept the request.</param>
    public bool TryFire(UpperLayerEvent upperLayerEvent, out UpperLayerTransition transition, bool acceptable = true)
    {
        var action = ActionFor(upperLayerEvent, State);
        transition = new UpperLayerTransition(
            upperLayerEvent,
            State,
            action,
            NextState(action, acceptable),
            EffectsOf(action, acceptable)
        );
        State = transition.To;
        return action != Empty;
    }

    private UpperLayerState NextState(UpperLayerAction action, bool acceptable) =>
        action switch
        {
            AE_1 => Sta4,
            AE_2 => Sta5,
            AE_3 or AE_7 or DT_1 or DT_2 => Sta6,
            AE_4 or AR_3 or AR_5 or AA_2 or AA_3 or AA_4 or AA_5 => Sta1,
            AE_5 => Sta2,
            AE_6 => acceptable ? Sta3 : Sta13,
            AR_1 or AR_6 => Sta7,
            AR_2 or AR_7 => Sta8,
            AR_8 => isRequestor ? Sta9 : Sta10,
            AR_9 => Sta11,
            AR_10 => Sta12,
            AE_8 or AR_4 or AA_1 or AA_6 or AA_7 or AA_8 => Sta13,
            _ => State,
        };
}
