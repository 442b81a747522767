using Leadglass.Access;
using Leadglass.Sealing;
using Leadglass.Server.Control;

namespace Leadglass.Server.SignIn;

/// <summary>How commands administer people and programs: with the policy's leave, which puts each act into the trail.</summary>
internal static class Administration
{
    /// <summary>Does something as whoever runs the command on this machine.</summary>
    /// <exception cref="ArchiveRefusedException">It is refused or mistaken.</exception>
    /// <exception cref="ArchiveUnavailableException">It cannot be kept or recorded.</exception>
    public static async Task<TResult> AdministerAsync<TResult>(
        this ArchiveHost host,
        ControlPeer peer,
        string userName,
        Operation operation,
        Func<AccessGrant, Task<TResult>> act,
        string? recoveryKey = null
    )
    {
        var identity = Identify(host, peer, userName, recoveryKey);
        if (host.Policy.Decide(identity, operation) is not AccessDecision.Granted { Grant: var grant })
        {
            throw new ArchiveRefusedException(isUsage: false, "this may be done by root, or with the recovery key");
        }

        try
        {
            return await act(grant);
        }
        catch (StateException mistaken)
        {
            throw new ArchiveRefusedException(isUsage: false, mistaken.Message);
        }
        catch (AccessRefusedException refused)
        {
            throw new ArchiveRefusedException(isUsage: false, $"refused: {refused.Reason}");
        }
        catch (Exception failure) when (failure is SealingException or DurableIOException)
        {
            throw new ArchiveUnavailableException(failure.Message, failure);
        }
    }

    private static OperatorIdentity Identify(ArchiveHost host, ControlPeer peer, string userName, string? recoveryKey)
    {
        if (recoveryKey is null)
        {
            return AccessPolicy.Operator(userName, peer.IsRoot);
        }

        using var shown = RecoveryKey.TryParse(recoveryKey);
        var state = DurableFolder.Open(host.Folder.State);
        if (shown is not null && AccessPolicy.Operator(userName, shown, state, host.Master) is { } known)
        {
            return known;
        }

        host.Policy.NoteOperatorRefusal(userName);
        throw new ArchiveRefusedException(isUsage: false, "this is not the archive's recovery key");
    }
}
