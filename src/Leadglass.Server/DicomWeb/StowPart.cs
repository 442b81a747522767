using Leadglass.Access;
using Leadglass.Dicom.Web;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.DicomWeb;

/// <summary>STOW-RS: the store transaction (PS3.18 10.5), and a single file as the whole body.</summary>
internal static class StowPart
{
    /// <summary>The longest body: 64 GiB. It streams; what its length costs is time.</summary>
    private const long BodyBytesMax = 64L << 30;

    private static readonly string[] Accepted =
    [
        MediaType.MultipartRelated.With("type", MediaType.Dicom.Essence).ToString(),
        MediaType.MultipartRelated.With("type", MediaType.DicomJson.Essence).ToString(),
        MediaType.MultipartRelated.With("type", MediaType.DicomXml.Essence).ToString(),
        MediaType.Dicom.Essence,
    ];

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        foreach (var path in (string[])["/studies", "/studies/{study}"])
        {
            endpoints
                .MapPost(ServiceRoot.Path + path, AnswerAsync)
                .RequireCaller(Operation.Store)
                .ProgramsWelcome()
                .BodyUpTo(BodyBytesMax);
        }
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var form = RepresentationChoice.OfDataSets(DataSetAnswer.AcceptOf(request), isOne: true);
        if (!MediaType.TryParse(request.ContentType, out var type) || request.ContentType is null)
        {
            throw Unsupported();
        }

        if (request.Headers.ContentEncoding.Count > 0)
        {
            throw new DicomWebException(
                StatusCodes.Status415UnsupportedMediaType,
                "Unsupported media type",
                "The body has a content encoding; only a body as it is is taken."
            );
        }

        var transaction = new StowTransaction(
            context.RequestServices.GetRequiredService<ArchiveHost>(),
            context.Grant(),
            ServiceRoot.Study(context)
        );
        var outcomes = await RunAsync(context, transaction, type);
        var response = new StowResponse(ServiceRoot.Url(context), outcomes);
        if (response.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = "30";
        }

        await DataSetAnswer.WriteAsync(context, response.Status, form, [response.ToDataSet()], asArray: false);
    }

    private static async Task<IReadOnlyList<StowOutcome>> RunAsync(
        HttpContext context,
        StowTransaction transaction,
        MediaType type
    )
    {
        var body = context.Request.BodyReader;
        var cancel = context.RequestAborted;
        if (type.Essence == MediaType.Dicom.Essence)
        {
            return await transaction.StoreFileAsync(body, cancel);
        }

        if (!type.IsMultipartRelated)
        {
            throw Unsupported();
        }

        var kind = type.Parameter("type") is { } text && MediaType.TryParse(text, out var ofParts) ? ofParts : null;
        var parts = new MultipartReader(body, type);
        try
        {
            return kind?.Essence switch
            {
                // Left out by some clients: each part says what it is.
                null or "application/dicom" => await transaction.StorePartsAsync(parts, cancel),
                "application/dicom+json" or "application/dicom+xml" => await new StowMetadata(transaction).StoreAsync(
                    parts,
                    cancel
                ),
                _ => throw Unsupported(),
            };
        }
        finally
        {
            parts.Release();
        }
    }

    private static DicomWebException Unsupported() =>
        new(
            StatusCodes.Status415UnsupportedMediaType,
            "Unsupported media type",
            "The body is of none of the media types that are stored.",
            Accepted
        );
}
