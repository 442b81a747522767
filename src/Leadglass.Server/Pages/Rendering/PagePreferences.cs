using Leadglass.Server.Pages.Texts;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>How bright the pages are.</summary>
public enum Theme
{
    /// <summary>As the browser or the operating system says.</summary>
    System,

    /// <summary>Dark, for the reading room.</summary>
    Dark,

    /// <summary>Light.</summary>
    Light,
}

/// <summary>
/// What a person chose for the pages. It lies in a cookie of its own that says nothing of who it is: the sign-in page
/// speaks the language of the last visitor.
/// </summary>
/// <param name="Language">Of the pages.</param>
/// <param name="Theme">Of the pages.</param>
public sealed record PagePreferences(Language Language, Theme Theme)
{
    internal const string CookieName = "__Host-leadglass-pages";
    private static readonly TimeSpan Kept = TimeSpan.FromDays(365);

    /// <summary>From the cookie; where there is none, the language from what the browser accepts.</summary>
    public static PagePreferences Of(HttpRequest request)
    {
        if (
            request.Cookies.TryGetValue(CookieName, out var value)
            && value.Split('.') is [var language, var theme]
            && ParseLanguage(language) is { } chosen
        )
        {
            return new PagePreferences(chosen, ParseTheme(theme));
        }
        return new PagePreferences(Preferred(request), Theme.System);
    }

    internal static Language? ParseLanguage(string? text) =>
        text switch
        {
            "de" => Language.German,
            "en" => Language.English,
            _ => null,
        };

    internal static Theme ParseTheme(string? text) =>
        text switch
        {
            "dark" => Theme.Dark,
            "light" => Theme.Light,
            _ => Theme.System,
        };

    internal void Keep(HttpResponse response) =>
        response.Cookies.Append(
            CookieName,
            $"{Language.Code()}.{Theme.Code()}",
            new CookieOptions
            {
                HttpOnly = true,
                Secure = true,
                SameSite = SameSiteMode.Lax,
                Path = "/",
                MaxAge = Kept,
                IsEssential = true,
            }
        );

    /// <summary>The first of what the browser accepts that the pages speak; its order stands for its weights.</summary>
    private static Language Preferred(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().AcceptLanguage;
        var first = accepted
            .OrderByDescending(language => language.Quality ?? 1)
            .Select(language =>
                language.Value.StartsWith("de", StringComparison.OrdinalIgnoreCase) ? Language.German
                : language.Value.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? Language.English
                : (Language?)null
            )
            .FirstOrDefault(language => language is not null);
        return first ?? Language.English;
    }
}

/// <summary>The values of preferences as attributes and cookies spell them.</summary>
internal static class PreferenceCodes
{
    public static string Code(this Language language) => language is Language.German ? "de" : "en";

    public static string Code(this Theme theme) =>
        theme switch
        {
            Theme.Dark => "dark",
            Theme.Light => "light",
            _ => "system",
        };
}
