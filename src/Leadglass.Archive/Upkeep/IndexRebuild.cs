using Leadglass.Access;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Makes the index anew from packs and keyring alone. The caller gives an empty index, in a file of its own, and puts it
/// in the former one's place when this has returned.
/// </summary>
public static class IndexRebuild
{
    /// <summary>Indexes every committed record, in the order of commits.</summary>
    /// <param name="index">Empty.</param>
    /// <param name="progress">Told after each transaction how many records were read; may be null.</param>
    /// <exception cref="ArgumentException">The index is not empty.</exception>
    /// <exception cref="IndexFullException">There is no room for it.</exception>
    public static async Task<CatchUpReport> RunAsync(
        MasterKey master,
        KeyRing ring,
        IBlobStore blobs,
        IStudyIndex index,
        MaintenanceGrant grant,
        IProgress<long>? progress,
        CancellationToken cancellationToken
    )
    {
        if (index.Mark != default)
        {
            throw new ArgumentException("an index is made anew into an empty one", nameof(index));
        }

        using var keys = new ArchiveKeys(master, ring);
        return await new IndexUpkeep(blobs, index, keys, new StudyDirectory(), grant).CatchUpAsync(
            cancellationToken,
            progress
        );
    }
}
