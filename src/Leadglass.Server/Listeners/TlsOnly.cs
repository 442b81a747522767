using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Sealing;
using Leadglass.Server.SelfExamination;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Leadglass.Server.Listeners;

/// <summary>
/// Lets nothing but TLS through, and says in the trail who tried what: plain DICOM, HTTP, a stranger's certificate. Whoever
/// is refused gets no byte from us but TLS's own alert.
/// </summary>
internal sealed class TlsOnly(AccessPolicy policy, TimeSpan handshakeTimeout, OwnLooks looks, ServerLog log)
{
    // RFC 8446 5.1: the content type of a handshake record, the first byte of every TLS connection.
    private const byte HandshakeRecord = 0x16;

    private static readonly object IdentityKey = new();
    private static readonly object JudgedKey = new();

    /// <summary>Who the peer turned out to be; null before the handshake, and where no certificate is asked for.</summary>
    public static DeviceIdentity? IdentityOf(ConnectionContext connection) =>
        connection.Items.TryGetValue(IdentityKey, out var identity) ? identity as DeviceIdentity : null;

    /// <summary>The part below TLS: looks at the first byte before anything is parsed.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) =>
        async connection =>
        {
            switch (await LookAsync(connection))
            {
                case FirstByte.Handshake:
                    await next(connection);
                    if (!connection.Items.ContainsKey(JudgedKey) && !looks.Holds(connection.RemoteEndPoint))
                    {
                        policy.NoteStranger(RefusalReason.WrongProtocol, AddressOf(connection));
                    }

                    break;
                case FirstByte.Other when !looks.Holds(connection.RemoteEndPoint):
                    policy.NoteStranger(RefusalReason.NotTls, AddressOf(connection));
                    log.NotTls(AddressOf(connection));
                    break;
                default:
                    // It came and said nothing, as a health check of a load balancer does.
                    break;
            }
        };

    /// <summary>Mutual TLS: the handshake itself fails for whoever is not enrolled.</summary>
    public TlsHandshakeCallbackOptions Mutual(Func<SslStreamCertificateContext> certificate) =>
        new()
        {
            HandshakeTimeout = handshakeTimeout,
            OnConnection = async handshake =>
            {
                var connection = handshake.Connection;
                await RefreshEnrolmentAsync(handshake.CancellationToken);
                return TlsProfile.Server(
                    certificate(),
                    (_, shown, _, _) => Judge(connection, shown as X509Certificate2)
                );
            },
        };

    /// <summary>TLS of ours alone, for browsers, which sign in later.</summary>
    public TlsHandshakeCallbackOptions ServerOnly(Func<SslStreamCertificateContext> certificate) =>
        new()
        {
            HandshakeTimeout = handshakeTimeout,
            OnConnection = handshake =>
            {
                handshake.Connection.Items[JudgedKey] = true;
                return ValueTask.FromResult(TlsProfile.Server(certificate(), judge: null));
            },
        };

    /// <summary>
    /// Mutual TLS for programs: the handshake itself fails for whoever is not registered. It is asked again at each request,
    /// so that a withdrawn certificate is void on a connection that is up.
    /// </summary>
    public TlsHandshakeCallbackOptions Programs(Func<SslStreamCertificateContext> certificate) =>
        new()
        {
            HandshakeTimeout = handshakeTimeout,
            OnConnection = handshake =>
            {
                var connection = handshake.Connection;
                return ValueTask.FromResult(
                    TlsProfile.Server(
                        certificate(),
                        (_, shown, _, _) => JudgeProgram(connection, shown as X509Certificate2)
                    )
                );
            },
        };

    public static IPAddress? AddressOf(ConnectionContext connection) =>
        connection.RemoteEndPoint is IPEndPoint { Address: var address }
            ? address.IsIPv4MappedToIPv6
                ? address.MapToIPv4()
                : address
            : null;

    /// <summary>A device that a command beside the server enrolled a moment ago comes in at once.</summary>
    private async Task RefreshEnrolmentAsync(CancellationToken cancel)
    {
        try
        {
            await policy.Devices.RefreshAsync(cancel);
        }
        catch (Exception failure) when (failure is SealingException or EnrolmentException or IOException)
        {
            log.EnrolmentUnreadable(failure.GetType().Name);
        }
    }

    private bool Judge(ConnectionContext connection, X509Certificate2? shown)
    {
        connection.Items[JudgedKey] = true;
        switch (policy.Identify(shown, AddressOf(connection)))
        {
            case Identification.Known known:
                connection.Items[IdentityKey] = known.Identity;
                return true;
            case Identification.Refused refused:
                if (!looks.Holds(connection.RemoteEndPoint))
                {
                    log.StrangerRefused(AddressOf(connection), refused.Reason);
                }

                return false;
            default:
                return false;
        }
    }

    private bool JudgeProgram(ConnectionContext connection, X509Certificate2? shown)
    {
        connection.Items[JudgedKey] = true;
        if (policy.RecogniseProgram(shown, AddressOf(connection)) is Recognition.Refused refused)
        {
            if (!looks.Holds(connection.RemoteEndPoint))
            {
                log.StrangerRefused(AddressOf(connection), refused.Reason);
            }

            return false;
        }

        return true;
    }

    private async Task<FirstByte> LookAsync(ConnectionContext connection)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        limit.CancelAfter(handshakeTimeout);
        try
        {
            var input = connection.Transport.Input;
            var read = await input.ReadAsync(limit.Token);
            var first = new SequenceReader<byte>(read.Buffer).TryPeek(out var value) ? value : (byte?)null;
            input.AdvanceTo(read.Buffer.Start);
            return first switch
            {
                null => FirstByte.None,
                HandshakeRecord => FirstByte.Handshake,
                _ => FirstByte.Other,
            };
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            return FirstByte.None;
        }
    }

    private enum FirstByte
    {
        None,
        Handshake,
        Other,
    }
}
