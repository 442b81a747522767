namespace Leadglass.Exposure;

/// <summary>A text that people read, in each language that the auditor writes.</summary>
/// <param name="English">In English.</param>
/// <param name="German">In German.</param>
public sealed record LocalizedText(string English, string German)
{
    /// <summary>The text in a language: <c>de</c> is German, anything else English.</summary>
    public string In(string language) => language == "de" ? German : English;
}
