using System.Collections.Concurrent;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>What a form did, or why it did nothing.</summary>
/// <param name="Text">To be said.</param>
/// <param name="IsFault">It did nothing.</param>
public sealed record PageNotice(Text Text, bool IsFault = false);

/// <summary>
/// What a form did, to be said on the page that follows it: kept until the same person looks at the same path, and said
/// once.
/// </summary>
internal sealed class PageNotices
{
    private const int KeptMax = 1_000;
    private readonly ConcurrentDictionary<(string Who, string Path), PageNotice> _kept = new();

    /// <summary>Carries out what a form asks for, then has the browser fetch the page that says how it went.</summary>
    /// <param name="path">Of the page that follows.</param>
    /// <param name="act">Does it, and says what was done.</param>
    public async Task CarryOutAsync(HttpContext context, string path, Func<Task<PageNotice>> act)
    {
        Keep(context, path, await AttemptAsync(act));
        await context.SeeOther(path);
    }

    /// <summary>Keeps a notice for the next look at a path.</summary>
    public void Keep(HttpContext context, string path, PageNotice notice)
    {
        if (_kept.Count >= KeptMax)
        {
            _kept.Clear();
        }
        _kept[(context.Caller()!.Key, path)] = notice;
    }

    /// <summary>The notice for the page of this request; it is given once.</summary>
    public PageNotice? Take(HttpContext context) =>
        context.Caller() is { } caller
        && _kept.TryRemove((caller.Key, context.Request.Path.Value ?? ""), out var notice)
            ? notice
            : null;

    /// <summary>Does something, and turns what may be refused into words.</summary>
    public static async Task<PageNotice> AttemptAsync(Func<Task<PageNotice>> act)
    {
        try
        {
            return await act();
        }
        catch (StaleRecordException)
        {
            return new PageNotice(FormTexts.Stale, IsFault: true);
        }
        catch (Exception refused) when (refused is StateException or EnrolmentException)
        {
            // Their messages say what to do and name nobody; they are the archive's own, in one language.
            return new PageNotice(new Text(refused.Message, refused.Message), IsFault: true);
        }
        catch (ArgumentException)
        {
            return new PageNotice(FormTexts.Mistaken, IsFault: true);
        }
        catch (CommitFailedException)
        {
            return new PageNotice(CommonTexts.UnavailableDetail, IsFault: true);
        }
        catch (AccessRefusedException refused) when (refused.Reason is not RefusalReason.TrailUnavailable)
        {
            return new PageNotice(
                refused.Reason is RefusalReason.SamePerson ? FormTexts.SamePerson : CommonTexts.ForbiddenDetail,
                IsFault: true
            );
        }
    }
}
