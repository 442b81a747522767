using System.Buffers;
using System.Net;
using Leadglass.Access;
using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Edge;
using Leadglass.Sealing;
using Leadglass.Server.Associations;

namespace Leadglass.Server.Edges;

/// <summary>
/// An envelope on its way from an edge. It is opened chunk by chunk as it comes, and what is in it goes on as if the device
/// that brought it to the edge had sent it here: nothing of it is acknowledged before its end has proved to be the sealed
/// one. In clear it is never whole in memory, and never on a disk.
/// </summary>
internal sealed class ArrivingEnvelope : IIncomingInstance, IAsyncDisposable
{
    private static readonly DimseStatus CannotBeOpened = DimseStatus.CannotUnderstand with
    {
        Comment = "the envelope cannot be opened here",
    };

    private readonly ArchiveHost _host;
    private readonly ServerLog _log;
    private readonly DeviceIdentity _edge;
    private readonly Guid _envelope;
    private readonly StoreTally _tally;
    private readonly CoercionNotes _notes;
    private readonly EnvelopeReader _reader;
    private readonly OpenedBytes _buffers;
    private readonly ArrayBufferWriter<byte> _opened;
    private IIncomingInstance? _content;
    private DimseStatus? _refusal;
    private bool _isDisposed;

    public ArrivingEnvelope(
        ArchiveHost host,
        ServerLog log,
        DeviceIdentity edge,
        Guid envelope,
        StoreTally tally,
        CoercionNotes notes,
        OpenedBytes buffers
    )
    {
        (_buffers, _opened) = (buffers, buffers.Take());
        (_host, _log, _edge, _envelope, _tally, _notes) = (host, log, edge, envelope, tally, notes);
        _reader = new EnvelopeReader(
            host.EdgeKey,
            new EnvelopeIds(EdgeKeys.ArchiveId(host.Identity), edge.Device.Edge!.Id, envelope)
        );
    }

    public async ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
    {
        if (_refusal is null && TryOpen(() => _reader.Write(fragment, _opened)))
        {
            await PassOnAsync(cancellationToken);
        }
    }

    public async ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_refusal is null && TryOpen(() => _reader.Complete(_opened)))
            {
                await PassOnAsync(cancellationToken);
            }

            if (_refusal is { } refused)
            {
                return refused;
            }

            var content = _content!;
            _content = null;
            var status = await content.CompleteAsync(cancellationToken);
            await _tally.RecordWhenDueAsync(_host.Clock, cancellationToken);
            return status;
        }
        finally
        {
            await DisposeAsync();
        }
    }

    public ValueTask AbandonAsync() => DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _reader.Dispose();
            _buffers.GiveBack(_opened);
        }

        if (_content is { } content)
        {
            _content = null;
            await content.AbandonAsync();
        }
    }

    /// <summary>Hands on what is open so far, once it is known whose it is.</summary>
    private async ValueTask PassOnAsync(CancellationToken cancellationToken)
    {
        if (_content is null && _reader.Description is { } description && (_content = Begin(description)) is null)
        {
            return;
        }

        if (_content is not null && _opened.WrittenCount > 0)
        {
            await _content.WriteAsync(new ReadOnlySequence<byte>(_opened.WrittenMemory), cancellationToken);
            _opened.ResetWrittenCount();
        }
    }

    /// <summary>Whose it is and what: null with a refusal where the archive does not take it.</summary>
    private IIncomingInstance? Begin(EnvelopeDescription description)
    {
        _ = IPAddress.TryParse(description.Source, out var source);
        if (
            _host.Policy.IdentifyBehind(_edge, description.Scanner, source)
                is not Identification.Known { Identity: var device }
            || _host.Policy.Decide(device, Operation.Store) is not AccessDecision.Granted { Grant: var grant }
        )
        {
            _refusal = _host.Policy.Admits(_edge)
                ? DimseStatus.NotAuthorized with
                {
                    Comment = "the device is not listed behind this edge now",
                }
                : EdgeAssociation.ShutOut;
            return null;
        }

        if (description.Kind is EnvelopeKind.CommitmentRequest)
        {
            return new ArrivingCommitment(_host, device, _edge, _envelope, description.CallingAeTitle);
        }

        if (
            !SopClassUid.TryParse(description.SopClass, out var sopClass)
            || !SopInstanceUid.TryParse(description.SopInstance, out var sopInstance)
            || TransferSyntax.Find(description.TransferSyntax ?? "") is not { IsStorable: true } syntax
        )
        {
            _refusal = DimseStatus.CannotUnderstand with { Comment = "the envelope does not tell what is in it" };
            return null;
        }

        var rules = device.Device.Behind?.Coercion;
        if (rules is not null && syntax.IsDeflated)
        {
            _refusal = DimseStatus.CannotUnderstand with { Comment = "coercion rules do not reach into deflated data" };
            return null;
        }

        var arriving = _host.Archive.Ingest.Begin(
            grant,
            new IngestRequest
            {
                SopClass = sopClass,
                SopInstance = sopInstance,
                TransferSyntax = syntax,
                NegotiatedStorageSopClasses = [.. description.NegotiatedStorageSopClasses],
                DefaultIssuer = device.Device.DefaultIssuer,
            }
        );
        var instance = new ArrivingInstance(arriving, grant, _tally);
        return rules is null ? instance : new CoercedInstance(instance, _host.Policy, grant, rules, syntax, _notes);
    }

    /// <summary>Whether what came opens; else it is refused, noted and of no further interest.</summary>
    private bool TryOpen(Action open)
    {
        try
        {
            open();
            return true;
        }
        catch (Exception failure) when (failure is SealingException or EdgeWireException)
        {
            _refusal = CannotBeOpened;
            _opened.Clear();
            _host.Policy.NoteEnvelope(_edge);
            _log.EnvelopeRefused(_edge.Name, failure.GetType().Name);
            return false;
        }
    }
}
