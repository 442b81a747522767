using System.Buffers;
using System.IO.Pipelines;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Imaging;

namespace Leadglass.Server.DicomWeb;

/// <summary>One instance on its way out as a PS3.10 file.</summary>
internal sealed class OutgoingInstance(OpenedInstance opened, TransferSyntax wanted, InstanceTranscoder transcoder)
{
    private readonly ReadOnlyMemory<byte> _start = DicomFile.StartOf(
        FileMetaInformation.Create(opened.Instance.SopClass, opened.Instance.SopInstance, wanted)
    );

    /// <summary>How long the file is, where that is known beforehand.</summary>
    public long? LengthBytes => wanted == opened.TransferSyntax ? _start.Length + opened.LengthBytes : null;

    /// <summary>Writes it.</summary>
    /// <param name="begin">Writes what goes before the file; not called when nothing of the file can be given.</param>
    /// <returns>False: nobody reads any more.</returns>
    public async ValueTask<bool> CopyAsync(PipeWriter output, Action<PipeWriter> begin, CancellationToken cancel)
    {
        var sink = new DeferredWriter(
            output,
            writer =>
            {
                begin(writer);
                writer.Write(_start.Span);
            }
        );
        if (opened.TransferSyntax.IsEncapsulated && wanted != opened.TransferSyntax)
        {
            await transcoder.WriteAsync(await StoredFrames.OfAsync(opened, cancel), sink, cancel);
        }
        else
        {
            await opened.CopyDataSetAsync(sink, wanted, cancel);
        }

        // A data set without any attribute has no byte, its file has.
        await sink.FlushAsync(cancel);
        return !sink.IsAbandoned;
    }
}
