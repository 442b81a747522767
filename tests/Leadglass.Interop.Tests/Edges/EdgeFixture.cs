using Leadglass.Testing.Processes;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Interop.Tests.Edges;

/// <summary>The tests that share one archive and one edge; they run one after another.</summary>
[CollectionDefinition(nameof(EdgeFixture))]
public sealed class EdgeGroup : ICollectionFixture<EdgeFixture>;

/// <summary>
/// A running archive with an edge, and behind it the scanners CT1 and CT2, which may store, and the workstation WS1, which may
/// query and retrieve. Each test uses studies of its own.
/// </summary>
public sealed class EdgeFixture : IAsyncLifetime
{
    private readonly ArchiveFixture archive = new();
    private EdgeProcess? edge;

    public ArchiveProcess Archive => archive.Archive;

    public EdgeProcess Edge => edge ?? throw new InvalidOperationException("not started");

    /// <summary>Where WS1 is said to listen in clear.</summary>
    public int WorkstationPort { get; } = FreePort.Next();

    public async ValueTask InitializeAsync()
    {
        await archive.InitializeAsync();
        edge = await EdgeProcess.StartNewAsync(
            Archive,
            "EDGE1",
            ("CT1", "CT1", ["--allow", "store"]),
            ("CT2", "CT2", ["--allow", "store"]),
            ("WS1", "WS1", ["--allow", "query,retrieve", "--address", $"127.0.0.1:{WorkstationPort}"])
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (edge is not null)
        {
            await edge.DisposeAsync();
        }

        await archive.DisposeAsync();
    }

    /// <summary>Stores past the edge.</summary>
    public Task StoreDirectlyAsync(IReadOnlyList<RawInstance> instances) =>
        archive.StoreAsync(archive.Scanner, instances);

    /// <summary>C-GET past the edge, with the stored syntax of <paramref name="like"/>.</summary>
    public Task<RawRetrieveResult> GetDirectlyAsync(RawInstance like, byte[] identifier) =>
        ArchivePeer.GetAsync(Archive, archive.Workstation, like, identifier);

    /// <summary>Stores through the edge and expects each to be acknowledged.</summary>
    public async Task StoreAsync(IReadOnlyList<RawInstance> instances)
    {
        await using var association = await Edge.ConnectAsync("CT1", ArchivePeer.Contexts(instances));
        foreach (var instance in instances)
        {
            Assert.Equal(0, await association.StoreAsync(instance));
        }

        await association.ReleaseAsync();
    }
}
