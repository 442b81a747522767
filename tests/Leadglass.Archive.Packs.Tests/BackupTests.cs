using System.Text;
using Leadglass.Access;
using Leadglass.Sealing;
using Leadglass.Testing;

namespace Leadglass.Archive.Packs.Tests;

/// <summary>A backup brings back everything that it was made of, or says what is wrong with it.</summary>
public sealed class BackupTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly MaintenanceGrant Grant = AccessPolicy.Maintain(MaintenanceTask.Backup);
    private readonly FaultyDisk _data = new(seed: 1);
    private readonly FaultyDisk _backup = new(seed: 2);
    private readonly FaultyDisk _restored = new(seed: 3);
    private readonly MasterKey _master = MasterKey.Create();

    public void Dispose() => _master.Dispose();

    [Fact]
    public async Task WhatIsRestoredIsWhatWasBackedUp()
    {
        await StoreAsync(20);
        var first = await BackUpAsync();
        await StoreAsync(5);
        var second = await BackUpAsync();
        Assert.True(second.CopiedBytes < first.CopiedBytes, $"{second.CopiedBytes} bytes after {first.CopiedBytes}");

        var report = await RestoreAsync();
        Assert.Equal(second.Generation, report.Generation);
        Assert.Equal(Contents(_data), Contents(_restored));

        await using var packs = PackStore.Open(
            _restored.Root.Folder("packs"),
            new PackStoreOptions(),
            TimeProvider.System
        );
        using var ring = KeyRing.Open(_restored.Root.Folder("state").Folder("keyring"), _master);
        var records = await packs.ReplayAsync(default, None).ToListAsync();
        Assert.Equal(25, records.Count);
        Assert.All(records, record => Assert.Null(record.Damage));
    }

    [Fact]
    public async Task KeysErasedSinceAreGoneFromTheGenerationsKept()
    {
        await StoreAsync(1);
        KeyId erased;
        using (var ring = KeyRing.Open(_data.Root.Folder("state").Folder("keyring"), _master))
        {
            erased = ring.TakeFresh().Id;
        }

        await BackUpAsync();
        using (var ring = KeyRing.Open(_data.Root.Folder("state").Folder("keyring"), _master))
        {
            ring.Destroy(erased);
        }

        for (var i = 0; i < 3; i++)
        {
            await BackUpAsync();
        }

        var generations = _backup.Root.Folder("generations");
        Assert.Equal(2, generations.List().Count);
        foreach (var name in generations.List())
        {
            var keyring = generations.Folder(name).Folder("state").Folder("keyring");
            using var ring = KeyRing.OpenReadOnly(keyring, _master);
            Assert.Equal(KeyState.Destroyed, ring.StateOf(erased));
        }
    }

    [Fact]
    public async Task TheMasterKeyIsNeverInABackup()
    {
        await StoreAsync(1);
        MasterKeyFile.Write(_data.Root.Folder("keys"), _master);
        await BackUpAsync();
        await RestoreAsync();
        Assert.DoesNotContain("keys", _restored.Root.List());
        Assert.DoesNotContain(MasterKeyFile.Name, Contents(_backup), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADamagedBackupIsRefused()
    {
        await StoreAsync(3);
        await BackUpAsync();
        _backup.Root.Folder("packs").Delete("00000001.pack");
        await Assert.ThrowsAsync<BackupException>(RestoreAsync);

        await BackUpAsync();
        using (var file = _backup.Root.Folder("packs").Open("00000001.pack", FileAccess.ReadWrite))
        {
            file.Write(5000, [1, 2, 3]);
        }

        _restored.Root.Folder("other");
        await Assert.ThrowsAsync<BackupException>(async () =>
            await ArchiveBackup.RestoreAsync(_backup.Root, _restored.Root.Folder("other"), Grant, null, None)
        );
    }

    [Fact]
    public async Task AnArchiveIsNeverRestoredOverAnother()
    {
        await StoreAsync(1);
        await BackUpAsync();
        await Assert.ThrowsAsync<BackupException>(async () =>
            await ArchiveBackup.RestoreAsync(_backup.Root, _data.Root, Grant, null, None)
        );
    }

    /// <summary>Wherever the power goes during a backup, the generation before it can be restored.</summary>
    [Fact]
    public async Task ABackupThatBreaksOffLeavesTheFormerOne()
    {
        await StoreAsync(3);
        for (var step = 1; step < 40; step++)
        {
            var backup = new FaultyDisk(step);
            await BackUpAsync(backup, keep: 1);
            var former = Contents(_data);
            await StoreAsync(1);
            backup.CutAtStep = backup.Steps + step;
            try
            {
                await BackUpAsync(backup, keep: 1);
            }
            catch (PowerCutException)
            {
                backup.CutPower();
            }

            backup.CutAtStep = null;
            var restored = new FaultyDisk(step);
            await ArchiveBackup.RestoreAsync(backup.Root, restored.Root, Grant, null, None);
            Assert.True(
                Contents(restored) is var content && (content == former || content == Contents(_data)),
                $"step {step}"
            );
        }
    }

    private async Task StoreAsync(int records)
    {
        using var ring = KeyRing.Open(_data.Root.Folder("state").Folder("keyring"), _master);
        await using var packs = PackStore.Open(
            _data.Root.Folder("packs"),
            new PackStoreOptions { RollOverBytes = 64 * 1024 },
            TimeProvider.System
        );
        for (var i = 0; i < records; i++)
        {
            ring.TakeFresh();
            await packs.AppendAsync([new byte[20_000]], None);
        }

        ring.Close();
        SealedFile.Write(_data.Root.Folder("state"), "devices", _master, "content"u8);
        SealedFile.Delete(_data.Root, "index.db");
        using var index = _data.Root.Create("index.db");
        index.Write(0, "made again from the packs"u8);
    }

    private Task<BackupReport> BackUpAsync() => BackUpAsync(_backup, keep: 2);

    private Task<BackupReport> BackUpAsync(FaultyDisk backup, int keep) =>
        ArchiveBackup.WriteAsync(_data.Root, backup.Root, keep, Grant, TimeProvider.System, progress: null, None);

    private Task<BackupReport> RestoreAsync() =>
        ArchiveBackup.RestoreAsync(_backup.Root, _restored.Root, Grant, progress: null, None);

    private static string Contents(FaultyDisk disk)
    {
        var contents = new StringBuilder();
        Add(disk.Root, "");
        return contents.ToString();

        void Add(IDurableFolder folder, string prefix)
        {
            foreach (var name in folder.List().Where(name => name != "index.db"))
            {
                if (!folder.Exists(name))
                {
                    Add(folder.Folder(name), prefix + name + "/");
                    continue;
                }

                using var file = folder.Open(name, FileAccess.Read);
                var bytes = new byte[file.Length];
                file.Read(0, bytes);
                contents.AppendLine($"{prefix}{name} {Convert.ToHexString(bytes)}");
            }
        }
    }
}
