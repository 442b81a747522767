using System.Net;
using System.Net.Sockets;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.SignIn.Browser;

/// <summary>
/// Sessions as browsers hold them: made when somebody has proved who they are, always under a new secret, so that none that
/// was planted before becomes theirs.
/// </summary>
internal sealed class BrowserSessions(
    Sessions sessions,
    Access.People people,
    SignInRecords records,
    TimeProvider clock
)
{
    /// <summary>Signs a person in: the trail first, then the session, then the cookie.</summary>
    /// <param name="providerNote">What signing out at the provider needs.</param>
    /// <exception cref="AccessRefusedException">The trail fails.</exception>
    /// <exception cref="StateException">The person signs in at a provider and this is something else, or the account is gone.</exception>
    public async Task SignInAsync(
        HttpContext context,
        Account account,
        SignInMethod method,
        string? providerNote = null
    )
    {
        var cancel = context.RequestAborted;
        if (account.SignsInAtProvider && method is not SignInMethod.Provider)
        {
            throw new StateException("this person signs in at the hospital's provider only");
        }

        var address = context.Connection.RemoteIpAddress;
        await records.SignedInAsync(account, method, address, cancel);
        await EndAsync(context);
        BrowserCookies.Clear(context, BrowserCookies.Viewer);
        var now = people.Current.Find(account.Id) ?? throw new StateException("the account is gone");
        var made = await sessions.OpenAsync(now, Opening(context, method, providerNote), cancel);
        people.Traces.Change(
            account.Id,
            trace => trace with { Failures = 0, LockedUntil = null, LastSignInAt = clock.GetUtcNow() }
        );
        BrowserCookies.Set(context, BrowserCookies.Session, made.Secret);
    }

    /// <summary>Lets an outside person who opened a share into the viewer of its study.</summary>
    public async Task OpenShareAsync(HttpContext context, ShareOpening.Opened opened)
    {
        var cancel = context.RequestAborted;
        await EndAsync(context);
        BrowserCookies.Clear(context, BrowserCookies.Session);
        var made = await sessions.OpenAsync(opened, Opening(context, SignInMethod.ShareCode), cancel);
        await OpenViewerAsync(context, made.Session, StudyInstanceUid.Parse(opened.Share.Study));
    }

    /// <summary>Opens a study in the viewer of a session, whose cookie the browser holds or now gets.</summary>
    /// <exception cref="StateException">The session is over.</exception>
    public async Task OpenViewerAsync(HttpContext context, Session parent, StudyInstanceUid study)
    {
        var cancel = context.RequestAborted;
        var held = sessions.FindBySecret(context.Request.Cookies[BrowserCookies.Viewer], SessionKind.Viewer);
        if (held?.ParentId == parent.Id)
        {
            await sessions.OpenStudyAsync(held.Id, study, cancel);
            return;
        }

        var made = await sessions.OpenViewerAsync(parent, cancel);
        await sessions.OpenStudyAsync(made.Session.Id, study, cancel);
        BrowserCookies.Set(context, BrowserCookies.Viewer, made.Secret);
    }

    /// <summary>
    /// Keeps the browser's own session when its person has changed how they sign in, which ends every other one.
    /// </summary>
    public async Task RenewAsync(HttpContext context, Account account)
    {
        if (context.Features.Get<CallerFeature>()?.SessionId is not { } id)
        {
            return;
        }

        BrowserCookies.Clear(context, BrowserCookies.Viewer);
        try
        {
            var made = await sessions.RenewAsync(id, account, context.RequestAborted);
            BrowserCookies.Set(context, BrowserCookies.Session, made.Secret);
        }
        catch (StateException)
        {
            // Somebody ended it meanwhile: the person signs in again.
            BrowserCookies.Clear(context, BrowserCookies.Session);
        }
    }

    /// <summary>Ends what the browser holds.</summary>
    /// <returns>The session that ended; null: there was none.</returns>
    public async Task<Session?> EndHeldAsync(HttpContext context)
    {
        var ended = await EndAsync(context);
        BrowserCookies.Clear(context, BrowserCookies.Session);
        BrowserCookies.Clear(context, BrowserCookies.Viewer);
        return ended;
    }

    private async Task<Session?> EndAsync(HttpContext context)
    {
        var ended = sessions.FindBySecret(context.Request.Cookies[BrowserCookies.Session], SessionKind.Pages);
        var viewer = sessions.FindBySecret(context.Request.Cookies[BrowserCookies.Viewer], SessionKind.Viewer);
        foreach (var held in new[] { ended, viewer }.OfType<Session>())
        {
            // A session that cannot be written as ended is ended all the same, until a restart.
            await sessions.EndAsync(held.ParentId ?? held.Id, context.RequestAborted);
        }

        return ended;
    }

    private static SessionOpening Opening(HttpContext context, SignInMethod method, string? providerNote = null) =>
        new(
            method,
            NetworkOf(context.Connection.RemoteIpAddress),
            FamilyOf(context.Request.Headers.UserAgent.ToString()),
            providerNote
        );

    /// <summary>Enough to recognise one's own sessions, too little to follow a person: /24 or /48.</summary>
    private static string NetworkOf(IPAddress? address)
    {
        if (address is null)
        {
            return string.Empty;
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var bytes = plain.GetAddressBytes();
        var (kept, bits) = plain.AddressFamily == AddressFamily.InterNetwork ? (3, 24) : (6, 48);
        bytes.AsSpan(kept).Clear();
        return $"{new IPAddress(bytes)}/{bits}";
    }

    private static string FamilyOf(string userAgent) =>
        userAgent.Contains("Edg/", StringComparison.Ordinal) ? "Edge"
        : userAgent.Contains("OPR/", StringComparison.Ordinal) ? "Opera"
        : userAgent.Contains("Firefox/", StringComparison.Ordinal) ? "Firefox"
        : userAgent.Contains("Chrome/", StringComparison.Ordinal) ? "Chrome"
        : userAgent.Contains("Safari/", StringComparison.Ordinal) ? "Safari"
        : string.Empty;
}
