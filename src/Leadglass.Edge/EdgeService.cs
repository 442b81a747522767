using System.Net;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>
/// A running edge: listens for scanners in clear, keeps what they store sealed, forwards it, and writes down how it is.
/// </summary>
public sealed class EdgeService : IAsyncDisposable
{
    private const string LockName = "edge.lock";
    private static readonly TimeSpan StatusInterval = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly string _path;
    private readonly FileStream _lock;
    private readonly EdgeOptions _options;
    private readonly ScannerServices _services;
    private readonly ScannerListener _listener;
    private readonly ArchiveLink _link;
    private readonly LinkState _state;
    private readonly ForwardingTally _tally = new();
    private readonly List<Task> _running = [];
    private bool _alarmed;

    private EdgeService(string path, FileStream locked, EdgeOptions options, TimeProvider clock, EdgeLog log)
    {
        _path = path;
        _lock = locked;
        _options = options;
        var folder = DurableFolder.Open(path);
        var identity = EdgeIdentity.Open(folder);
        var scanners = new ScannerDirectory(folder);
        _link = new ArchiveLink(identity, clock);
        _services = new ScannerServices(
            identity,
            scanners,
            EnvelopeQueue.Open(folder, options.Queue, clock),
            new RefusalSums(clock, log),
            new CommitmentReports(identity, scanners, clock, log),
            new LivePassage(_link, scanners, identity, clock),
            clock,
            log
        );
        _state = new LinkState(TimeSpan.FromSeconds(options.RetrySecondsMax), clock, log);
        _listener = new ScannerListener(options, _services);
    }

    /// <summary>Where it listens for scanners.</summary>
    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Ends when a part of the edge has ended though nobody stopped it: whoever runs it ends the process then.</summary>
    public Task Failed => Task.WhenAny(_running);

    /// <summary>How it is now.</summary>
    public EdgeStatus Status
    {
        get
        {
            var queue = _services.Queue.State();
            var identity = _services.Identity;
            return new EdgeStatus(
                _services.Clock.GetUtcNow(),
                identity.Name,
                ControlLine.Version,
                Environment.ProcessId,
                EndPoint.ToString(),
                $"{identity.Host}:{identity.Port}",
                _state.LastContact,
                _state.Trouble,
                new DateTimeOffset(identity.Certificate.NotAfter).ToUniversalTime(),
                queue,
                _services.Queue.IsAlarming(queue),
                _services.Queue.Broken,
                _tally.Delivered,
                _tally.Bytes,
                _services.Refusals.Total,
                _listener.Connections,
                _services.Scanners.Current.Scanners
            );
        }
    }

    /// <summary>Opens the data folder and starts.</summary>
    /// <param name="dataFolder">The folder of an enrolled edge; only one edge at a time may use it.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">Where lines go.</param>
    /// <exception cref="EdgeConfigurationException">It is not enrolled, in use, or the address cannot be listened on.</exception>
    public static EdgeService Start(string dataFolder, EdgeOptions options, TimeProvider clock, EdgeLog log)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(log);
        if (!Directory.Exists(dataFolder))
        {
            throw new EdgeConfigurationException(
                $"{dataFolder} does not exist: enrol this edge with 'leadglass edge enrol --code CODE --data {dataFolder}'"
            );
        }

        var locked = Lock(dataFolder);
        try
        {
            var edge = new EdgeService(dataFolder, locked, options, clock, log);
            edge.StartAll();
            return edge;
        }
        catch
        {
            locked.Dispose();
            throw;
        }
    }

    /// <summary>Takes the folder for one process.</summary>
    /// <exception cref="EdgeConfigurationException">Another has it.</exception>
    public static FileStream Lock(string dataFolder)
    {
        try
        {
            return new FileStream(
                Path.Combine(dataFolder, LockName),
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
        }
        catch (IOException failure)
        {
            throw new EdgeConfigurationException($"another edge uses {dataFolder}: stop it first", failure);
        }
    }

    /// <summary>Puts envelopes that the archive refused for good back into the queue of an edge that does not run.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="EdgeConfigurationException">The edge runs, or there is none.</exception>
    public static int PutBackAside(string dataFolder)
    {
        if (!Directory.Exists(dataFolder))
        {
            throw new EdgeConfigurationException($"{dataFolder} does not exist");
        }

        using var locked = Lock(dataFolder);
        return EnvelopeQueue.PutBackAside(DurableFolder.Open(dataFolder));
    }

    /// <summary>Stops: no new association, running operations end, what waits stays on the disk.</summary>
    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        await _services.Queue.DisposeAsync();
        _services.Identity.Dispose();
        _stop.Dispose();
        await _lock.DisposeAsync();
    }

    private void StartAll()
    {
        var (clock, log) = (_services.Clock, _services.Log);
        var rate = new RateLimit(_options.RateBytesPerSecond, clock);
        for (var number = 0; number < _options.LinesMax; number++)
        {
            var line = new ForwardingLine(
                number,
                _services.Identity,
                _services.Queue,
                _link,
                _state,
                rate,
                _tally,
                clock,
                log
            );
            _running.Add(Task.Run(() => line.RunAsync(_stop.Token)));
        }

        var control = new ControlLine(_options, _services, _link, _state, clock, log);
        _running.Add(Task.Run(() => control.RunAsync(_stop.Token)));
        _running.Add(Task.Run(WriteStatusAsync));
        _listener.Start();
        log.Listening(EndPoint, _services.Scanners.Current.Scanners.Count);
    }

    private async Task WriteStatusAsync()
    {
        using var timer = new PeriodicTimer(StatusInterval, _services.Clock);
        try
        {
            do
            {
                var status = Status;
                Write(EdgeStatus.FileName, status.ToJson());
                Write(EdgeMetrics.FileName, EdgeMetrics.Write(status));
                Alarm(status);
            } while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // The edge stops.
        }
    }

    private void Alarm(EdgeStatus status)
    {
        if (status.IsAlarming && !_alarmed)
        {
            _services.Log.Alarm(
                status.Queue.Full ? "the queue takes nothing more"
                : status.Queue.SetAside > 0 ? "envelopes were refused for good and set aside"
                : "the oldest envelope waits too long"
            );
        }

        _alarmed = status.IsAlarming;
    }

    /// <summary>No flush: whoever reads it after a crash sees its time.</summary>
    private void Write(string name, byte[] content)
    {
        var path = Path.Combine(_path, name);
        try
        {
            using (
                var file = new FileStream(
                    path + ".new",
                    new FileStreamOptions
                    {
                        Mode = FileMode.Create,
                        Access = FileAccess.Write,
                        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                    }
                )
            )
            {
                file.Write(content);
            }

            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _services.Log.LineFailed(failure.GetType().Name);
        }
    }
}
