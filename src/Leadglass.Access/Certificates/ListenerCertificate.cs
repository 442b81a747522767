using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Access.Certificates;

/// <summary>
/// The listener's certificate, issued anew at each start and when a third of its validity is left, so that nobody has to
/// remember it. Its key is never on a disk. Peers trust the authority, not this certificate.
/// </summary>
/// <param name="authority">Who issues it.</param>
/// <param name="hosts">DNS names and IP addresses that peers connect to; loopback is always among them.</param>
/// <param name="clock">The time.</param>
public sealed class ListenerCertificate(
    CertificateAuthority authority,
    IReadOnlyCollection<string> hosts,
    TimeProvider clock
) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<X509Certificate2> _issued = [];

    /// <summary>The certificate with its key, for the next handshake. It stays this object's to dispose of.</summary>
    public X509Certificate2 Current
    {
        get
        {
            lock (_gate)
            {
                if (_issued.Count == 0 || clock.GetUtcNow() >= RenewalOf(_issued[^1]))
                {
                    _issued.Add(authority.IssueServer(hosts));
                }
                return _issued[^1];
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            // Handshakes may still hold an older one: all of them end here, together.
            foreach (var certificate in _issued)
            {
                certificate.Dispose();
            }
            _issued.Clear();
        }
    }

    private static DateTimeOffset RenewalOf(X509Certificate2 certificate)
    {
        var (from, until) = (certificate.ValidFrom(), certificate.ValidUntil());
        return from + ((until - from) * 2 / 3);
    }
}
