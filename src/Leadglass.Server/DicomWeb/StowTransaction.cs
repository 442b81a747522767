using System.Buffers;
using System.IO.Pipelines;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;
using Leadglass.Server.Associations;

namespace Leadglass.Server.DicomWeb;

/// <summary>
/// One store request (PS3.18 10.5). Each instance streams into the archive as it arrives and is stored or refused by
/// itself; while one waits for its commit the next one arrives.
/// </summary>
internal sealed class StowTransaction(ArchiveHost host, AccessGrant grant, StudyInstanceUid? study)
{
    /// <summary>Instances that wait for their commit while the next one arrives; enough to share flushes.</summary>
    private const int WaitingMax = 16;

    private readonly GrantLease _lease = new(host.Policy, grant, host.Clock);
    private readonly StoreTally _tally = new();
    private readonly List<Task<StowOutcome>> _outcomes = [];

    /// <summary>Gives the next bytes; empty at the end. They hold until the next call.</summary>
    internal delegate ValueTask<ReadOnlySequence<byte>> ByteSource(CancellationToken cancellationToken);

    /// <summary>The body is one file.</summary>
    public async Task<IReadOnlyList<StowOutcome>> StoreFileAsync(PipeReader body, CancellationToken cancel)
    {
        var source = new BodySource(body);
        try
        {
            await StoreAsync(source.ReadAsync, cancel);
        }
        finally
        {
            source.Release();
        }

        return await CompleteAsync();
    }

    /// <summary>Each part is one file.</summary>
    public Task<IReadOnlyList<StowOutcome>> StorePartsAsync(MultipartReader parts, CancellationToken cancel) =>
        StoreAllAsync(async () =>
        {
            while (await parts.ReadPartAsync(cancel) is { } part)
            {
                if (part.ContentType.Essence == MediaType.Dicom.Essence)
                {
                    await StoreAsync(part.ReadAsync, cancel);
                }
                else
                {
                    Add(Failed(StowReason.CannotUnderstand, "the part is no application/dicom"));
                }
            }
        });

    /// <summary>Stores what a request has; a request that breaks off is told by what was stored of it.</summary>
    public async Task<IReadOnlyList<StowOutcome>> StoreAllAsync(Func<Task> store)
    {
        try
        {
            await store();
        }
        catch (DicomWebException broken) when (_outcomes.Count > 0)
        {
            // What came before is stored and is said to be; only the rest is not.
            Add(Failed(StowReason.CannotUnderstand, Shortened(broken.Detail)));
        }
        catch (AccessRefusedException) when (_outcomes.Count > 0)
        {
            Add(Failed(StowReason.NotAuthorized, "access was withdrawn"));
        }
        catch
        {
            await RecordAsync();
            throw;
        }

        return await CompleteAsync();
    }

    /// <summary>Takes in a data set that is whole in memory.</summary>
    public async Task StoreAsync(DataSet dataSet, TransferSyntax syntax, CancellationToken cancel)
    {
        var (instance, used) = Begin(syntax);
        try
        {
            // Of its very length: a buffer that grows would be there twice.
            var bytes = new ArrayBufferWriter<byte>((int)Math.Max(1, DataSetWriter.Count(dataSet, syntax)));
            DataSetWriter.Write(dataSet, syntax, bytes);
            await instance.WriteAsync(new ReadOnlySequence<byte>(bytes.WrittenMemory), cancel);
        }
        catch
        {
            await instance.DisposeAsync();
            throw;
        }

        await AddAsync(EndAsync(instance, used, null, null));
    }

    /// <summary>Adds an instance that never came as far as the archive.</summary>
    public void Add(StowOutcome outcome) => _outcomes.Add(Task.FromResult(outcome));

    /// <summary>Waits for all, and writes into the trail what became of them.</summary>
    public async Task<IReadOnlyList<StowOutcome>> CompleteAsync()
    {
        var outcomes = await Task.WhenAll(_outcomes);
        await RecordAsync();
        return outcomes;
    }

    public static StowOutcome Failed(ushort reason, string comment) =>
        new(null, null, null, null, reason) { Comment = comment };

    private async Task StoreAsync(ByteSource source, CancellationToken cancel)
    {
        // Group 2 and what came with it; cleared afterwards, since a data set may begin in it.
        var head = new ArrayBufferWriter<byte>(4096);
        try
        {
            if (await ReadStartAsync(source, head, cancel) is not { } start)
            {
                return;
            }

            // Read now: group 2 lies in the head, which does not outlive this method.
            var (sopClass, sopInstance) = (
                start.FileMetaInformation.MediaStorageSopClassUid,
                start.FileMetaInformation.MediaStorageSopInstanceUid
            );
            var (instance, used) = Begin(start.TransferSyntax);
            try
            {
                await instance.WriteAsync(
                    new ReadOnlySequence<byte>(head.WrittenMemory[start.DataSetOffset..]),
                    cancel
                );
                for (
                    var bytes = await source(cancel);
                    !bytes.IsEmpty && !instance.IsRefused;
                    bytes = await source(cancel)
                )
                {
                    await instance.WriteAsync(bytes, cancel);
                }
            }
            catch
            {
                await instance.DisposeAsync();
                throw;
            }

            await AddAsync(EndAsync(instance, used, sopClass, sopInstance));
        }
        finally
        {
            head.Clear();
        }
    }

    /// <summary>The start of a PS3.10 file; null when it is none, which is told.</summary>
    private async ValueTask<DicomFileStart?> ReadStartAsync(
        ByteSource source,
        ArrayBufferWriter<byte> head,
        CancellationToken cancel
    )
    {
        try
        {
            // Tried again only when there is twice as much: bytes that drip in one by one cost no more than others.
            for (var needed = 1; ; )
            {
                var bytes = await source(cancel);
                foreach (var segment in bytes)
                {
                    head.Write(segment.Span);
                }

                if (head.WrittenCount < needed && !bytes.IsEmpty)
                {
                    continue;
                }

                needed = head.WrittenCount * 2;
                if (DicomFileStart.TryRead(head.WrittenMemory, isFinal: bytes.IsEmpty) is not { } start)
                {
                    continue;
                }

                // PS3.10 7.1; what is read without it elsewhere would be guessed here.
                if (start is { HasPrefix: true, Preamble.Length: > 0, FileMetaInformation.TransferSyntaxUid: not null })
                {
                    return start;
                }

                Add(Failed(StowReason.CannotUnderstand, "no preamble, prefix DICM or group 2 with transfer syntax"));
                return null;
            }
        }
        catch (DicomFormatException failure)
        {
            Add(Failed(StowReason.CannotUnderstand, Shortened($"no DICOM file: see {failure.Clause}")));
            return null;
        }
    }

    private (IncomingInstance Instance, AccessGrant Grant) Begin(TransferSyntax syntax)
    {
        var current = _lease.Current;
        var request = new IngestRequest { TransferSyntax = syntax, Study = study };
        return (host.Archive.Ingest.Begin(current, request), current);
    }

    private async Task AddAsync(Task<StowOutcome> outcome)
    {
        _outcomes.Add(outcome);
        if (_outcomes.Count > WaitingMax)
        {
            await _outcomes[^(WaitingMax + 1)];
        }
    }

    /// <summary>The commit goes on though the client has gone: it may have been told by then.</summary>
    private async Task<StowOutcome> EndAsync(
        IncomingInstance instance,
        AccessGrant used,
        SopClassUid? sopClass,
        SopInstanceUid? sopInstance
    )
    {
        await using (instance)
        {
            var outcome = await instance.CompleteAsync(CancellationToken.None);
            _tally.Count(used, outcome);
            var uids = outcome.Instance;
            var isKept = outcome.Result is not IngestResult.Refused;
            return new StowOutcome(
                uids?.SopClass ?? sopClass,
                uids?.Instance ?? sopInstance,
                uids?.Study,
                uids?.Series,
                isKept ? null : outcome.Status,
                isKept && outcome.Status != StorageStatus.Success ? outcome.Status : null
            )
            {
                Comment = outcome.Comment,
            };
        }
    }

    private async Task RecordAsync()
    {
        await Task.WhenAll(_outcomes);
        await _tally.RecordAsync(CancellationToken.None);
    }

    // Error Comment is LO: 64 characters.
    private static string Shortened(string text) => text.Length <= 64 ? text : text[..64];

    /// <summary>A whole body as a source.</summary>
    private sealed class BodySource(PipeReader body)
    {
        private SequencePosition? _given;

        public async ValueTask<ReadOnlySequence<byte>> ReadAsync(CancellationToken cancel)
        {
            Release();
            var read = await body.ReadAsync(cancel);
            _given = read.Buffer.End;
            return read.Buffer;
        }

        public void Release()
        {
            if (_given is { } given)
            {
                _given = null;
                body.AdvanceTo(given);
            }
        }
    }
}
