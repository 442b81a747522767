using System.Runtime.InteropServices;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;

namespace Leadglass.Server.DicomWeb;

/// <summary>
/// A store request of metadata and bulk data in parts of their own (PS3.18 10.5.2, 8.6.1.2.1). Their order is free, so
/// the request waits in memory until it is whole, within a budget that all such requests share; nothing of it is written
/// but the sealed instance. Longer ones are to be sent as application/dicom, which streams.
/// </summary>
internal sealed class StowMetadata(StowTransaction transaction)
{
    /// <summary>Bytes of one request: 32 MiB. Read and encoded it takes somewhat more than twice as much.</summary>
    private const int RequestBytesMax = 32 << 20;

    /// <summary>Data sets of one request; each takes many times the two bytes that an empty one has.</summary>
    private const int DataSetsMax = 10_000;

    /// <summary>Such requests at a time; others are told to come again.</summary>
    private static readonly SemaphoreSlim Places = new(2);

    private static readonly ReadLimits Limits = new() { FileBytesMax = RequestBytesMax };

    private readonly List<(MediaType Type, byte[] Body)> _metadata = [];
    private readonly Dictionary<string, List<BulkPart>> _bulk = new(StringComparer.Ordinal);
    private readonly Dictionary<byte[], List<BulkPart>> _marks = new(ReferenceEqualityComparer.Instance);
    private readonly byte[] _missing = new byte[2];
    private int _dataSetsLeft = DataSetsMax;
    private long _encodedLeft = RequestBytesMax * 2L;

    public async Task<IReadOnlyList<StowOutcome>> StoreAsync(MultipartReader parts, CancellationToken cancel)
    {
        if (!await Places.WaitAsync(TimeSpan.FromSeconds(10), cancel))
        {
            throw new DicomWebException(
                503,
                "Busy",
                "Other requests of metadata and bulk data hold the memory: send application/dicom, or come again."
            );
        }

        try
        {
            await ReadAsync(parts, cancel);
            return await transaction.StoreAllAsync(() => StoreAsync(cancel));
        }
        finally
        {
            Places.Release();
        }
    }

    private async Task StoreAsync(CancellationToken cancel)
    {
        foreach (var (type, body) in _metadata)
        {
            await StoreAsync(type, body, cancel);
        }
    }

    private async Task ReadAsync(MultipartReader parts, CancellationToken cancel)
    {
        var left = RequestBytesMax;
        while (await parts.ReadPartAsync(cancel) is { } part)
        {
            var body = await part.ReadAllAsync(left, cancel);
            left -= body.Length;
            if (part.ContentType.Essence is "application/dicom+json" or "application/dicom+xml")
            {
                _metadata.Add((part.ContentType, body));
                continue;
            }

            if (part.ContentLocation is not { } location)
            {
                throw new DicomWebException(
                    400,
                    "Bad request",
                    $"Part {part.Number} is no metadata and has no Content-Location that metadata could refer to."
                );
            }

            ref var bodies = ref CollectionsMarshal.GetValueRefOrAddDefault(_bulk, location, out _);
            (bodies ??= []).Add(new BulkPart(part.ContentType, body));
        }
    }

    private async Task StoreAsync(MediaType type, byte[] body, CancellationToken cancel)
    {
        if (_dataSetsLeft == 0)
        {
            throw TooMany();
        }

        IReadOnlyList<DataSet> dataSets;
        try
        {
            dataSets =
                type.Essence == MediaType.DicomXml.Essence
                    ? [NativeDicomModel.Read(body, Limits, Resolve)]
                    : DicomJson.ReadAll(body, Limits with { DataSetCountMax = _dataSetsLeft }, Resolve);
        }
        catch (DicomFormatException failure) when (failure.Clause == nameof(ReadLimits.DataSetCountMax))
        {
            throw TooMany();
        }
        catch (DicomFormatException failure)
        {
            transaction.Add(
                StowTransaction.Failed(StowReason.CannotUnderstand, $"the metadata is malformed: see {failure.Clause}")
            );
            return;
        }

        _dataSetsLeft -= dataSets.Count;
        foreach (var dataSet in dataSets)
        {
            cancel.ThrowIfCancellationRequested();
            if (Compose(dataSet) is not { } syntax)
            {
                continue;
            }

            // One part may be named many times over: what comes of a request has a limit as what came.
            var length = DataSetWriter.Count(dataSet, syntax);
            if (length > _encodedLeft)
            {
                Fail(dataSet, "the same bulk data is named too often");
                continue;
            }

            _encodedLeft -= length;
            await transaction.StoreAsync(dataSet, syntax, cancel);
        }
    }

    private static DicomWebException TooMany() =>
        new(413, "Too large", $"More than {DataSetsMax} data sets: send them in several requests.");

    /// <summary>
    /// The bytes that a URI names. For compressed frames a mark, since what they become depends on the whole attribute;
    /// another mark where the request has no such part.
    /// </summary>
    private byte[] Resolve(DicomTag tag, ValueRepresentation vr, string uri)
    {
        if (!_bulk.TryGetValue(uri, out var parts))
        {
            return _missing;
        }

        if (parts is [{ Syntax: null } only])
        {
            return only.Body;
        }

        var mark = new byte[2];
        _marks.Add(mark, parts);
        return mark;
    }

    /// <summary>Puts compressed pixel data in; the transfer syntax, or null when the instance cannot be had.</summary>
    private TransferSyntax? Compose(DataSet dataSet)
    {
        if (Holds(dataSet, mark => ReferenceEquals(mark, _missing)))
        {
            Fail(dataSet, "bulk data that the metadata names did not come");
            return null;
        }

        var syntax = TransferSyntax.ExplicitVrLittleEndian;
        if (dataSet.Find(DicomTag.PixelData) is ValueElement pixels && MarkOf(pixels) is { } mark)
        {
            if (_marks.TryGetValue(mark, out var frames))
            {
                if (frames[0].Syntax is not { IsEncapsulated: true } of || frames.Exists(frame => frame.Syntax != of))
                {
                    Fail(dataSet, "the frames are not all of one compressed media type");
                    return null;
                }

                syntax = of;
                dataSet.Set(new FragmentsElement(DicomTag.PixelData, default, [.. frames.Select(frame => frame.Even)]));
            }
        }

        if (Holds(dataSet, _marks.ContainsKey))
        {
            Fail(dataSet, "compressed bulk data stands where no pixel data is");
            return null;
        }

        return syntax;
    }

    private void Fail(DataSet dataSet, string comment) =>
        transaction.Add(
            new StowOutcome(
                SopClassUid.TryParse(dataSet.GetString(DicomTag.SOPClassUID), out var sopClass) ? sopClass : null,
                SopInstanceUid.TryParse(dataSet.GetString(DicomTag.SOPInstanceUID), out var instance) ? instance : null,
                null,
                null,
                StowReason.CannotUnderstand
            )
            {
                Comment = comment,
            }
        );

    private static bool Holds(DataSet dataSet, Predicate<byte[]> isMark) =>
        dataSet.Any(element =>
            element switch
            {
                ValueElement value => MarkOf(value) is { } mark && isMark(mark),
                SequenceElement sequence => sequence.Items.Any(item => Holds(item, isMark)),
                _ => false,
            }
        );

    private static byte[]? MarkOf(ValueElement element) =>
        MemoryMarshal.TryGetArray(element.Bytes, out var segment) ? segment.Array : null;

    /// <summary>One part of bulk data; its syntax is null where it is uncompressed.</summary>
    private sealed record BulkPart(MediaType Type, byte[] Body)
    {
        public TransferSyntax? Syntax { get; } =
            Type.Essence == MediaType.OctetStream.Essence && Type.Parameter("transfer-syntax") is null ? null
            : Type.Parameter("transfer-syntax") is { } uid
                ? TransferSyntax.Find(uid) is { IsEncapsulated: true } named ? named
                    : null
            : BulkDataMediaTypes.DefaultOf(Type.Essence);

        /// <summary>A fragment has an even length (PS3.5 A.4).</summary>
        public ReadOnlyMemory<byte> Even
        {
            get
            {
                if (Body.Length % 2 == 0)
                {
                    return Body;
                }

                var even = new byte[Body.Length + 1];
                Body.CopyTo(even, 0);
                return even;
            }
        }
    }
}
