namespace Leadglass.Sealing.Tests;

/// <summary>The port on a real disk of Linux.</summary>
public sealed class DurableFolderTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("leadglass-durable-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void WhatIsMadeIsForItsOwnerOnly()
    {
        var folder = DurableFolder.Open(Path.Combine(_directory.FullName, "data")).Folder("state");
        using (var file = folder.Create("secret"))
        {
            file.Write(0, "x"u8);
            file.Sync();
        }

        folder.Sync();
        var path = Path.Combine(_directory.FullName, "data", "state");
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(path)
        );
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(path, "secret"))
        );
    }

    [Fact]
    public void BytesAreWrittenReadCutAndListed()
    {
        var folder = DurableFolder.Open(_directory.FullName);
        using var file = folder.Create("b");
        file.Write(10, "some bytes"u8);
        file.Write(20, "end"u8);
        Assert.Equal(23, file.Length);
        var tail = new byte[10];
        Assert.Equal(3, file.Read(20, tail));
        Assert.Equal("end"u8, tail.AsSpan(0, 3));
        file.Truncate(5);
        file.Sync();
        Assert.Equal(5, file.Length);
        folder.Rename("b", "a");
        Assert.True(folder.Exists("a"));
        Assert.False(folder.Exists("b"));
        Assert.Equal(["a"], folder.List());
        folder.Delete("a");
        folder.Sync();
        Assert.Empty(folder.List());
        Assert.InRange(folder.Space.AvailableBytes, 1, folder.Space.TotalBytes);
    }

    [Fact]
    public void BlocksWrittenPastThePageCacheAreReadThroughIt()
    {
        var folder = DurableFolder.Open(_directory.FullName);
        using var file = folder.Create("blocks");
        var buffer = new BlockBuffer(3 * BlockBuffer.BlockBytes);
        file.Write(0, new byte[BlockBuffer.BlockBytes]);
        for (var round = 0; round < 3; round++)
        {
            var content = Records.Content(2 * BlockBuffer.BlockBytes, round);
            content.CopyTo(buffer.Span);
            file.WriteBlocks(BlockBuffer.BlockBytes, buffer.Span[..content.Length]);
            file.Sync();
            var read = new byte[content.Length];
            Assert.Equal(read.Length, file.Read(BlockBuffer.BlockBytes, read));
            Assert.Equal(content, read);
            file.Write(BlockBuffer.BlockBytes + 5, "between"u8);
            Assert.Equal(7, file.Read(BlockBuffer.BlockBytes + 5, read.AsSpan(0, 7)));
            Assert.Equal("between"u8, read.AsSpan(0, 7));
        }
    }

    [Fact]
    public void EveryFailureCarriesItsErrno()
    {
        var folder = DurableFolder.Open(_directory.FullName);
        Assert.Equal(
            Errnos.NoEntry,
            Assert.Throws<DurableIOException>(() => folder.Open("none", FileAccess.Read)).Errno
        );
        using var file = folder.Create("one");
        Assert.Equal(Errnos.Exists, Assert.Throws<DurableIOException>(() => folder.Create("one")).Errno);
        Assert.Equal(Errnos.NoEntry, Assert.Throws<DurableIOException>(() => folder.Delete("none")).Errno);
        using var readOnly = folder.Open("one", FileAccess.Read);
        Assert.Throws<DurableIOException>(() => readOnly.Write(0, "x"u8));
        Assert.Throws<ArgumentException>(() => folder.Open("../one", FileAccess.Read));
    }

    [Fact]
    public void AFullDeviceIsToldFromAFailingOne()
    {
        var devices = DurableFolder.Open("/dev");
        using var full = devices.Open("full", FileAccess.ReadWrite);
        Assert.Equal(Errnos.NoSpace, Assert.Throws<DiskFullException>(() => full.Write(0, "x"u8)).Errno);
    }

    [Fact]
    public void AfterAFailedFlushTheFileTakesNothingMore()
    {
        var devices = DurableFolder.Open("/dev");
        using var file = devices.Open("null", FileAccess.ReadWrite);
        Assert.Throws<DurableIOException>(file.Sync);
        Assert.Throws<PoisonedFileException>(() => file.Write(0, "x"u8));
        Assert.Throws<PoisonedFileException>(file.Sync);
    }
}
