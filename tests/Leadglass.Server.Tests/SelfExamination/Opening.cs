using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Leadglass.Access;
using Leadglass.Server.Listeners;
using Leadglass.Server.SelfExamination;
using Microsoft.AspNetCore.Connections;

namespace Leadglass.Server.Tests.SelfExamination;

/// <summary>
/// Ways in which a listener could come to stand open, put below TLS of a running archive. What is opened is only what a test
/// puts here: the program has nothing of the kind.
/// </summary>
internal static class Opening
{
    /// <summary>Varies one listener and looks only when the test asks.</summary>
    public static ServerVariation Of(
        ListenerKind kind,
        Func<ListenerParts, ConnectionContext, ConnectionDelegate, Task> serve
    ) =>
        new()
        {
            LooksAtItself = false,
            Listeners = parts =>
                parts with
                {
                    Below = (of, next) => of == kind ? connection => serve(parts, connection, next) : next,
                },
        };

    /// <summary>TLS with the archive's certificate that asks nobody for one.</summary>
    public static async Task<SslStream> GreetAnybodyAsync(ConnectionContext connection, ListenerParts parts)
    {
        var tls = new SslStream(new TransportStream(connection.Transport));
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificateContext = parts.Certificate(),
                ClientCertificateRequired = false,
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                CertificateChainPolicy = new X509ChainPolicy
                {
                    DisableCertificateDownloads = true,
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            }
        );
        return tls;
    }

    /// <summary>The archive's own associations, for whoever comes, as if they were this device.</summary>
    public static Task AssociateAsync(
        ListenerParts parts,
        ConnectionContext connection,
        IDuplexPipe transport,
        DeviceIdentity identity
    ) =>
        parts.OnDicom(
            new DicomConnection(
                transport,
                identity,
                connection.RemoteEndPoint as IPEndPoint,
                () => connection.Abort(new ConnectionAbortedException("withdrawn"))
            )
        );

    /// <summary>The first byte of a connection, which stays to be read; null where none came.</summary>
    public static async Task<byte?> PeekAsync(ConnectionContext connection)
    {
        var read = await connection.Transport.Input.ReadAsync();
        byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];
        connection.Transport.Input.AdvanceTo(read.Buffer.Start);
        return first;
    }

    /// <summary>A stream inside TLS as a pipe.</summary>
    internal sealed class StreamPipe(Stream stream) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(stream);

        public PipeWriter Output { get; } = PipeWriter.Create(stream);
    }

    private sealed class TransportStream(IDuplexPipe transport) : Stream
    {
        private readonly Stream _input = transport.Input.AsStream(leaveOpen: true);
        private readonly Stream _output = transport.Output.AsStream(leaveOpen: true);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => _output.WriteAsync(buffer, cancellationToken);

        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _input.Dispose();
                _output.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
