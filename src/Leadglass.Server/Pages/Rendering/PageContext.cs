using Leadglass.Access;
using Leadglass.Server.Pages.Texts;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>Who looks at a page, as far as the page has to know.</summary>
/// <param name="Name">As it is shown in the head of the page.</param>
/// <param name="May">Whether a thing may be shown that leads to this operation; asking records nothing.</param>
public sealed record Visitor(string Name, Func<Operation, bool> May)
{
    /// <summary>The name, which is an account's and no patient's.</summary>
    public override string ToString() => Name;
}

/// <summary>The field that a form carries against forged requests.</summary>
/// <param name="Field">Its name.</param>
/// <param name="Header">The header in which a script sends it instead.</param>
/// <param name="Value">Its value.</param>
public sealed record FormToken(string Field, string Header, string Value);

/// <summary>What every component of a page knows: language, who looks, where. It cascades from the root.</summary>
public sealed class PageContext
{
    /// <summary>Language and brightness.</summary>
    public required PagePreferences Preferences { get; init; }

    /// <summary>Style sheets, scripts, fonts.</summary>
    public required PageAssets Assets { get; init; }

    /// <summary>The path of the request, for marking where one is.</summary>
    public required string Path { get; init; }

    /// <summary>How dates, times and numbers are written.</summary>
    public required Wording Wording { get; init; }

    /// <summary>Who looks; null before sign-in.</summary>
    public Visitor? Visitor { get; init; }

    /// <summary>For forms; null where nothing can be sent.</summary>
    public FormToken? Token { get; init; }

    /// <summary>What the form before this page did; null: nothing to be said.</summary>
    public PageNotice? Notice { get; init; }

    /// <summary>The language of the page.</summary>
    public Language Language => Preferences.Language;

    /// <summary>A text in the language of the page.</summary>
    public string Say(Text text) => text.In(Language);

    /// <summary>A text in the language of the page with its places filled.</summary>
    public string Say(Text text, params ReadOnlySpan<object?> values) => text.In(Language, values);

    /// <summary>Whether the visitor may do this.</summary>
    public bool May(Operation operation) => Visitor?.May(operation) ?? false;

    internal static PageContext Of(HttpContext context, Visitor? visitor)
    {
        var services = context.RequestServices;
        var preferences = PagePreferences.Of(context.Request);
        var clock = services.GetService<TimeProvider>() ?? TimeProvider.System;
        return new PageContext
        {
            Preferences = preferences,
            Assets = services.GetRequiredService<PageAssets>(),
            Path = context.Request.Path.Value ?? "/",
            Wording = new Wording(preferences.Language, clock.LocalTimeZone),
            Visitor = visitor,
            Token = TokenOf(context),
            Notice = services.GetService<PageNotices>()?.Take(context),
        };
    }

    private static FormToken? TokenOf(HttpContext context)
    {
        if (context.RequestServices.GetService<IAntiforgery>() is not { } antiforgery)
        {
            return null;
        }
        var tokens = antiforgery.GetAndStoreTokens(context);
        return tokens is { RequestToken: { } value, HeaderName: { } header }
            ? new FormToken(tokens.FormFieldName, header, value)
            : null;
    }
}
