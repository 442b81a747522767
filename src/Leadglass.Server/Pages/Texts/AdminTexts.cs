namespace Leadglass.Server.Pages.Texts;

/// <summary>Texts of administration: people, programs, devices, shares.</summary>
public static class AdminTexts
{
    public static readonly Text OneDay = new("1 Tag", "1 day");
    public static readonly Text SomeDays = new("{0} Tagen", "{0} days");
}
