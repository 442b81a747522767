using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>The archive could not be reached, or is not who it should be, or refused. Bears no patient data.</summary>
public sealed class LinkException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Opens associations with the archive: TLS 1.2 or 1.3 with the edge's certificate, the archive's authority pinned.</summary>
internal sealed class ArchiveLink(EdgeIdentity identity, TimeProvider clock)
{
    // id-kp-serverAuth (RFC 5280 4.2.1.12).
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // RFC 5280 4.2.1.6.
    private const string SubjectAlternativeName = "2.5.29.17";
    private const int BufferLengthBytes = 128 * 1024;

    // A link that swallows everything is given up then.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private static ReadOnlySpan<byte> DeviceName => "urn:leadglass:device:"u8;

    private static readonly CipherSuitesPolicy Suites = new([
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ]);

    /// <summary>Opens an association.</summary>
    /// <param name="calling">The edge's title, or that of a workstation on whose behalf it calls.</param>
    /// <param name="contexts">What to propose.</param>
    /// <param name="roles">Roles other than SCU.</param>
    /// <param name="handler">Takes what the archive invokes.</param>
    /// <exception cref="LinkException">There is none.</exception>
    public async Task<LinkedAssociation> OpenAsync(
        AeTitle calling,
        IReadOnlyList<ProposedPresentationContext> contexts,
        IReadOnlyList<RoleSelection> roles,
        IDimseHandler? handler,
        CancellationToken cancel
    )
    {
        var stream = await ConnectAsync(cancel);
        var transport = new StreamTransport(stream);
        try
        {
            var result = await DicomClientAssociation.ConnectAsync(
                transport,
                new RequestorOptions
                {
                    CallingAeTitle = calling,
                    CalledAeTitle = identity.ArchiveAeTitle,
                    PresentationContexts = contexts,
                    RoleSelections = roles,
                    Timers = AssociationTimers.Default with { Response = AnswerTimeout },
                },
                clock,
                handler,
                cancellationToken: cancel
            );
            return result.Association is { } association
                ? new LinkedAssociation(association, stream)
                : throw new LinkException($"the archive gave no association: {result.Failure?.Kind}");
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async Task<SslStream> ConnectAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        KeepAlive(socket);
        SslStream? stream = null;
        try
        {
            await socket.ConnectAsync(identity.Host, identity.Port, limit.Token);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(Tls(), limit.Token);
            return stream;
        }
        catch (Exception failure)
            when (failure
                    is SocketException
                        or IOException
                        or AuthenticationException
                        or OperationCanceledException
                        or CryptographicException
            )
        {
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            cancel.ThrowIfCancellationRequested();
            throw new LinkException(
                failure switch
                {
                    OperationCanceledException => "no answer in time",
                    AuthenticationException => $"TLS failed: {failure.Message}",
                    _ => failure.Message,
                },
                failure
            );
        }
    }

    /// <summary>A link that was cut without a word is noticed in two minutes, though nothing is sent.</summary>
    private static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
    }

    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Security",
        "CA5398:Avoid hardcoded SslProtocols values",
        Justification = "The floor is a promise of the profile; a machine's configuration must not lower it."
    )]
    private SslClientAuthenticationOptions Tls() =>
        new()
        {
            TargetHost = identity.Host,
            ClientCertificateContext = SslStreamCertificateContext.Create(identity.Certificate, null, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CipherSuitesPolicy = Suites,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new()
            {
                DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck,
            },
            RemoteCertificateValidationCallback = (_, shown, _, _) =>
                shown is X509Certificate2 certificate && IsArchive(certificate),
        };

    /// <summary>
    /// Of the pinned authority, for servers, valid now, and naming the host that was called as its alternative name. Devices
    /// have certificates of the same authority, good for servers too, which say so: none of them is the archive.
    /// </summary>
    private bool IsArchive(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.FirstOrDefault(extension => extension.Oid?.Value == SubjectAlternativeName);
        if (names is null || names.RawData.AsSpan().IndexOf(DeviceName) >= 0)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(identity.Authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = clock.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new(ServerAuthentication));
        return chain.Build(certificate)
            && certificate.MatchesHostname(identity.Host, allowWildcards: false, allowCommonName: false);
    }

    private sealed class StreamTransport(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } =
            PipeWriter.Create(
                stream,
                new StreamPipeWriterOptions(minimumBufferSize: BufferLengthBytes, leaveOpen: true)
            );
    }
}

/// <summary>An association with the archive and the connection below it.</summary>
internal sealed class LinkedAssociation(DicomClientAssociation dicom, Stream stream) : IAsyncDisposable
{
    public DicomClientAssociation Dicom => dicom;

    /// <summary>Whether it can still be used.</summary>
    public bool IsAlive => dicom.End is null;

    public async ValueTask DisposeAsync()
    {
        if (IsAlive)
        {
            // The second call waits for no peer: the link may be gone.
            dicom.Abort();
            dicom.Abort();
        }

        await dicom.DisposeAsync();
        await stream.DisposeAsync();
    }
}
