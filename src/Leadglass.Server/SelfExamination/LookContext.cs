using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Exposure;

namespace Leadglass.Server.SelfExamination;

/// <summary>One listener as it was bound.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Bound">Where it is bound.</param>
/// <param name="Certificate">The certificate that it shows now.</param>
internal sealed record BoundListener(ListenerKind Kind, IPEndPoint Bound, Func<X509Certificate2> Certificate)
{
    /// <summary>Where it is reached from this machine.</summary>
    public IPEndPoint Reachable =>
        Bound.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, Bound.Port)
        : Bound.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, Bound.Port)
        : Bound;

    public ProbeTarget Target => new(Reachable.Address, Reachable.Port);

    public string Name => Kind.Name();
}

/// <summary>What one look goes by: the scope of the archive's own listeners, and no other.</summary>
/// <param name="Gate">The scope.</param>
/// <param name="Looks">Where connections are noted as the archive's own.</param>
/// <param name="Patience">How long an answer may take.</param>
/// <param name="OwnMade">A certificate that a stranger made.</param>
internal sealed record LookContext(
    ScopeGate Gate,
    OwnLooks Looks,
    TimeSpan Patience,
    TimeProvider Clock,
    X509Certificate2 OwnMade
)
{
    public static ProbePlan Plan { get; } = new(Rung.NullRetrieve, [], TriesPublishedTitles: false, IsThorough: false);

    public OwnListenerDialer Dialer(X509Certificate2? shown = null) => new(Gate, Looks, Patience, Clock, shown);

    /// <summary>
    /// The positive control: the listener answers in TLS with the archive's certificate. Without it, a listener that is down
    /// would look like one that refuses.
    /// </summary>
    /// <returns>Null where it lives; else what is amiss.</returns>
    public async ValueTask<string?> FindAmissAsync(BoundListener listener, CancellationToken cancel)
    {
        var dialer = Dialer();
        var dialled = await dialer.DialAsync(listener.Target, Rung.Identify, cancel);
        if (dialled.Connection is not { } connection)
        {
            return dialled.Outcome == DialOutcome.Silent ? "no answer in time" : "no connection";
        }

        await using (connection)
        {
            byte[]? shown = null;
            await using var tls = new SslStream(connection.Stream, leaveInnerStreamOpen: false);
            try
            {
                await tls.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = listener.Reachable.Address.ToString(),
                        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                        {
                            shown = certificate?.GetRawCertData();
                            return shown is not null;
                        },
                        CertificateChainPolicy = new X509ChainPolicy
                        {
                            DisableCertificateDownloads = true,
                            RevocationMode = X509RevocationMode.NoCheck,
                        },
                    },
                    cancel
                );
            }
            catch (Exception failure) when (failure is IOException or AuthenticationException)
            {
                // Mutual TLS of version 1.2 fails here, and has shown its certificate by then.
            }

            return shown is null
                ? dialer.RanOutOfTime
                    ? "no answer in time"
                    : "no handshake of TLS"
                : shown.AsSpan().SequenceEqual(listener.Certificate().RawDataMemory.Span)
                    ? null
                    : "a certificate that is not this archive's";
        }
    }
}
