using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Edge;

/// <summary>An instance that comes from the archive and goes to a workstation at the same time; at most 256 KiB are between.</summary>
internal sealed class RelayedInstance(CStoreRequest request, TransferSyntax syntax)
    : IIncomingInstance,
        IOutgoingInstance,
        IAsyncDisposable
{
    private readonly Pipe _between = new(
        new PipeOptions(
            pauseWriterThreshold: 256 * 1024,
            resumeWriterThreshold: 128 * 1024,
            minimumSegmentSize: 64 * 1024
        )
    );
    private readonly TaskCompletionSource<DimseStatus> _outcome = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private bool _isCopied;

    public SopClassUid SopClass => request.SopClass;

    public SopInstanceUid SopInstance => request.SopInstance;

    public IReadOnlyList<TransferSyntax> TransferSyntaxes { get; } = [syntax];

    public async ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
    {
        foreach (var part in fragment)
        {
            _between.Writer.Write(part.Span);
        }

        await _between.Writer.FlushAsync(cancellationToken);
    }

    public async ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
    {
        await _between.Writer.CompleteAsync();
        return await _outcome.Task.WaitAsync(cancellationToken);
    }

    public ValueTask AbandonAsync() => _between.Writer.CompleteAsync(new IOException("the archive has gone"));

    public async ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            var read = await _between.Reader.ReadAsync(cancellationToken);
            foreach (var part in read.Buffer)
            {
                await sink.WriteAsync(part, cancellationToken);
            }

            _between.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                _isCopied = true;
                return;
            }
        }
    }

    /// <summary>What the workstation answered, for the archive.</summary>
    public void Settle(DimseStatus status) => _outcome.TrySetResult(status);

    /// <summary>Whoever took it has ended with it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _between.Reader.CompleteAsync();
        Settle(_isCopied ? DimseStatus.Success : DimseStatus.ProcessingFailure);
    }
}

/// <summary>An instance that the archive could not send: counted and named as failed.</summary>
internal sealed class MissingInstance(SopInstanceUid instance) : IOutgoingInstance
{
    public SopClassUid SopClass { get; } = SopClassUid.Parse(SopClasses.Verification);

    public SopInstanceUid SopInstance => instance;

    /// <summary>None: it is refused before anything is sent.</summary>
    public IReadOnlyList<TransferSyntax> TransferSyntaxes => [];

    public ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    ) => default;
}

/// <summary>Takes what the archive sends for a C-GET and hands it on, one at a time.</summary>
internal sealed class RetrievalRelay : IDimseHandler
{
    private readonly Channel<RelayedInstance> _arriving = Channel.CreateBounded<RelayedInstance>(
        new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true }
    );

    public ChannelReader<RelayedInstance> Arriving => _arriving.Reader;

    public async ValueTask<IIncomingInstance> BeginStoreAsync(
        CStoreRequest request,
        PresentationContext context,
        CancellationToken cancellationToken
    )
    {
        var instance = new RelayedInstance(request, context.TransferSyntax);
        await _arriving.Writer.WriteAsync(instance, cancellationToken);
        return instance;
    }

    /// <summary>Nothing more comes.</summary>
    public void End() => _arriving.Writer.TryComplete();
}
