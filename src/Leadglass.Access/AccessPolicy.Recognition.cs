using System.Net;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;

namespace Leadglass.Access;

/// <summary>Who asks over HTTPS: people and outside persons by their session, programs by secret, token or certificate.</summary>
public sealed partial class AccessPolicy
{
    /// <summary>Who the holder of a session's secret is. Asked at each request; cheap.</summary>
    /// <param name="secret">What the cookie carries; null: it carries nothing.</param>
    /// <param name="kind">Which kind of session the cookie is of; no other is looked at.</param>
    /// <param name="address">From where it came.</param>
    public Recognition Recognise(string? secret, SessionKind kind, IPAddress? address)
    {
        if (string.IsNullOrEmpty(secret))
        {
            return new Recognition.Refused(RefusalReason.NotSignedIn);
        }
        return Registries.Sessions.FindBySecret(secret, kind) is { } session
            ? Recognise(session, address)
            : Unknown("stranger", RefusalReason.SessionUnknown, address);
    }

    /// <summary>Who a program is that shows its secret, at the token endpoint.</summary>
    public Recognition RecogniseProgram(string? clientId, string? secret, IPAddress? address)
    {
        var isRight = Registries.Programs.IsSecretOf(clientId ?? "", secret);
        var program = Registries.Programs.Find(clientId ?? "");
        return isRight && program is not null
            ? Recognise(program, address)
            : Unknown(
                program is null ? "stranger" : $"program:{program.ClientId}",
                RefusalReason.WrongCredentials,
                address
            );
    }

    /// <summary>Who a program is that shows a token of ours that holds.</summary>
    /// <param name="clientId">Whose token it is.</param>
    /// <param name="version"><see cref="RegisteredProgram.Version"/> at which it was given; at any other it is void.</param>
    /// <param name="address">From where it came.</param>
    public Recognition RecogniseToken(string clientId, long version, IPAddress? address) =>
        Registries.Programs.Find(clientId) is not { } program
            ? Unknown("stranger", RefusalReason.UnknownAccount, address)
        : program.Version != version
            ? Unknown($"program:{program.ClientId}", RefusalReason.CredentialsReplaced, address)
        : Recognise(program, address);

    /// <summary>Who a program is that proved possession of a certificate's key, on the port for programs.</summary>
    /// <param name="certificate">What the peer showed; null: nothing.</param>
    /// <param name="address">From where it came.</param>
    public Recognition RecogniseProgram(X509Certificate2? certificate, IPAddress? address)
    {
        if (certificate is null)
        {
            return Unknown("stranger", RefusalReason.NoCertificate, address);
        }
        var program = Registries.Programs.FindByCertificate(CertificateFingerprint.Of(certificate));
        if (program is null)
        {
            return Unknown("stranger", RefusalReason.UnknownAccount, address);
        }
        return ClientCertificateJudge.WhyUnfit(certificate, Clock.GetUtcNow()) is { } unfit
            ? Unknown($"program:{program.ClientId}", unfit, address)
            : Recognise(program, address);
    }

    private Recognition Recognise(Session session, IPAddress? address)
    {
        Identity? identity = null;
        if (
            session.AccountId is { } accountId
            && Registries.People.Current.Find(accountId) is { } account
            // Once more: the account may have changed since the session was found.
            && account.RightsVersion == session.RightsVersion
        )
        {
            identity = new PersonIdentity(account, session, address);
        }
        else if (session.ShareId is { } shareId && Registries.Shares.Find(shareId) is { } share)
        {
            identity = new ShareIdentity(share, session, address);
        }
        return identity is null ? Unknown("stranger", RefusalReason.UnknownAccount, address) : IfStanding(identity);
    }

    private Recognition Recognise(RegisteredProgram program, IPAddress? address) =>
        IfStanding(new ProgramIdentity(program, address));

    private Recognition IfStanding(Identity identity) =>
        _standing.WhyWithdrawn(identity) is { } reason
            ? Unknown(identity.Key, reason, identity.Address)
            : new Recognition.Known(identity);

    private Recognition.Refused Unknown(string who, RefusalReason reason, IPAddress? address)
    {
        Trail.NoteRefusal(AccessActs.SignInRefused(who, address, reason));
        return new Recognition.Refused(reason);
    }
}
