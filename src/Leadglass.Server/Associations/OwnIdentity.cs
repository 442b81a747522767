using System.Security.Cryptography.X509Certificates;
using Leadglass.Access.Certificates;
using Leadglass.Dicom;

namespace Leadglass.Server.Associations;

/// <summary>Who the archive is when it calls a peer.</summary>
internal sealed class OwnIdentity(AeTitle title, ListenerCertificate certificate, ServerLog log)
{
    public AeTitle Title { get; } = title;

    /// <summary>The listener's certificate, which is for both sides of TLS.</summary>
    public X509Certificate2 Certificate => certificate.Current;

    public ServerLog Log { get; } = log;
}
