namespace Leadglass.Access.Certificates;

/// <summary>
/// The folder into which certificates and keys are written for a device, as DCMTK's <c>+tls KEY CERT +cf CA</c> takes
/// them: NAME.key.pem, NAME.cert.pem and ca.cert.pem. Nothing that is there is overwritten.
/// </summary>
/// <param name="path">The folder; made, for its owner only, where it is absent.</param>
public sealed class CertificateFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ForAll = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The root that the device trusts.</summary>
    public string AuthorityFile => Path.Combine(path, "ca.cert.pem");

    /// <summary>The device's certificate.</summary>
    public string CertificateFile(string deviceName) => Path.Combine(path, $"{deviceName}.cert.pem");

    /// <summary>The device's key.</summary>
    public string KeyFile(string deviceName) => Path.Combine(path, $"{deviceName}.key.pem");

    /// <summary>
    /// Asks before anything is issued whether the files could be written: a device must not be enrolled with a key that
    /// nobody has.
    /// </summary>
    /// <exception cref="EnrolmentException">A file is in the way.</exception>
    public void CheckFree(string deviceName, string authorityPem)
    {
        foreach (var file in new[] { KeyFile(deviceName), CertificateFile(deviceName) })
        {
            if (File.Exists(file))
            {
                throw new EnrolmentException($"{file} exists and is not overwritten: name another folder with --out");
            }
        }
        if (File.Exists(AuthorityFile) && !IsSame(AuthorityFile, authorityPem))
        {
            throw new EnrolmentException(
                $"{AuthorityFile} is of another archive and is not overwritten: name another folder with --out"
            );
        }
    }

    /// <summary>Writes what was issued. The key is readable by its owner only from its first byte on.</summary>
    /// <exception cref="EnrolmentException">A file is in the way.</exception>
    public async Task WriteAsync(
        string deviceName,
        string certificatePem,
        string? keyPem,
        string authorityPem,
        CancellationToken cancellationToken
    )
    {
        CheckFree(deviceName, authorityPem);
        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        if (keyPem is not null)
        {
            await WriteNewAsync(KeyFile(deviceName), keyPem, OwnerOnly, cancellationToken);
        }
        await WriteNewAsync(CertificateFile(deviceName), certificatePem, ForAll, cancellationToken);
        await WriteAuthorityAsync(authorityPem, cancellationToken);
    }

    /// <summary>Writes the root alone, for a device whose certificate is of another PKI.</summary>
    /// <exception cref="EnrolmentException">The root of another archive is in the way.</exception>
    public async Task WriteAuthorityAsync(string authorityPem, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        if (!File.Exists(AuthorityFile))
        {
            await WriteNewAsync(AuthorityFile, authorityPem, ForAll, cancellationToken);
        }
        else if (!IsSame(AuthorityFile, authorityPem))
        {
            throw new EnrolmentException($"{AuthorityFile} is of another archive and is not overwritten");
        }
    }

    private static bool IsSame(string file, string pem) =>
        new FileInfo(file).Length < 64 * 1024
        && string.Equals(File.ReadAllText(file).Trim(), pem.Trim(), StringComparison.Ordinal);

    private static async Task WriteNewAsync(
        string file,
        string pem,
        UnixFileMode mode,
        CancellationToken cancellationToken
    )
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = mode,
        };
        await using var stream = new FileStream(file, options);
        await using var writer = new StreamWriter(stream);
        await writer.WriteAsync(pem.AsMemory(), cancellationToken);
        await writer.WriteAsync("\n".AsMemory(), cancellationToken);
        await writer.FlushAsync(cancellationToken);
    }
}
