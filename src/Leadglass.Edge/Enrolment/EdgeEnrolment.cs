using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>The archive did not enrol the edge, or is not the one that the code is of.</summary>
public sealed class EnrolmentFailedException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Makes a key, shows the code's knowledge to the archive, and keeps what it gets.</summary>
public static class EdgeEnrolment
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Enrols the edge whose data folder this is; one that is enrolled already only anew as the same.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="code">The one-time code.</param>
    /// <param name="host">Where to reach the archive, when not as the code says; null otherwise.</param>
    /// <param name="port">The HTTPS port likewise.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The edge's name at the archive, and how many scanners are listed.</returns>
    /// <exception cref="EnrolmentFailedException">The archive refused, or did not prove that it is the right one.</exception>
    public static async Task<(string Name, int Scanners)> EnrolAsync(
        IDurableFolder folder,
        EnrolmentCode code,
        string? host,
        int? port,
        CancellationToken cancel
    )
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(code);

        // A code is good once: what stands against it is found before it is used.
        var former = EnvelopeQueue.FormerIds(folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=edge", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        var answer = await AskAsync(code, host ?? code.Host, port ?? code.Port, request, cancel);
        if (!EnrolmentCode.Matches(code.AnswerProof(answer.Grant), answer.Proof))
        {
            throw new EnrolmentFailedException(
                "the answer is not from the archive that made the code: nothing was kept"
            );
        }

        try
        {
            var grant = WireJson.Read(answer.Grant, WireJson.Default.EnrolmentGrant);
            CheckAuthority(code, grant);
            grant.Scanners.Checked();
            CheckSame(former, grant);
            EdgeIdentity.Create(folder, host ?? code.Host, grant, key.ExportPkcs8PrivateKeyPem());
            return (grant.Name, grant.Scanners.Scanners.Count);
        }
        catch (Exception failure)
            when (failure is EdgeWireException or CryptographicException or ArgumentException or SealingException)
        {
            throw new EnrolmentFailedException($"the archive's answer cannot be used: {failure.Message}", failure);
        }
    }

    private static void CheckAuthority(EnrolmentCode code, EnrolmentGrant grant)
    {
        var authorities = EdgeIdentity.ReadAuthorities(grant.Authorities);
        if (
            !authorities.Any(authority =>
                authority.GetCertHash(HashAlgorithmName.SHA256).AsSpan().SequenceEqual(code.Authority.Span)
            )
        )
        {
            throw new EnrolmentFailedException("the archive's authority is not the one that the code names");
        }
    }

    /// <summary>What lies in the queue is sealed for one archive as one edge: only these may go on with it.</summary>
    private static void CheckSame(EnvelopeIds? former, EnrolmentGrant grant)
    {
        if (former is not null && (former.Archive != grant.Archive || former.Sender != grant.Edge))
        {
            throw new EnrolmentFailedException(
                "this folder holds the queue of another edge, which only its own archive can open: give another --data"
            );
        }
    }

    private static async Task<EnrolmentAnswer> AskAsync(
        EnrolmentCode code,
        string host,
        int port,
        string signingRequest,
        CancellationToken cancel
    )
    {
        using var handler = Handler();
        using var client = new HttpClient(handler, disposeHandler: false)
        {
            Timeout = Timeout,
            MaxResponseContentBufferSize = WireJson.MessageBytesMax,
        };
        var body = WireJson.Write(
            new EnrolmentRequest(code.Id, signingRequest, code.RequestProof(signingRequest), ControlLine.Version),
            WireJson.Default.EnrolmentRequest
        );
        try
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await client.PostAsync(
                new UriBuilder(Uri.UriSchemeHttps, host, port, "edge/enrol").Uri,
                content,
                cancel
            );
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new EnrolmentFailedException(
                    $"the archive refused ({(int)response.StatusCode}): a code is good once and for an hour; "
                        + "get another with 'leadglass device add NAME --edge'"
                );
            }

            return WireJson.Read(await response.Content.ReadAsByteArrayAsync(cancel), WireJson.Default.EnrolmentAnswer);
        }
        catch (Exception failure)
            when (failure is HttpRequestException or EdgeWireException
                || (failure is OperationCanceledException && !cancel.IsCancellationRequested)
            )
        {
            throw new EnrolmentFailedException(
                $"the archive at {host}:{port} cannot be reached: {failure.Message}",
                failure
            );
        }
    }

    [SuppressMessage(
        "Security",
        "CA5359:Do Not Disable Certificate Validation",
        Justification = "The code authenticates both sides and its secret never crosses: who stands between can change nothing."
    )]
    private static SocketsHttpHandler Handler() =>
        new()
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = Timeout,
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
        };
}
