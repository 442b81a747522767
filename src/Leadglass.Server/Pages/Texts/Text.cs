namespace Leadglass.Server.Pages.Texts;

/// <summary>The languages of the pages.</summary>
public enum Language
{
    /// <summary>English, with British dates.</summary>
    English,

    /// <summary>German.</summary>
    German,
}

/// <summary>
/// One text of the pages in every language, side by side, so that none can be without its translation. Catalogues are
/// static classes of these, one per subject. A text may have places for values, as {0}; values are encoded like any other
/// text when a page shows them.
/// </summary>
/// <param name="German">In German.</param>
/// <param name="English">In English.</param>
public sealed record Text(string German, string English)
{
    /// <summary>The text in a language.</summary>
    public string In(Language language) => language is Language.German ? German : English;

    /// <summary>The text in a language with its places filled.</summary>
    public string In(Language language, params ReadOnlySpan<object?> values) =>
        string.Format(null, In(language), values);
}
