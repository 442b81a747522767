namespace Leadglass.Exposure;

/// <summary>The kinds of signs that a look at a web front yields.</summary>
public static class WebSigns
{
    /// <summary>The Server field (RFC 9110 10.2.4).</summary>
    public const string Server = "server";

    /// <summary>The realm of a challenge (RFC 9110 11.5).</summary>
    public const string Realm = "realm";

    /// <summary>The title of the start page.</summary>
    public const string Title = "title";

    /// <summary>MD5 of the icon, hexadecimal, as other tools note it; nothing rests on its strength.</summary>
    public const string FaviconMd5 = "favicon-md5";

    /// <summary>A known path that answered: <c>/dicom-web</c>.</summary>
    public const string Root = "root";

    /// <summary>Where the start page sends its visitors.</summary>
    public const string Redirect = "redirect";

    /// <summary>The version that Orthanc's <c>/system</c> tells without sign-in.</summary>
    public const string OrthancSystem = "orthanc-system";

    /// <summary>The name that its operator gave the system, where a page without records tells it.</summary>
    public const string Name = "name";

    /// <summary>Which of title, name and realm, parted by spaces, speak of a demonstration. No fingerprint compares it.</summary>
    public const string SaysDemo = "says-demo";

    /// <summary>All that a fingerprint may compare.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [Server, Realm, Title, FaviconMd5, Root, Redirect, OrthancSystem, Name];
}
