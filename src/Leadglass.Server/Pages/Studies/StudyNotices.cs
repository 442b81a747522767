using System.Collections.Concurrent;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Pages.Studies;

/// <summary>
/// What a form did, to be said on the page that follows it: kept until the same person looks at the same path, and said
/// once.
/// </summary>
internal sealed class StudyNotices
{
    private const int KeptMax = 1_000;
    private readonly ConcurrentDictionary<(string Who, string Path), (Text Text, bool IsFault)> _kept = new();

    /// <summary>Answers a form: the page of this path is next, and says this.</summary>
    public Task SayAsync(HttpContext context, string path, Text text, bool isFault = false)
    {
        if (_kept.Count >= KeptMax)
        {
            _kept.Clear();
        }
        _kept[(context.Caller()!.Key, path)] = (text, isFault);
        return Rendering.PageResponse.SeeOther(context, path);
    }

    /// <summary>What is to be said on the page of this request.</summary>
    public (Text? Done, Text? Fault) Take(HttpContext context) =>
        _kept.TryRemove((context.Caller()!.Key, context.Request.Path.Value ?? ""), out var notice)
            ? notice.IsFault
                ? (null, notice.Text)
                : (notice.Text, null)
            : (null, null);
}
