using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.RawDicom;

/// <summary>
/// A C-MOVE destination over TLS, and the place where storage commitment reports arrive on a reversed association. Keeps
/// the raw bytes of what it is sent.
/// </summary>
public sealed class RawReceiver : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly EnrolledDevice device;
    private readonly Func<string, string, bool> accept;
    private readonly CancellationTokenSource stop = new();
    private readonly SemaphoreSlim reports = new(0);
    private readonly Task accepting;

    /// <param name="device">whose certificate it shows</param>
    /// <param name="accept">abstract syntax and transfer syntax: whether to take them; everything by default</param>
    public RawReceiver(EnrolledDevice device, int port = 0, Func<string, string, bool>? accept = null)
    {
        this.device = device;
        this.accept = accept ?? ((_, _) => true);
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    public ConcurrentQueue<RawInstance> Instances { get; } = new();

    /// <summary>N-EVENT-REPORT requests that arrived here.</summary>
    public ConcurrentQueue<RawMessage> Reports { get; } = new();

    /// <summary>How many associations were accepted.</summary>
    public int Associations { get; private set; }

    /// <summary>What went wrong on a connection: a refused certificate, an abort.</summary>
    public ConcurrentQueue<string> Problems { get; } = new();

    /// <summary>Waits for the next N-EVENT-REPORT.</summary>
    public async Task<RawMessage> ReceiveReportAsync(TimeSpan limit) =>
        await reports.WaitAsync(limit) && Reports.TryDequeue(out var report)
            ? report
            : throw new TimeoutException($"no N-EVENT-REPORT came; {string.Join("; ", Problems)}");

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting;
        stop.Dispose();
        reports.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync(stop.Token);
                socket.NoDelay = true;
                connections.Add(ServeAsync(socket));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var stream = await DeviceTls.AcceptAsync(socket, device, stop.Token);
            await using var association = await RawAssociation.AcceptAsync(stream, accept);
            Associations++;
            await ServeAsync(association);
        }
        catch (Exception problem)
            when (problem
                    is IOException
                        or TimeoutException
                        or OperationCanceledException
                        or System.Security.Authentication.AuthenticationException
            )
        {
            Problems.Enqueue(problem.Message);
        }
    }

    private async Task ServeAsync(RawAssociation association)
    {
        try
        {
            while (true)
            {
                var message = await association.ReceiveAsync();
                if (message.Command.Field == 0x0001)
                {
                    Instances.Enqueue(RawServices.InstanceOf(message));
                }

                await association.SendAsync(message.ContextId, RawCommand.Response(message.Command, 0));
                if (message.Command.Field == 0x0100)
                {
                    Reports.Enqueue(message);
                    reports.Release();
                }
            }
        }
        catch (RawAbortedException end) when (end.Message == "A-RELEASE-RQ")
        {
            await association.AnswerReleaseAsync();
        }
    }
}
