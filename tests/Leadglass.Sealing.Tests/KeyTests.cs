using CsCheck;
using Leadglass.Testing;

namespace Leadglass.Sealing.Tests;

/// <summary>Keys are there when needed, gone when destroyed, and worth nothing without the master key.</summary>
public sealed class KeyTests : IDisposable
{
    private readonly MasterKey _master = MasterKey.Create();
    private readonly FaultyDisk _disk = new(seed: 3);

    public void Dispose() => _master.Dispose();

    [Fact]
    public void EveryStudyGetsAKeyOfItsOwnWithoutAFlush()
    {
        using var ring = KeyRing.Open(_disk.Root, _master);
        ring.TakeFresh();
        var steps = _disk.Steps;
        var ids = Enumerable.Range(1, KeyRing.BatchSize - 1).Select(_ => ring.TakeFresh().Id).ToHashSet();
        Assert.Equal(KeyRing.BatchSize - 1, ids.Count);
        Assert.Equal(steps, _disk.Steps);
    }

    [Fact]
    public void AKeyIsTheSameAfterTheNextStart()
    {
        byte[] row;
        KeyId id;
        using (var ring = KeyRing.Open(_disk.Root, _master))
        {
            var key = ring.TakeFresh();
            id = key.Id;
            using var rows = new RowSealer(key);
            row = rows.Seal("content"u8, []);
        }

        using var reopened = KeyRing.Open(_disk.Root, _master);
        using var again = new RowSealer(reopened.Find(id));
        Assert.Equal("content"u8, again.Open(row, []));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NoKeyIsGivenOutTwice(bool orderly)
    {
        var taken = new HashSet<KeyId>();
        for (var start = 0; start < 10; start++)
        {
            using var ring = KeyRing.Open(_disk.Root, _master);
            for (var i = 0; i < 100; i++)
            {
                Assert.True(taken.Add(ring.TakeFresh().Id));
            }

            if (orderly)
            {
                ring.Close();
            }

            _disk.KillProcess();
        }

        using var last = KeyRing.OpenReadOnly(_disk.Root, _master);
        Assert.Equal(orderly ? 1024 : 2560, last.Count);
    }

    [Fact]
    public void ADestroyedKeyIsGoneFromMemoryAndFile()
    {
        using var ring = KeyRing.Open(_disk.Root, _master);
        var key = ring.TakeFresh();
        var kept = ring.TakeFresh();
        var generation = ring.Generation;
        ring.Destroy(key.Id);

        Assert.Throws<ObjectDisposedException>(() => key.Derive("rows", new byte[32]));
        Assert.True(Assert.Throws<KeyUnavailableException>(() => ring.Find(key.Id)).IsDestroyed);
        Assert.True(ring.Generation > generation);
        ring.Destroy(key.Id);

        using var reopened = KeyRing.Open(_disk.Root, _master);
        Assert.Equal(KeyState.Destroyed, reopened.StateOf(key.Id));
        Assert.Equal(KeyState.Held, reopened.StateOf(kept.Id));
        Assert.Equal(KeyState.Unknown, reopened.StateOf(KeyId.Create()));
        Assert.Equal(kept.Id, reopened.Find(kept.Id).Id);
        Assert.False(Assert.Throws<KeyUnavailableException>(() => reopened.Find(KeyId.Create())).IsDestroyed);
    }

    [Fact]
    public void TheWrongMasterKeyIsToldFromDamage()
    {
        using (var ring = KeyRing.Open(_disk.Root, _master))
        {
            ring.TakeFresh();
        }

        using var other = MasterKey.Create();
        var wrong = Assert.Throws<WrongMasterKeyException>(() => KeyRing.Open(_disk.Root, other));
        Assert.Equal(_master.Id, wrong.Expected);
        Assert.Contains("--keys", wrong.Message, StringComparison.Ordinal);

        var bytes = ReadAll("00000001.keys");
        for (var i = 0; i < 60; i++)
        {
            var offset = i * bytes.Length / 60;
            _disk.Rot("00000001.keys", offset, 0x04);
            Assert.ThrowsAny<SealingException>(() => KeyRing.Open(_disk.Root, _master));
            _disk.Rot("00000001.keys", offset, 0x04);
        }

        using var sound = KeyRing.Open(_disk.Root, _master);
    }

    [Fact]
    public void AMissingPartOfTheKeyringIsNotOverlooked()
    {
        using (var ring = KeyRing.Open(_disk.Root, _master))
        {
            for (var i = 0; i < 1500; i++)
            {
                ring.TakeFresh();
            }
        }

        _disk.Root.Delete("00000001.keys");
        Assert.Throws<SealBrokenException>(() => KeyRing.Open(_disk.Root, _master));
    }

    /// <summary>Wherever the power goes: keys given out are there, keys destroyed stay destroyed, the ring opens.</summary>
    [Fact]
    public void TheKeyringSurvivesPowerCutsAtEveryStep()
    {
        for (var seed = 0; seed < 250; seed++)
        {
            var disk = new FaultyDisk(seed);
            var (taken, destroyed) = (new HashSet<KeyId>(), new HashSet<KeyId>());
            KeyId? beingDestroyed = null;
            for (var round = 0; round < 3; round++)
            {
                disk.CutAtStep = disk.Steps + 1 + ((seed + (round * 7)) % 25);
                try
                {
                    using var ring = KeyRing.Open(disk.Root, _master);
                    for (var i = 0; i < 3; i++)
                    {
                        for (var j = 0; j < 100; j++)
                        {
                            Assert.True(taken.Add(ring.TakeFresh().Id));
                        }

                        beingDestroyed = taken.First(id => !destroyed.Contains(id));
                        ring.Destroy(beingDestroyed.Value);
                        destroyed.Add(beingDestroyed.Value);
                        beingDestroyed = null;
                    }

                    ring.Close();
                }
                catch (PowerCutException)
                {
                    // What follows is checked below.
                }

                disk.CutPower();
                using var after = KeyRing.Open(disk.Root, _master);
                foreach (var id in taken.Where(id => id != beingDestroyed))
                {
                    Assert.Equal(destroyed.Contains(id) ? KeyState.Destroyed : KeyState.Held, after.StateOf(id));
                }

                if (beingDestroyed is { } doubtful)
                {
                    after.Destroy(doubtful);
                    destroyed.Add(doubtful);
                    beingDestroyed = null;
                }

                disk.KillProcess();
            }
        }
    }

    [Fact]
    public void AFullDiskMakesNoKeysAndLosesNone()
    {
        using var ring = KeyRing.Open(_disk.Root, _master);
        var first = ring.TakeFresh().Id;
        _disk.CapacityBytes = 20_000;
        Assert.Throws<DiskFullException>(() =>
        {
            for (var i = 0; i < 300; i++)
            {
                ring.TakeFresh();
            }
        });
        Assert.Equal(first, ring.Find(first).Id);
        _disk.CapacityBytes = long.MaxValue;
        ring.TakeFresh();
        using var reopened = KeyRing.Open(_disk.Root, _master);
        Assert.Equal(2 * KeyRing.BatchSize, reopened.Count);
    }

    [Fact]
    public void TokensAreTheSameForTheSameAndUnrelatedOtherwise()
    {
        using var patients = new Tokenizer(_master, "patient");
        using var studies = new Tokenizer(_master, "study");
        Assert.Equal(studies.Compute("1.2.3"), studies.Compute("1.2.3"u8));
        Assert.NotEqual(studies.Compute("1.2.3"), patients.Compute("1.2.3"));
        Assert.NotEqual(patients.Compute("AB", "C"), patients.Compute("A", "BC"));
        Assert.NotEqual(patients.Compute("AB", ""), patients.Compute("AB"));
        Assert.Equal(studies.Compute(new string('1', 5000)), studies.Compute(new string('1', 5000)));
        using var otherMaster = MasterKey.Create();
        using var others = new Tokenizer(otherMaster, "study");
        Assert.NotEqual(studies.Compute("1.2.3"), others.Compute("1.2.3"));
    }

    [Fact]
    public void TheMasterKeyComesBackFromItsFile()
    {
        MasterKeyFile.Write(_disk.Root, _master);
        Assert.Throws<DurableIOException>(() => MasterKeyFile.Write(_disk.Root, _master));
        _disk.CutPower();
        using var read = MasterKeyFile.Read(_disk.Root);
        Assert.Equal(_master.Id, read!.Id);
        for (var offset = 0; offset < ReadAll(MasterKeyFile.Name).Length; offset++)
        {
            _disk.Rot(MasterKeyFile.Name, offset, 0x01);
            Assert.Throws<SealedFormatException>(() => MasterKeyFile.Read(_disk.Root));
            _disk.Rot(MasterKeyFile.Name, offset, 0x01);
        }

        Assert.Null(MasterKeyFile.Read(_disk.Root.Folder("empty")));
    }

    [Fact]
    public void TheRecoveryKeyBringsTheMasterKeyBack()
    {
        using var recovery = RecoveryKey.Create();
        recovery.Wrap(_disk.Root, _master);
        var shown = recovery.Reveal();
        Assert.Equal(47, shown.Length);

        var typed = shown.ToLowerInvariant().Replace('0', 'o').Replace('1', 'l').Replace('-', ' ');
        using var read = RecoveryKey.TryParse(typed);
        using var master = read!.Unwrap(_disk.Root);
        Assert.Equal(_master.Id, master.Id);

        using var other = RecoveryKey.Create();
        Assert.Throws<SealBrokenException>(() => other.Unwrap(_disk.Root));
    }

    [Fact]
    public void AMistypedRecoveryKeyIsNoticed()
    {
        using var recovery = RecoveryKey.Create();
        var shown = recovery.Reveal();
        var noticed = 0;
        for (var i = 0; i < shown.Length; i++)
        {
            var typed = shown.ToCharArray();
            typed[i] = typed[i] == '7' ? '8' : '7';
            noticed += RecoveryKey.TryParse(typed) is null ? 1 : 0;
        }

        Assert.InRange(noticed, shown.Length - 1, shown.Length);
        Assert.Null(RecoveryKey.TryParse(shown.AsSpan(1)));
        Assert.Null(RecoveryKey.TryParse(shown + "0"));
        Assert.Null(RecoveryKey.TryParse(""));
        Gen.String.Sample(text => Assert.Null(RecoveryKey.TryParse(text)), iter: 200, threads: 1);
    }

    private byte[] ReadAll(string name)
    {
        using var file = _disk.Root.Open(name, FileAccess.Read);
        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        return bytes;
    }
}
