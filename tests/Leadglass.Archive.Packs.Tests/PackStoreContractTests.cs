using Leadglass.Contract;
using Leadglass.Sealing;

namespace Leadglass.Archive.Packs.Tests;

/// <summary>Packs on a real disk do what every blob store does.</summary>
public sealed class PackStoreContractTests : BlobStoreContract, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("leadglass-packs-");

    public void Dispose() => _folder.Delete(recursive: true);

    protected override Task<IBlobStore> CreateAsync() => Task.FromResult<IBlobStore>(Open());

    protected override async Task<IBlobStore?> ReopenAsync(IBlobStore store)
    {
        await store.DisposeAsync();
        return Open();
    }

    private PackStore Open() =>
        PackStore.Open(DurableFolder.Open(_folder.FullName), new PackStoreOptions(), TimeProvider.System);
}
