using Leadglass.Sealing;

namespace Leadglass.Archive.Tests;

/// <summary>How much one device may have waiting.</summary>
public sealed class CommitmentQueueTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("leadglass-");
    private readonly MasterKey _master = MasterKey.Create();

    [Fact]
    public async Task ADeviceWithManyRequestsWaitingLeavesRoomForOthers()
    {
        var queue = await OpenAsync();
        for (var number = 0; number < CommitmentQueue.RequestsPerDeviceMax; number++)
        {
            Assert.True(queue.TryAdd(Request("first", number, 1)));
        }

        Assert.False(queue.TryAdd(Request("first", CommitmentQueue.RequestsPerDeviceMax, 1)));
        Assert.True(queue.TryAdd(Request("second", 0, 1)));
        queue.Remove(Request("first", 0, 1));
        Assert.True(queue.TryAdd(Request("first", CommitmentQueue.RequestsPerDeviceMax, 1)));
    }

    [Fact]
    public async Task ADeviceWithManyInstancesWaitingLeavesRoomForOthers()
    {
        var queue = await OpenAsync();
        Assert.True(queue.TryAdd(Request("first", 1, CommitmentQueue.InstancesPerDeviceMax - 1)));
        Assert.False(queue.TryAdd(Request("first", 2, 2)));
        Assert.True(queue.TryAdd(Request("first", 2, 1)));
        Assert.False(queue.TryAdd(Request("first", 3, 1)));
        Assert.True(queue.TryAdd(Request("second", 1, CommitmentQueue.InstancesPerDeviceMax)));
    }

    public void Dispose()
    {
        _master.Dispose();
        _folder.Delete(recursive: true);
    }

    private Task<CommitmentQueue> OpenAsync() =>
        CommitmentQueue.OpenAsync(DurableFolder.Open(_folder.FullName), _master, CancellationToken.None);

    private static PendingCommitment Request(string device, int number, int instances) =>
        new(
            device,
            "SCANNER",
            $"1.2.3.{number}",
            DateTimeOffset.UnixEpoch,
            [.. Enumerable.Repeat(new PendingInstance("1.2.840.10008.5.1.4.1.1.2", "1.2.4"), instances)]
        );
}
