using Leadglass.Contract;

namespace Leadglass.Archive.Tests;

/// <summary>The adapters in memory, on which the use cases are tested, keep the ports' words too.</summary>
public sealed class MemoryBlobStoreTests : BlobStoreContract
{
    protected override Task<IBlobStore> CreateAsync() => Task.FromResult<IBlobStore>(new MemoryBlobStore());

    protected override Task<IBlobStore?> ReopenAsync(IBlobStore store) => Task.FromResult<IBlobStore?>(store);
}

/// <inheritdoc cref="MemoryBlobStoreTests" />
public sealed class MemoryStudyIndexTests : StudyIndexContract
{
    protected override Task<IStudyIndex> CreateAsync() => Task.FromResult<IStudyIndex>(new MemoryStudyIndex());

    protected override Task<IStudyIndex?> ReopenAsync(IStudyIndex index) => Task.FromResult<IStudyIndex?>(index);
}
