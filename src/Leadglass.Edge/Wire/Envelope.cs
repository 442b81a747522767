using System.Buffers;
using System.Buffers.Binary;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>What an envelope bears.</summary>
public enum EnvelopeKind
{
    /// <summary>An instance: the description names SOP class, instance and transfer syntax, the rest is its data set.</summary>
    Instance,

    /// <summary>A storage commitment request: the rest is its Action Information in Explicit VR Little Endian.</summary>
    CommitmentRequest,
}

/// <summary>The sealed start of an envelope: how it came to the edge.</summary>
/// <param name="Kind">What it bears.</param>
/// <param name="Scanner">The scanner's device name, as the edge's list has it.</param>
/// <param name="CallingAeTitle">What the scanner called itself.</param>
/// <param name="CalledAeTitle">Whom it called.</param>
/// <param name="Source">The IP address that it came from.</param>
/// <param name="ArrivedAt">When it began to arrive at the edge.</param>
public sealed record EnvelopeDescription(
    EnvelopeKind Kind,
    string Scanner,
    string CallingAeTitle,
    string CalledAeTitle,
    string Source,
    DateTimeOffset ArrivedAt
)
{
    /// <summary>The longest description in bytes.</summary>
    public const int BytesMax = 16 * 1024;

    /// <summary>Affected SOP Class UID (0000,0002) of the C-STORE request.</summary>
    public string? SopClass { get; init; }

    /// <summary>Affected SOP Instance UID (0000,1000) of the C-STORE request.</summary>
    public string? SopInstance { get; init; }

    /// <summary>The transfer syntax of the presentation context.</summary>
    public string? TransferSyntax { get; init; }

    /// <summary>SOP classes that the scanner named as storage classes when it negotiated (PS3.7 D.3.3.6).</summary>
    public IReadOnlyList<string> NegotiatedStorageSopClasses { get; init; } = [];

    /// <summary>Names nothing of the patient.</summary>
    public override string ToString() => $"{nameof(EnvelopeDescription)} {Kind}";
}

/// <summary>Seals what comes to an edge: the description with its length (4 bytes, big-endian), then the bytes as they are.</summary>
public sealed class EnvelopeWriter : IDisposable
{
    private readonly EnvelopeSealer _sealer;

    /// <summary>Begins an envelope.</summary>
    public EnvelopeWriter(
        RecipientPublicKey recipient,
        EnvelopeIds ids,
        EnvelopeDescription description,
        IBufferWriter<byte> output
    )
    {
        _sealer = new EnvelopeSealer(recipient, ids, output);
        var json = WireJson.Write(description, WireJson.Default.EnvelopeDescription);
        if (json.Length > EnvelopeDescription.BytesMax)
        {
            _sealer.Dispose();
            throw new EdgeWireException("the description of an envelope is too long");
        }

        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, json.Length);
        _sealer.Write(length);
        _sealer.Write(json);
    }

    /// <summary>Sealed bytes written so far.</summary>
    public long Length => _sealer.Length;

    /// <summary>Appends bytes of the data set.</summary>
    public void Write(in ReadOnlySequence<byte> dataSet)
    {
        foreach (var part in dataSet)
        {
            _sealer.Write(part.Span);
        }
    }

    /// <summary>Ends the envelope.</summary>
    public void Complete() => _sealer.Complete();

    /// <inheritdoc/>
    public void Dispose() => _sealer.Dispose();
}

/// <summary>
/// Opens an envelope at the archive while it streams in: first the description, then the data set's bytes. What comes out
/// has been authenticated, but only after <see cref="Complete"/> is it known to be whole. Not for use by several threads.
/// </summary>
/// <param name="key">The archive's key.</param>
/// <param name="ids">For whom, by whose connection, and as which envelope it is delivered.</param>
public sealed class EnvelopeReader(RecipientKeyPair key, EnvelopeIds ids) : IDisposable
{
    private readonly EnvelopeOpener _opener = new(key, ids.Archive, ids.Sender, ids.Envelope);
    private ArrayBufferWriter<byte>? _start = new(1024);

    /// <summary>What the envelope bears; null until enough of it has come.</summary>
    public EnvelopeDescription? Description { get; private set; }

    /// <summary>Takes sealed bytes and appends to the output the data set's bytes that they open.</summary>
    /// <exception cref="SealingException">It is not as this edge sealed it for this archive.</exception>
    /// <exception cref="EdgeWireException">The description is not what it should be.</exception>
    public void Write(in ReadOnlySequence<byte> fragment, IBufferWriter<byte> dataSet)
    {
        foreach (var part in fragment)
        {
            _opener.Write(part.Span, _start ?? dataSet);
            TakeDescription(dataSet);
        }
    }

    /// <summary>No more comes: appends the last bytes of the data set.</summary>
    /// <exception cref="SealingException">This is not the end that the edge sealed.</exception>
    /// <exception cref="EdgeWireException">There is no description.</exception>
    public void Complete(IBufferWriter<byte> dataSet)
    {
        _opener.Complete(_start ?? dataSet);
        TakeDescription(dataSet);
        if (Description is null)
        {
            throw new EdgeWireException("the envelope ends inside its description");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _opener.Dispose();

    private void TakeDescription(IBufferWriter<byte> dataSet)
    {
        if (_start is not { WrittenCount: >= sizeof(int) })
        {
            return;
        }

        var opened = _start.WrittenSpan;
        var length = BinaryPrimitives.ReadInt32BigEndian(opened);
        if (length is <= 0 or > EnvelopeDescription.BytesMax)
        {
            throw new EdgeWireException(
                $"a description of {length} bytes where at most {EnvelopeDescription.BytesMax} are allowed"
            );
        }

        if (opened.Length - sizeof(int) >= length)
        {
            Description = WireJson.Read(opened.Slice(sizeof(int), length), WireJson.Default.EnvelopeDescription);
            dataSet.Write(opened[(sizeof(int) + length)..]);
            _start.Clear();
            _start = null;
        }
    }
}
