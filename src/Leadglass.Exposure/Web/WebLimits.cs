namespace Leadglass.Exposure;

/// <summary>What a web server may send and how long it may take. No option changes them.</summary>
internal static class WebLimits
{
    /// <summary>Header of a response, in KiB: servers of this field send less than two.</summary>
    public const int HeaderKibibytesMax = 32;

    /// <summary>Body of a page, an icon or a short answer, in bytes.</summary>
    public const int PageBytesMax = 128 << 10;

    /// <summary>Body of an answer to a query that nothing can match, in bytes: an empty list has two.</summary>
    public const int NullAnswerBytesMax = 1 << 10;

    /// <summary>Characters of a sign that are kept.</summary>
    public const int SignLengthMax = 100;

    /// <summary>Roots that are tried at one endpoint.</summary>
    public const int RootsMax = 12;

    /// <summary>Redirects that are followed from one page, within the endpoint.</summary>
    public const int RedirectsMax = 3;

    /// <summary>One request and its answer.</summary>
    public static readonly TimeSpan ExchangeTime = TimeSpan.FromSeconds(15);

    /// <summary>A TLS handshake.</summary>
    public static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(8);

    /// <summary>All that is asked of one endpoint.</summary>
    public static readonly TimeSpan EndpointTime = TimeSpan.FromSeconds(90);
}
