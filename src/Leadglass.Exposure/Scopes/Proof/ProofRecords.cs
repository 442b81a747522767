using System.Collections.Immutable;
using System.Net;
using DnsClient;
using DnsClient.Protocol;

namespace Leadglass.Exposure;

/// <summary>The DNS as proofs of control ask it: bounded in time and answers; any failure is an empty answer.</summary>
public sealed class ProofRecords
{
    private const int RecordsMax = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly LookupClient? _client;

    /// <summary>Asks the name servers of this machine.</summary>
    public ProofRecords()
    {
        try
        {
            _client = new LookupClient(Options(new LookupClientOptions()));
        }
        catch (InvalidOperationException)
        {
            // This machine knows no name server: nothing is proved by the DNS.
        }
    }

    /// <summary>Asks these name servers.</summary>
    public ProofRecords(params IPEndPoint[] servers) =>
        _client = new LookupClient(Options(new LookupClientOptions(servers)));

    internal async Task<ImmutableArray<string>> TextsAsync(string name, CancellationToken cancel) =>
        [
            .. (await AskAsync(name, QueryType.TXT, cancel))
                .OfType<TxtRecord>()
                .Select(record => string.Concat(record.Text)),
        ];

    /// <summary>The names that an address's own reverse DNS gives it, in lower case.</summary>
    internal async Task<ImmutableArray<string>> NamesAsync(UInt128 address, CancellationToken cancel) =>
        [
            .. (await AskAsync(ReverseZone.Of(address), QueryType.PTR, cancel))
                .OfType<PtrRecord>()
                .Select(record => record.PtrDomainName.Value.TrimEnd('.').ToLowerInvariant()),
        ];

    internal async Task<ImmutableArray<IPAddress>> AddressesAsync(string name, CancellationToken cancel) =>
        [
            .. (await AskAsync(name, QueryType.A, cancel))
                .Concat(await AskAsync(name, QueryType.AAAA, cancel))
                .OfType<AddressRecord>()
                .Select(record => record.Address),
        ];

    private static LookupClientOptions Options(LookupClientOptions options)
    {
        options.UseCache = false;
        options.Timeout = Patience;
        options.Retries = 1;
        options.ThrowDnsErrors = false;
        options.UseTcpFallback = true;
        return options;
    }

    private async Task<IEnumerable<DnsResourceRecord>> AskAsync(string name, QueryType type, CancellationToken cancel)
    {
        if (_client is null)
        {
            return [];
        }

        try
        {
            var answer = await _client.QueryAsync(name, type, cancellationToken: cancel);
            return answer.HasError ? [] : answer.Answers.Take(RecordsMax);
        }
        // The edge to whoever answers for the DNS: what cannot be read proves nothing.
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            return [];
        }
    }
}
