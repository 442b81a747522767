using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom;
using Leadglass.Server.Peers;

namespace Leadglass.Cli.Commands.Client;

/// <summary>What every DICOM client command takes: the peer, who we are, and what proves it.</summary>
internal sealed class PeerOptions
{
    private readonly Argument<string> _peer = new("peer")
    {
        Description = "HOST:PORT of the peer",
        HelpName = "HOST:PORT",
    };

    private readonly Option<string> _own = new("--aet")
    {
        Description = "Our application entity title",
        HelpName = "TITLE",
        DefaultValueFactory = _ => "LEADGLASS-SCU",
    };

    private readonly Option<string> _called = new("--call")
    {
        Description = "The peer's application entity title",
        HelpName = "TITLE",
        DefaultValueFactory = _ => "LEADGLASS",
    };

    private readonly Option<string?> _key = new("--key") { Description = "Our private key, PEM", HelpName = "FILE" };
    private readonly Option<string?> _certificate = new("--cert")
    {
        Description = "Our certificate, PEM",
        HelpName = "FILE",
    };
    private readonly Option<string?> _authority = new("--ca")
    {
        Description = "The authorities that the peer's certificate must be of, PEM",
        HelpName = "FILE",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_peer);
        command.Add(_own);
        command.Add(_called);
        command.Add(_key);
        command.Add(_certificate);
        command.Add(_authority);
        command.Validators.Add(result =>
        {
            var given = new Option[] { _key, _certificate, _authority }.Count(option =>
                result.GetResult(option) is not null
            );
            if (given is not (0 or 3))
            {
                result.AddError(
                    "--key, --cert and --ca belong together: give all three, or none for a peer on this machine"
                );
            }
        });
    }

    /// <summary>Our title.</summary>
    public AeTitle Own(ParseResult parsed) => Title(parsed.GetValue(_own), "--aet");

    /// <summary>The peer's title.</summary>
    public AeTitle Called(ParseResult parsed) => Title(parsed.GetValue(_called), "--call");

    /// <summary>Connects to the peer: over TLS, or in clear to this machine only.</summary>
    /// <exception cref="CommandFailedException">The peer cannot be reached, or is not who it should be.</exception>
    public async Task<PeerConnection> ConnectAsync(ParseResult parsed, Terminal terminal, CancellationToken cancel)
    {
        if (!DeviceAddress.TryParse(parsed.GetValue(_peer), out var address) || address is null)
        {
            throw CommandFailedException.WrongUsage("the peer is given as HOST:PORT, such as 127.0.0.1:2762");
        }

        try
        {
            if (parsed.GetValue(_key) is not { } key)
            {
                return await PeerConnection.ConnectClearAsync(address.Host, address.Port, cancel);
            }

            using var certificate = LoadOwn(parsed.GetValue(_certificate)!, key);
            return await PeerConnection.ConnectTlsAsync(
                address.Host,
                address.Port,
                certificate,
                PeerTrust.Of(LoadAuthorities(parsed.GetValue(_authority)!), address.Host, terminal.Clock),
                cancel
            );
        }
        catch (PeerUnavailableException failure)
        {
            throw new CommandFailedException(failure.IsRefusal ? ExitCode.Refused : ExitCode.Failed, failure.Message);
        }
    }

    private static AeTitle Title(string? text, string option) =>
        AeTitle.TryParse(text ?? string.Empty, out var title)
            ? title
            : throw CommandFailedException.WrongUsage(
                $"{option} takes 1 to 16 printable ASCII characters without backslash (PS3.5 6.2, AE)"
            );

    private static X509Certificate2 LoadOwn(string certificateFile, string keyFile)
    {
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            // TLS wants a key that is bound to the certificate rather than an ephemeral one.
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Failed(
                $"cannot read {certificateFile} with {keyFile}: {failure.Message.TrimEnd('.')}"
            );
        }
    }

    private static X509Certificate2Collection LoadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Failed($"cannot read {file}: {failure.Message.TrimEnd('.')}");
        }

        return authorities.Count > 0
            ? authorities
            : throw CommandFailedException.Failed($"{file} holds no certificate in PEM");
    }
}
