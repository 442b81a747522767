using System.Net;
using System.Security.Cryptography;

namespace Leadglass.Exposure;

/// <summary>
/// What an audit keeps on disk while it runs: where the scan stands, which ports are open, which hosts are done, and the
/// findings. A kill at any moment loses work, and no result.
/// </summary>
internal sealed class AuditRecord : IDisposable
{
    private readonly ScanJournal _journal;
    private readonly FindingJournal _findingJournal;
    private readonly Dictionary<string, Finding> _findings;
    private readonly Dictionary<IPAddress, SortedSet<int>> _before;
    private readonly HashSet<(IPAddress Address, int Port)> _known = [];
    private readonly HashSet<(IPAddress Address, int Port)> _listening;
    private readonly Dictionary<(IPAddress Address, int Port), string> _givenUp;
    private readonly Lock _lock = new();

    private AuditRecord(
        ScanJournal journal,
        ScanMemory memory,
        FindingJournal findingJournal,
        IEnumerable<Finding> findings
    )
    {
        _journal = journal;
        _findingJournal = findingJournal;
        _findings = findings.ToDictionary(finding => finding.Address);
        _before = memory.Open.ToDictionary(host => host.Key, host => host.Value);
        _listening = [.. memory.Listening];
        _givenUp = new(memory.GivenUp);
        RefusedBefore = memory.Refused;
        Identity = memory.Identity;
        Position = memory.Position;
        Unfinished =
        [
            .. memory
                .Open.Where(host => host.Value.Any(port => !memory.Done.Contains((host.Key, port))))
                .Select(host => (host.Key, (IReadOnlyCollection<int>)host.Value)),
        ];
        foreach (var (host, _) in Unfinished)
        {
            _before.Remove(host);
        }
        foreach (var (host, ports) in memory.Open)
        {
            _known.UnionWith(ports.Select(port => (host, port)));
        }
    }

    public ScanIdentity Identity { get; }

    /// <summary>What the scope refused in earlier runs, by rule.</summary>
    public IReadOnlyDictionary<string, long> RefusedBefore { get; }

    /// <summary>The ports that were given up, earlier runs included.</summary>
    public GivenUp GivenUp
    {
        get
        {
            lock (_lock)
            {
                return new GivenUp(
                    _givenUp.Count,
                    [
                        .. _givenUp
                            .OrderBy(port => port.Key.Address, Comparer<IPAddress>.Create(Compare))
                            .ThenBy(port => port.Key.Port)
                            .Take(GivenUp.ListedMax)
                            .Select(port => new GivenUpPort(port.Key.Address.ToString(), port.Key.Port, port.Value)),
                    ]
                );
            }
        }
    }

    /// <summary>Where the scan stood when the record was opened.</summary>
    public ScanPosition Position { get; }

    /// <summary>Hosts that were found and not done when the record was opened, with all their open ports.</summary>
    public IReadOnlyList<(IPAddress Address, IReadOnlyCollection<int> Ports)> Unfinished { get; }

    /// <summary>Ports that were seen to listen, earlier runs included.</summary>
    public long OpenPorts
    {
        get
        {
            lock (_lock)
            {
                return _listening.Count;
            }
        }
    }

    /// <summary>Pairs that are to be probed or were, whether they listen or not.</summary>
    public int Leads
    {
        get
        {
            lock (_lock)
            {
                return _known.Count;
            }
        }
    }

    /// <summary>Hosts of those pairs.</summary>
    public int LeadHosts
    {
        get
        {
            lock (_lock)
            {
                return _known.Select(pair => pair.Address).Distinct().Count();
            }
        }
    }

    /// <summary>Systems, and those of them that answer a stranger.</summary>
    public (int All, int Open) Systems
    {
        get
        {
            lock (_lock)
            {
                return (_findings.Count, _findings.Values.Count(finding => finding.IsOpen));
            }
        }
    }

    /// <summary>The findings in the order of addresses.</summary>
    public IReadOnlyList<Finding> Findings
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _findings.Values.OrderBy(
                        finding => IPAddress.Parse(finding.Address),
                        Comparer<IPAddress>.Create(Compare)
                    ),
                ];
            }
        }
    }

    public static async Task<AuditRecord> OpenAsync(
        string folder,
        bool isResumed,
        ScanIdentity identity,
        CancellationToken cancel
    )
    {
        var journalPath = Path.Combine(folder, ScanJournal.FileName);
        var findingsPath = Path.Combine(folder, FindingJournal.FileName);
        if (!isResumed)
        {
            var began = ScanJournal.Begin(journalPath, identity);
            var nothing = new ScanMemory(
                identity,
                default,
                new Dictionary<IPAddress, SortedSet<int>>(),
                new HashSet<(IPAddress, int)>(),
                new HashSet<(IPAddress, int)>(),
                new Dictionary<(IPAddress, int), string>(),
                new Dictionary<string, long>()
            );
            return new AuditRecord(began, nothing, FindingJournal.Begin(findingsPath), []);
        }
        try
        {
            var (journal, memory) = await ScanJournal.ResumeAsync(journalPath, cancel);
            if (!memory.Identity.IsSameAs(identity))
            {
                journal.Dispose();
                throw new AuditException(
                    $"{folder} holds an audit with another scope, mode, shard or import: resume with the same, or give another folder"
                );
            }
            var (findingJournal, findings) = await FindingJournal.ResumeAsync(findingsPath, cancel);
            return new AuditRecord(journal, memory, findingJournal, findings);
        }
        catch (Exception failure) when (failure is InvalidDataException or AuditDocumentException)
        {
            throw new AuditException($"{failure.Message}: give another folder", failure);
        }
    }

    /// <summary>A seed for a new audit.</summary>
    public static byte[] NewSeed() => RandomNumberGenerator.GetBytes(Permutation.SeedBytes);

    /// <summary>Writes an open port down.</summary>
    /// <returns>
    /// The ports of the host to probe: none where the port was known, more than one where the host was done in an earlier run,
    /// so that its finding is whole.
    /// </returns>
    /// <param name="isSeen">Whether it was seen to listen, and not only named.</param>
    public IReadOnlyCollection<int> Found(IPAddress address, int port, bool isSeen)
    {
        lock (_lock)
        {
            if (isSeen)
            {
                _listening.Add((address, port));
            }
            if (!_known.Add((address, port)))
            {
                return [];
            }
        }
        _journal.Found(address, port, isSeen);
        lock (_lock)
        {
            if (!_before.Remove(address, out var ports))
            {
                return [port];
            }
            ports.Add(port);
            return ports;
        }
    }

    /// <summary>Writes down what a host showed. Nothing is kept of one that speaks neither protocol.</summary>
    /// <returns>Whether it says something new: a system, or another verdict about one.</returns>
    public bool Keep(Finding finding)
    {
        _findingJournal.Append(finding);
        lock (_lock)
        {
            var before = _findings.GetValueOrDefault(finding.Address);
            _findings[finding.Address] = finding;
            return before is null
                || (before.QueryOpen, before.RetrieveOpen, before.RecordsVisible)
                    != (finding.QueryOpen, finding.RetrieveOpen, finding.RecordsVisible);
        }
    }

    /// <summary>Writes down that a port is probed, after what it showed was kept.</summary>
    /// <param name="isListening">Whether a connection came about.</param>
    /// <param name="givenUp">Why it was given up; null where it was not.</param>
    public void Done(IPAddress address, int port, bool isListening, string? givenUp)
    {
        lock (_lock)
        {
            if (givenUp is null)
            {
                _givenUp.Remove((address, port));
            }
            else
            {
                _givenUp[(address, port)] = givenUp;
            }
            if (isListening)
            {
                _listening.Add((address, port));
            }
        }
        _journal.Done(address, port, isListening, givenUp);
    }

    /// <summary>Has all ports of a host probed again when another one is found.</summary>
    public void Forget(IPAddress address, IEnumerable<int> ports)
    {
        lock (_lock)
        {
            _before[address] = [.. ports];
        }
    }

    /// <summary>Writes down where the scan stands.</summary>
    public void At(ScanPosition position, Dictionary<string, long> refused) => _journal.At(position, refused);

    public void Dispose()
    {
        _journal.Dispose();
        _findingJournal.Dispose();
    }

    private static int Compare(IPAddress one, IPAddress other)
    {
        var (a, b) = (one.GetAddressBytes(), other.GetAddressBytes());
        return a.Length == b.Length ? a.AsSpan().SequenceCompareTo(b) : a.Length - b.Length;
    }
}
