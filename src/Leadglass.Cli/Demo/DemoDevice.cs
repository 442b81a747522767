using System.Net;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Access.Certificates;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Server;
using Leadglass.Server.Peers;

namespace Leadglass.Cli.Demo;

/// <summary>A simulated device: enrolled as a real one would be, and talking to the archive over TLS only.</summary>
internal sealed class DemoDevice : IDisposable
{
    private static readonly AeTitle ArchiveTitle = AeTitle.Parse("LEADGLASS");

    private readonly AeTitle _title;
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2 _authority;
    private readonly TimeProvider _clock;

    private DemoDevice(AeTitle title, X509Certificate2 certificate, X509Certificate2 authority, TimeProvider clock)
    {
        _title = title;
        _certificate = certificate;
        _authority = authority;
        _clock = clock;
    }

    public static async Task<DemoDevice> EnrolAsync(
        ArchiveHost host,
        string name,
        string title,
        DeviceRights rights,
        CancellationToken cancel
    )
    {
        var issued = host.Authority.IssueDevice(name, host: null);
        await host.Devices.AddAsync(
            new Device
            {
                Name = name,
                AeTitles = [AeTitle.Parse(title)],
                Rights = rights,
                Certificates = [issued.Certificate],
                EnrolledAt = host.Clock.GetUtcNow(),
            },
            cancel
        );
        return new DemoDevice(AeTitle.Parse(title), Load(issued), host.Authority.Certificate, host.Clock);
    }

    /// <summary>Connects, proposes and hands over the association.</summary>
    /// <exception cref="DemoFailedException">The archive cannot be reached, or rejects.</exception>
    public async Task<DemoAssociation> AssociateAsync(
        IPEndPoint archive,
        IReadOnlyList<ProposedPresentationContext> contexts,
        IReadOnlyList<RoleSelection> roles,
        IDimseHandler? handler,
        CancellationToken cancel
    )
    {
        var host = archive.Address.ToString();
        try
        {
            var connection = await PeerConnection.ConnectTlsAsync(
                host,
                archive.Port,
                _certificate,
                PeerTrust.Of([_authority], host, _clock),
                cancel
            );
            var result = await DicomClientAssociation.ConnectAsync(
                connection.Transport,
                new RequestorOptions
                {
                    CallingAeTitle = _title,
                    CalledAeTitle = ArchiveTitle,
                    PresentationContexts = contexts,
                    RoleSelections = roles,
                },
                _clock,
                handler,
                cancellationToken: cancel
            );
            if (result.Association is { } association)
            {
                return new DemoAssociation(connection, association);
            }

            await connection.DisposeAsync();
            throw new DemoFailedException($"{_title} got no association: {result.Failure}");
        }
        catch (PeerUnavailableException failure)
        {
            throw new DemoFailedException($"{_title} cannot connect: {failure.Message}");
        }
    }

    public void Dispose() => _certificate.Dispose();

    private static X509Certificate2 Load(IssuedCertificate issued)
    {
        using var pem = X509Certificate2.CreateFromPem(issued.CertificatePem, issued.KeyPem);
        // TLS wants a key that is bound to the certificate rather than an ephemeral one.
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
    }
}

/// <summary>An association of a simulated device with its connection.</summary>
internal sealed class DemoAssociation(PeerConnection connection, DicomClientAssociation association) : IAsyncDisposable
{
    public DicomClientAssociation Dicom { get; } = association;

    public async ValueTask DisposeAsync()
    {
        await Dicom.DisposeAsync();
        await connection.DisposeAsync();
    }
}

/// <summary>The demonstration did not show what it should.</summary>
internal sealed class DemoFailedException(string message) : Exception(message);
