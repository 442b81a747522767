using System.Net;
using System.Text.Json;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Access.Trails;
using Leadglass.Edge;
using Leadglass.Server.Configuration;
using Leadglass.Server.SignIn.People;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Edges;

/// <summary>
/// <c>POST /edge/enrol</c>: an edge that knows a one-time code gets its certificate. It proves that it knows the code, and
/// the answer proves the same, so that whoever sits in between learns nothing and changes nothing. An unknown, a used and an
/// old code and a wrong proof have one answer, which takes the same time.
/// </summary>
internal sealed class EdgeEnrolmentPart(ArchiveHost host, ServeOptions options)
{
    public const string Path = "/edge/enrol";

    private const int BodyBytesMax = 32 * 1024;

    private readonly AttemptLimit _attempts = new(host.Clock);
    private readonly EdgeEnrolments _enrolments = new(host.Devices, host.Clock);

    public static void Add(IServiceCollection services, WebParts parts) =>
        services.AddSingleton(new EdgeEnrolmentPart(parts.Host, parts.Options));

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints
            .MapMethods(
                Path,
                [HttpMethods.Post],
                static context => context.RequestServices.GetRequiredService<EdgeEnrolmentPart>().AnswerAsync(context)
            )
            .StrangersWelcome()
            .BodyUpTo(BodyBytesMax);

    private async Task AnswerAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (!_attempts.MayTry(address))
        {
            context.Response.Headers.RetryAfter = $"{AttemptLimit.Period.TotalSeconds:0}";
            await Problems.WriteAsync(
                context,
                StatusCodes.Status429TooManyRequests,
                "Too many attempts",
                "This address has failed too often. Wait some minutes."
            );
            return;
        }

        if (await ReadAsync(context) is not { } request)
        {
            _attempts.Fail(address);
            await Problems.WriteAsync(
                context,
                StatusCodes.Status400BadRequest,
                "Bad request",
                "The body is not the JSON object that is expected here."
            );
            return;
        }

        var known = _enrolments.Find(request.CodeId);
        var code = known is null ? NoCode() : EnrolmentCode.Parse(known.Code);
        if (!EnrolmentCode.Matches(code.RequestProof(request.SigningRequest), request.Proof) || known is null)
        {
            await RefuseAsync(context, known, address);
            return;
        }

        await EnrolAsync(context, known, code, request.SigningRequest, address);
    }

    private async Task EnrolAsync(
        HttpContext context,
        EnrolmentSecret known,
        EnrolmentCode code,
        string signingRequest,
        IPAddress? address
    )
    {
        try
        {
            IssuedCertificate? issued = null;
            var edge = await _enrolments.RedeemAsync(
                known.Id,
                device => (issued = host.Authority.IssueDevice(device.Name, host: null, signingRequest)).Certificate,
                context.RequestAborted
            );
            await host.Policy.RecordEnrolledAsync(edge, address, CancellationToken.None);
            var grant = WireJson.Write(GrantOf(edge, issued!), WireJson.Default.EnrolmentGrant);
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(
                WireJson.Write(new EnrolmentAnswer(grant, code.AnswerProof(grant)), WireJson.Default.EnrolmentAnswer),
                context.RequestAborted
            );
        }
        catch (EnrolmentException refused)
        {
            // Whoever comes here knows the code, so they may know why.
            _attempts.Fail(address);
            await Problems.WriteAsync(
                context,
                StatusCodes.Status422UnprocessableEntity,
                "Not enrolled",
                $"{refused.Message}."
            );
        }
        catch (TrailUnavailableException)
        {
            await Problems.WriteAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                "Trail unavailable",
                "The enrolment cannot be recorded, so no certificate is given out."
            );
        }
    }

    private async Task RefuseAsync(HttpContext context, EnrolmentSecret? known, IPAddress? address)
    {
        _attempts.Fail(address);
        host.Policy.NoteStranger(RefusalReason.WrongCredentials, address);
        if (known is not null)
        {
            await _enrolments.FailAsync(known.Id, CancellationToken.None);
        }

        await Problems.WriteAsync(
            context,
            StatusCodes.Status403Forbidden,
            "Not enrolled",
            "This code does not count here: it is mistyped, used or older than an hour. The attempt is recorded."
        );
    }

    private EnrolmentGrant GrantOf(Device edge, IssuedCertificate issued) =>
        new(
            EdgeKeys.ArchiveId(host.Identity),
            edge.Edge!.Id,
            edge.Name,
            edge.AeTitles[0].Value,
            options.AeTitle,
            host.Listening?.Dicom.Port ?? options.DicomPort,
            host.EdgeKey.PublicKey.Export(),
            issued.CertificatePem,
            host.Authority.CertificatePem,
            EdgeScanners.Of(host, edge.Name)
        );

    /// <summary>A code that nobody knows, so that an unknown one is answered as slowly as a known one.</summary>
    private static EnrolmentCode NoCode() => EnrolmentCode.Create("unknown", 1, new byte[32]);

    private static async Task<EnrolmentRequest?> ReadAsync(HttpContext context)
    {
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            var request = WireJson.Read(
                body.GetBuffer().AsSpan(0, (int)body.Length),
                WireJson.Default.EnrolmentRequest
            );
            return request is { CodeId: not null, SigningRequest: not null, Proof: not null } ? request : null;
        }
        catch (Exception failure) when (failure is EdgeWireException or JsonException)
        {
            return null;
        }
    }
}
