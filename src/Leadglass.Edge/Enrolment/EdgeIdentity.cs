using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>
/// Who an edge is: what it got when it was enrolled, and its key. Lies in one file with mode 0600, so that key and
/// certificate change together. The key opens nothing that the edge keeps: the queue is sealed to the archive.
/// </summary>
public sealed class EdgeIdentity : IDisposable
{
    private const string FileName = "identity.json";
    private readonly IDurableFolder _folder;
    private readonly Lock _gate = new();
    private Document _document;
    private X509Certificate2 _certificate;

    private EdgeIdentity(IDurableFolder folder, Document document)
    {
        _folder = folder;
        _document = document;
        _certificate = Load(document);
        Authorities = ReadAuthorities(document.Grant.Authorities);
        SealingKey = RecipientPublicKey.Import(document.Grant.SealingKey);
        AeTitle = AeTitle.Parse(document.Grant.AeTitle);
        ArchiveAeTitle = AeTitle.Parse(document.Grant.ArchiveAeTitle);
    }

    /// <summary>The edge's device name at the archive.</summary>
    public string Name => _document.Grant.Name;

    /// <summary>The archive's id.</summary>
    public Guid Archive => _document.Grant.Archive;

    /// <summary>The edge's id.</summary>
    public Guid Edge => _document.Grant.Edge;

    /// <summary>What the edge calls itself towards the archive.</summary>
    public AeTitle AeTitle { get; }

    /// <summary>The archive's title.</summary>
    public AeTitle ArchiveAeTitle { get; }

    /// <summary>The archive's host.</summary>
    public string Host => _document.Host;

    /// <summary>The archive's DICOM port.</summary>
    public int Port => _document.Grant.DicomPort;

    /// <summary>To whom envelopes are sealed.</summary>
    public RecipientPublicKey SealingKey { get; }

    /// <summary>Whom the archive's certificate has to be of.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>The certificate with its key; stays this object's to dispose of.</summary>
    public X509Certificate2 Certificate
    {
        get
        {
            lock (_gate)
            {
                return _certificate;
            }
        }
    }

    /// <summary>Whether a folder holds an enrolled edge.</summary>
    public static bool Exists(IDurableFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return folder.Exists(FileName);
    }

    /// <summary>Opens the identity of an enrolled edge.</summary>
    /// <exception cref="EdgeConfigurationException">It is not enrolled, or the file is damaged.</exception>
    public static EdgeIdentity Open(IDurableFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var content =
            EdgeFiles.Read(folder, FileName)
            ?? throw new EdgeConfigurationException(
                "this edge is not enrolled: get a code with 'leadglass device add NAME --edge' at the archive, "
                    + "then 'leadglass edge enrol --code CODE'"
            );
        try
        {
            var document =
                System.Text.Json.JsonSerializer.Deserialize(content, IdentityJson.Default.Document)
                ?? throw new EdgeConfigurationException($"{FileName} is empty");
            return new EdgeIdentity(folder, document);
        }
        catch (Exception failure)
            when (failure
                    is System.Text.Json.JsonException
                        or System.Security.Cryptography.CryptographicException
                        or SealingException
                        or FormatException
                        or ArgumentException
            )
        {
            throw new EdgeConfigurationException($"{FileName} is damaged: enrol the edge anew", failure);
        }
    }

    /// <summary>Puts another certificate with its key in place of the one before, durably.</summary>
    internal void Replace(string certificatePem, string authoritiesPem, string keyPem)
    {
        var document = _document with
        {
            Key = keyPem,
            Grant = _document.Grant with { Certificate = certificatePem, Authorities = authoritiesPem },
        };
        var certificate = Load(document);
        Save(_folder, document);
        lock (_gate)
        {
            // The former one may still be in a handshake: the collector takes it.
            (_document, _certificate) = (document, certificate);
        }
    }

    internal static void Create(IDurableFolder folder, string host, EnrolmentGrant grant, string keyPem)
    {
        var document = new Document(host, keyPem, grant with { Scanners = ScannerList.Empty });
        using (Load(document))
        {
            Save(folder, document);
        }

        ScannerDirectory.Save(folder, grant.Scanners);
    }

    internal static X509Certificate2Collection ReadAuthorities(string pem)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        return authorities;
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();

    private static void Save(IDurableFolder folder, Document document) =>
        EdgeFiles.Replace(
            folder,
            FileName,
            System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(document, IdentityJson.Default.Document)
        );

    private static X509Certificate2 Load(Document document)
    {
        using var pair = X509Certificate2.CreateFromPem(document.Grant.Certificate, document.Key);

        // TLS wants a key that is bound to the certificate rather than an ephemeral one.
        return X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), password: null);
    }

    internal sealed record Document(string Host, string Key, EnrolmentGrant Grant);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(EdgeIdentity.Document))]
internal sealed partial class IdentityJson : JsonSerializerContext;
