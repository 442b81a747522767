using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom.Imaging;
using Leadglass.Dicom.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.Web;

/// <summary>
/// Where exceptions end. What was asked wrongly or refused becomes a problem that says so; a fault of ours becomes 500
/// without any detail and one line in the log with its kind and place.
/// </summary>
internal sealed class ErrorEdge(ServerLog log)
{
    public async Task AroundAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away; nobody is left to answer.
        }
        catch (BadHttpRequestException refused)
        {
            await Problems.WriteAsync(context, refused.StatusCode, TitleOf(refused.StatusCode), DetailOf(refused));
        }
        catch (AccessRefusedException refused)
        {
            await AnswerAsync(context, refused.Reason);
        }
        catch (InstanceWithdrawnException)
        {
            await AnswerAsync(context, RefusalReason.OutOfScope);
        }
        catch (DicomWebException refused)
        {
            await AnswerAsync(context, refused);
        }
        catch (SearchRefusedException refused)
        {
            await AnswerAsync(context, refused);
        }
        catch (FrameUnavailableException refused)
        {
            await Problems.WriteAsync(
                context,
                StatusCodes.Status406NotAcceptable,
                "Not acceptable",
                $"No single frame can be given: {refused.Message}. Retrieve the instance as it is stored."
            );
        }
        catch (PixelDataException refused)
        {
            await AnswerAsync(context, refused);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            log.RequestFault(Fault.Describe(fault));
            await Problems.WriteAsync(
                context,
                StatusCodes.Status500InternalServerError,
                "Internal fault",
                "The archive failed at this request. Its log names the place."
            );
        }
    }

    private static Task AnswerAsync(HttpContext context, RefusalReason reason) =>
        reason switch
        {
            RefusalReason.TrailUnavailable => Problems.WriteAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                "Trail unavailable",
                "The access cannot be recorded, so nothing is released."
            ),
            // Outside of what this caller may see: no different from what does not exist.
            RefusalReason.OutOfScope => Problems.WriteAsync(
                context,
                StatusCodes.Status404NotFound,
                "Not found",
                "No such study, series or instance is there for this identity."
            ),
            _ => Problems.WriteAsync(
                context,
                StatusCodes.Status403Forbidden,
                "Not permitted",
                "Access was refused or withdrawn. The attempt is recorded."
            ),
        };

    private static Task AnswerAsync(HttpContext context, DicomWebException refused) =>
        Problems.WriteAsync(
            context,
            refused.Status,
            refused.Title,
            refused.Detail,
            refused.Available.Count == 0
                ? null
                : new Dictionary<string, object>(StringComparer.Ordinal) { ["available"] = refused.Available }
        );

    /// <summary>What the archive refuses for its cost is too large; what it cannot understand is the client's mistake.</summary>
    private static Task AnswerAsync(HttpContext context, SearchRefusedException refused) =>
        refused.Status is QueryStatus.OutOfResources or QueryStatus.UnableToCountMatches
            ? Problems.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, "Too much", $"{refused.Comment}.")
            : Problems.WriteAsync(
                context,
                StatusCodes.Status400BadRequest,
                "Bad request",
                refused.OffendingElements is [var tag, ..]
                    ? $"{refused.Comment} (attribute {tag})."
                    : $"{refused.Comment}."
            );

    private static Task AnswerAsync(HttpContext context, PixelDataException refused)
    {
        if (refused.Problem is PixelDataProblem.Busy or PixelDataProblem.TimedOut)
        {
            context.Response.Headers.RetryAfter = "5";
            return Problems.WriteAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                "Decoder busy",
                refused.Message
            );
        }

        return Problems.WriteAsync(
            context,
            StatusCodes.Status406NotAcceptable,
            "Not acceptable",
            $"{refused.Message} Ask for transfer-syntax=*: what is stored can be had as it is."
        );
    }

    private static string TitleOf(int status) =>
        status switch
        {
            StatusCodes.Status413PayloadTooLarge => "Body too large",
            StatusCodes.Status408RequestTimeout => "Too slow",
            _ => "Bad request",
        };

    private static string DetailOf(BadHttpRequestException refused) =>
        refused.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge => "The request's body is longer than this path takes.",
            StatusCodes.Status408RequestTimeout => "The request's body did not arrive in time.",
            _ => "The request cannot be read as HTTP.",
        };
}
