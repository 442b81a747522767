using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Exposure;

/// <summary>
/// Greets a server in TLS as a stranger does: no certificate of ours, any certificate of theirs, nothing fetched from
/// elsewhere to judge it (no issuers, no revocation lists), no resumption.
/// </summary>
internal static class TlsLook
{
    /// <summary>Shakes hands over a connection. A failure is a value; whoever calls disposes of the stream in the result, or of their own where there is none.</summary>
    /// <param name="stream">The connection; it belongs to the TLS stream where that comes about, and stays the caller's otherwise.</param>
    /// <param name="name">For Server Name Indication; null sends none.</param>
    /// <param name="timeMax">The longest that the handshake may take.</param>
    /// <exception cref="OperationCanceledException">The audit stops.</exception>
    public static async ValueTask<TlsLooked> ConnectAsync(
        Stream stream,
        string? name,
        TimeSpan timeMax,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        using var late = new CancellationTokenSource(timeMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        var seen = new Seen();
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(Options(name, seen), either.Token);
            return new TlsLooked(tls, Facts(tls, seen), Failure: null, seen.IsAsked);
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
        // Certificates of strangers fail in any way that a parser can fail.
        catch (Exception problem)
        {
            var isLate = late.IsCancellationRequested;
            return new TlsLooked(
                Stream: null,
                FactsOfFailure(seen, isLate || IsOverBudget(problem)),
                Code(problem, isLate),
                seen.IsAsked
            );
        }
    }

    /// <summary>Whether a limit of ours ended the connection.</summary>
    public static bool IsOverBudget(Exception? problem)
    {
        while (problem is not (null or OverBudgetException))
        {
            problem = problem.InnerException;
        }

        return problem is not null;
    }

    [SuppressMessage(
        "Security",
        "CA5359",
        Justification = "The certificate is what is looked at; nothing is sent that would need an identity."
    )]
    private static SslClientAuthenticationOptions Options(string? name, Seen seen) =>
        new()
        {
            TargetHost = name ?? "",
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                seen.Note(certificate);
                return true;
            },
            LocalCertificateSelectionCallback = (_, _, _, remote, issuers) =>
            {
                // It is asked once before anything came, and once more when the server wants a certificate.
                seen.IsAsked |= remote is not null || issuers is { Length: > 0 };
                return null!;
            },
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck,
                VerificationFlags = X509VerificationFlags.AllFlags,
            },
            AllowTlsResume = false,
            AllowRenegotiation = false,
        };

    private static TlsFacts Facts(SslStream tls, Seen seen)
    {
        var protocol = tls.SslProtocol.ToString() switch
        {
            "Tls13" => TlsFacts.Tls13,
            "Tls12" => "TLS 1.2",
            "Tls11" => "TLS 1.1",
            "Tls" => "TLS 1.0",
            _ => TlsFacts.NotTold,
        };
        // In TLS 1.3 the client is done before the server has looked for a certificate: what it thinks comes with the first read.
        bool? requires = seen.IsAsked && protocol == TlsFacts.Tls13 ? null : false;
        return seen.ToFacts(protocol, tls.NegotiatedCipherSuite.ToString(), requires);
    }

    // A server that asks, and then lets the time pass, has not said that it requires what it asked for.
    private static TlsFacts? FactsOfFailure(Seen seen, bool isOurs) =>
        seen.HasCertificate || seen.IsAsked
            ? seen.ToFacts(TlsFacts.NotTold, TlsFacts.NotTold, seen.IsAsked && !isOurs ? true : null)
            : null;

    private static string Code(Exception problem, bool isLate) =>
        (isLate, problem) switch
        {
            (true, _) => "TLS time-out",
            (_, IOException) => "TLS connection ended",
            _ => "TLS handshake failed",
        };

    private sealed class Seen
    {
        private string? _digest;
        private DateTimeOffset? _notBefore;
        private DateTimeOffset? _notAfter;
        private bool _isSelfIssued;

        public bool IsAsked { get; set; }

        public bool HasCertificate => _digest is not null;

        public void Note(X509Certificate? certificate)
        {
            if (certificate is not X509Certificate2 shown)
            {
                return;
            }

            _digest = Convert.ToHexStringLower(SHA256.HashData(shown.RawDataMemory.Span));
            try
            {
                _notBefore = new DateTimeOffset(shown.NotBefore).ToUniversalTime();
                _notAfter = new DateTimeOffset(shown.NotAfter).ToUniversalTime();
                _isSelfIssued = shown.SubjectName.RawData.AsSpan().SequenceEqual(shown.IssuerName.RawData);
            }
            catch (Exception problem) when (problem is CryptographicException or ArgumentException)
            {
                // A date that is none: the digest is all that can be said of it.
            }
        }

        public TlsFacts ToFacts(string protocol, string cipherSuite, bool? requiresClientCertificate) =>
            new(protocol, cipherSuite, _digest, _notBefore, _notAfter, _isSelfIssued, requiresClientCertificate);
    }
}

/// <summary>What came of a handshake.</summary>
/// <param name="Stream">The stream inside TLS, which owns the connection; null where no handshake came about.</param>
/// <param name="Facts">What was seen, as far as it came; null where the server showed nothing.</param>
/// <param name="Failure">A code of ours, <c>TLS time-out</c>; null where the handshake succeeded.</param>
/// <param name="WasAskedForCertificate">Whether the server asked for a certificate of ours.</param>
internal sealed record TlsLooked(SslStream? Stream, TlsFacts? Facts, string? Failure, bool WasAskedForCertificate)
{
    /// <summary>The facts once the first read after the handshake brought bytes: a server that answers needs no certificate.</summary>
    public TlsFacts? FactsAfterAnswer => Facts is null ? null : Facts with { RequiresClientCertificate = false };

    /// <summary>
    /// The facts once the first read after the handshake failed: in TLS 1.3 a server refuses a client without a certificate
    /// only then (RFC 8446 4.4.2.4), so who asked and then hung up requires one. One that never asked does not.
    /// </summary>
    public TlsFacts? FactsAfterRefusal =>
        Facts is null ? null : Facts with { RequiresClientCertificate = WasAskedForCertificate };
}
