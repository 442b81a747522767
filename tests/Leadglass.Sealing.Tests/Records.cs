namespace Leadglass.Sealing.Tests;

/// <summary>Opens whole records for tests that only compare.</summary>
internal static class Records
{
    public static byte[][] OpenAll(byte[] record, DataKey key, int runs)
    {
        using var opener = Complete(
            RecordOpener.OpenAsync(new MemorySealedSource(record), key, CancellationToken.None)
        );
        var contents = new byte[runs][];
        for (var run = 0; run < runs; run++)
        {
            contents[run] = Complete(opener.ReadRunAsync((RecordRun)run, int.MaxValue, CancellationToken.None));
        }

        return contents;
    }

    /// <summary>Everything here lies in memory, so nothing is ever waited for.</summary>
    public static T Complete<T>(ValueTask<T> task)
    {
        Assert.True(task.IsCompleted);
        return task.GetAwaiter().GetResult();
    }
}
