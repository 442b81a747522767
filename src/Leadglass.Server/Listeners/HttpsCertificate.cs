using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Leadglass.Server.Listeners;

/// <summary>
/// A certificate of the hospital's for HTTPS, from two PEM files that are looked at again while the archive serves, so that
/// a renewal needs no restart. What cannot be read leaves the one before in use.
/// </summary>
internal sealed class HttpsCertificate : IDisposable
{
    private const int FileLengthMax = 1024 * 1024;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _clock;
    private readonly ServerLog _log;
    private readonly Lock _gate = new();
    private readonly List<X509Certificate2> _read = [];
    private SslStreamCertificateContext _current;
    private (DateTime Certificate, DateTime Key) _written;
    private DateTimeOffset _looked;

    private HttpsCertificate(string certificateFile, string keyFile, TimeProvider clock, ServerLog log)
    {
        (_certificateFile, _keyFile, _clock, _log) = (certificateFile, keyFile, clock, log);
        _written = Written();
        _looked = clock.GetUtcNow();
        _current = Read();
    }

    /// <summary>For the next handshake.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_clock.GetUtcNow() - _looked >= Interval)
                {
                    _looked = _clock.GetUtcNow();
                    LookAgain();
                }

                return _current;
            }
        }
    }

    /// <summary>Reads the files.</summary>
    /// <exception cref="ArchiveUnavailableException">They are missing, no PEM, do not belong together, or are expired.</exception>
    public static HttpsCertificate Open(string certificateFile, string keyFile, TimeProvider clock, ServerLog log)
    {
        try
        {
            return new HttpsCertificate(certificateFile, keyFile, clock, log);
        }
        catch (Exception failure) when (IsUnreadable(failure))
        {
            throw new ArchiveUnavailableException(
                $"the certificate for HTTPS in {certificateFile} with the key in {keyFile} cannot be used: "
                    + $"{failure.Message.TrimEnd('.')}",
                failure
            );
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _read.ForEach(certificate => certificate.Dispose());
            _read.Clear();
        }
    }

    private static bool IsUnreadable(Exception failure) =>
        failure is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;

    private void LookAgain()
    {
        try
        {
            var written = Written();
            if (written == _written)
            {
                return;
            }

            _current = Read();
            _written = written;
            _log.HttpsCertificateRead(_current.TargetCertificate.NotAfter);
        }
        catch (Exception failure) when (IsUnreadable(failure))
        {
            _log.HttpsCertificateUnreadable(failure.GetType().Name);
        }
    }

    private (DateTime Certificate, DateTime Key) Written() =>
        (File.GetLastWriteTimeUtc(_certificateFile), File.GetLastWriteTimeUtc(_keyFile));

    private SslStreamCertificateContext Read()
    {
        var chain = new X509Certificate2Collection();
        var pem = ReadText(_certificateFile);
        chain.ImportFromPem(pem);
        using var pair = X509Certificate2.CreateFromPem(pem, ReadText(_keyFile));
        if (pair.NotAfter.ToUniversalTime() <= _clock.GetUtcNow().UtcDateTime)
        {
            throw new CryptographicException($"it ended on {pair.NotAfter:yyyy-MM-dd}");
        }

        var usable = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), password: null);
        _read.Add(usable);
        chain.RemoveAt(0);
        return SslStreamCertificateContext.Create(usable, chain, offline: true);
    }

    private static string ReadText(string file) =>
        new FileInfo(file).Length <= FileLengthMax
            ? File.ReadAllText(file)
            : throw new IOException($"longer than {FileLengthMax} bytes");
}
