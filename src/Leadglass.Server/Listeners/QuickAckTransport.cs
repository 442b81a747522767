using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Leadglass.Server.Listeners;

/// <summary>
/// Re-arms TCP_QUICKACK after every read. Many devices leave Nagle's algorithm on and write a PDU in two pieces: the second
/// piece then waits for a delayed acknowledgement, 44 ms per instance. The kernel forgets the option after each use.
/// </summary>
internal sealed class QuickAckTransport : IDuplexPipe
{
    private QuickAckTransport(PipeReader input, PipeWriter output)
    {
        Input = input;
        Output = output;
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>Puts itself below whatever comes later in the pipeline, TLS included.</summary>
    public static ConnectionDelegate Below(ConnectionDelegate next) =>
        async connection =>
        {
            if (
                connection.Features.Get<IConnectionSocketFeature>()?.Socket
                is not { AddressFamily: not AddressFamily.Unix } socket
            )
            {
                await next(connection);
                return;
            }

            var transport = connection.Transport;
            socket.NoDelay = true;
            connection.Transport = new QuickAckTransport(new Reader(transport.Input, socket), transport.Output);
            try
            {
                await next(connection);
            }
            finally
            {
                connection.Transport = transport;
            }
        };

    private sealed class Reader(PipeReader inner, Socket socket) : PipeReader
    {
        private const int LevelTcp = 6;
        private const int OptionQuickAck = 12;

        private static ReadOnlySpan<byte> One => [1, 0, 0, 0];

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await inner.ReadAsync(cancellationToken);
            Arm();
            return result;
        }

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result);

        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
            inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        [SuppressMessage("Design", "CA1031", Justification = "A closed socket shows itself at the next read.")]
        private void Arm()
        {
            try
            {
                socket.SetRawSocketOption(LevelTcp, OptionQuickAck, One);
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // The read that follows reports it.
            }
        }
    }
}
