using Leadglass.Sealing;

namespace Leadglass.Access;

/// <summary>Everything that the policy decides by, opened over one archive's <c>state/</c>.</summary>
public sealed class AccessRegistries : IAsyncDisposable
{
    private AccessRegistries() { }

    /// <summary>Devices.</summary>
    public required DeviceRegistry Devices { get; init; }

    /// <summary>People.</summary>
    public required People People { get; init; }

    /// <summary>Which groups of a provider give which roles.</summary>
    public required GroupRoles Groups { get; init; }

    /// <summary>Programs.</summary>
    public required Programs Programs { get; init; }

    /// <summary>Studies shared with outside persons.</summary>
    public required Shares Shares { get; init; }

    /// <summary>Patients and studies assigned to referrers.</summary>
    public required Assignments Assignments { get; init; }

    /// <summary>Patients opened in an emergency.</summary>
    public required BreakGlassRecords BreakGlass { get; init; }

    /// <summary>Who is signed in.</summary>
    public required Sessions Sessions { get; init; }

    /// <summary>How people get and lose roles.</summary>
    public required Appointments Appointments { get; init; }

    /// <summary>Opens all of them; what is not there yet is empty.</summary>
    /// <param name="state">The folder <c>state/</c>.</param>
    /// <param name="master">The archive's master key; it stays its owner's to dispose of.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="SealingException">A file is damaged or of another master key.</exception>
    /// <exception cref="StateException">Content is of another version or breaks a rule.</exception>
    /// <exception cref="EnrolmentException">The same, of devices.</exception>
    public static async ValueTask<AccessRegistries> OpenAsync(
        IDurableFolder state,
        MasterKey master,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var people = await People.OpenAsync(state, master, clock, cancellationToken);
        var groups = await GroupRoles.OpenAsync(state, master, people, clock, cancellationToken);
        return new AccessRegistries
        {
            Devices = await DeviceRegistry.OpenAsync(state, master, cancellationToken),
            People = people,
            Groups = groups,
            Appointments = new Appointments(people, groups, clock),
            Programs = await Programs.OpenAsync(state, master, clock, cancellationToken),
            Shares = await Shares.OpenAsync(state, master, clock, cancellationToken),
            Assignments = await Assignments.OpenAsync(state, master, clock, cancellationToken),
            BreakGlass = await BreakGlassRecords.OpenAsync(state, master, clock, cancellationToken),
            Sessions = await Sessions.OpenAsync(
                state,
                master,
                new SessionLimits(),
                id => people.Current.Find(id)?.RightsVersion,
                clock,
                cancellationToken
            ),
        };
    }

    /// <summary>Writes what is written in the background, and closes all.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Sessions.FlushAsync(CancellationToken.None);
        }
        catch (IOException)
        {
            // When sessions were last used is lost; nobody is let in by that.
        }
        Sessions.Dispose();
        BreakGlass.Dispose();
        Assignments.Dispose();
        Shares.Dispose();
        Programs.Dispose();
        Groups.Dispose();
        People.Dispose();
        Devices.Dispose();
    }
}
