using System.IO.Pipelines;

namespace Leadglass.Dicom.Network.Tests.Peers;

/// <summary>Two ends of a connection in memory, with the back-pressure of a real one.</summary>
internal sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;

    public static (IDuplexPipe One, IDuplexPipe Other) Pair(int heldBytesMax = 256 * 1024)
    {
        var options = new PipeOptions(
            pauseWriterThreshold: heldBytesMax,
            resumeWriterThreshold: heldBytesMax / 2,
            useSynchronizationContext: false
        );
        var there = new Pipe(options);
        var back = new Pipe(options);
        return (new DuplexPipe(back.Reader, there.Writer), new DuplexPipe(there.Reader, back.Writer));
    }
}
