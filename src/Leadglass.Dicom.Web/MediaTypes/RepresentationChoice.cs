namespace Leadglass.Dicom.Web;

/// <summary>
/// Chooses what to send (PS3.18 8.7.3 to 8.7.8): the first media type that the user agent prefers and the archive can give
/// from what is stored. Without a transfer-syntax parameter application/dicom and octet-stream mean Explicit VR Little
/// Endian; with * whatever is stored will do.
/// </summary>
public sealed class RepresentationChoice
{
    private const string TransferSyntaxParameter = "transfer-syntax";

    private readonly RequestedResource _resource;
    private readonly Candidate[] _candidates;

    private RepresentationChoice(RequestedResource resource, Candidate[] candidates) =>
        (_resource, _candidates) = (resource, candidates);

    private enum Packing
    {
        Single,
        Multipart,

        // From a range such as */*: as the resource has it by default.
        Either,
    }

    /// <summary>What the user agent accepts of a resource.</summary>
    /// <param name="accept">The Accept header and parameter.</param>
    /// <param name="resource">What is asked for.</param>
    /// <param name="isOne">The response has one part only: a single-part response is possible (PS3.18 8.6.1.1).</param>
    /// <param name="transferSyntax">The transferSyntax or transfer-syntax query parameter; null when absent.</param>
    public static RepresentationChoice Of(
        AcceptHeader accept,
        RequestedResource resource,
        bool isOne,
        string? transferSyntax = null
    )
    {
        var refused = accept
            .Entries.Where(entry => entry.Quality == 0)
            .Select(entry => CandidateOf(entry.MediaType, transferSyntax))
            .OfType<Candidate>()
            .ToArray();
        return new RepresentationChoice(
            resource,
            [
                .. accept
                    .Entries.Where(entry => entry.Quality > 0)
                    .Select(entry => CandidateOf(entry.MediaType, transferSyntax))
                    .OfType<Candidate>()
                    .Where(candidate => isOne || candidate.Packing is not Packing.Single)
                    .Where(candidate =>
                        !Array.Exists(
                            refused,
                            no => no.Packing == candidate.Packing && no.Range.Essence == candidate.Range.Essence
                        )
                    ),
            ]
        );
    }

    /// <summary>
    /// The representation of something stored in a transfer syntax; null when nothing acceptable can be given.
    /// </summary>
    /// <param name="stored">The transfer syntax in which it is stored.</param>
    /// <param name="canGive">Whether it can be given in another syntax; what is stored can always be given.</param>
    /// <param name="multipart">Only multipart, or only single-part: after the first part of a response all are alike.</param>
    public Representation? Find(TransferSyntax stored, Predicate<TransferSyntax> canGive, bool? multipart = null)
    {
        foreach (var candidate in _candidates)
        {
            if (
                multipart is { } wanted
                && candidate.Packing is not Packing.Either
                && wanted != candidate.Packing is Packing.Multipart
            )
            {
                continue;
            }

            if (Give(candidate, stored, canGive) is { } given)
            {
                var isMultipart = multipart ?? candidate.Packing is not Packing.Single;
                return new Representation(isMultipart, given.MediaType, given.Syntax);
            }
        }

        return null;
    }

    /// <summary>As <see cref="Find"/>.</summary>
    /// <exception cref="DicomWebException">406, with what can be had.</exception>
    public Representation Require(TransferSyntax stored, Predicate<TransferSyntax> canGive, bool? multipart = null) =>
        Find(stored, canGive, multipart) ?? throw NotAcceptable(stored, canGive);

    /// <summary>The refusal that names what can be had of something stored in a transfer syntax.</summary>
    public DicomWebException NotAcceptable(TransferSyntax stored, Predicate<TransferSyntax> canGive)
    {
        List<string> available = [];
        foreach (var syntax in Givable(stored, canGive))
        {
            available.Add(WithSyntax(MediaTypeOf(syntax), syntax).ToString());
            available.Add(
                MediaType
                    .MultipartRelated.With("type", MediaTypeOf(syntax))
                    .With(TransferSyntaxParameter, syntax.Uid)
                    .ToString()
            );
        }

        return DicomWebException.NotAcceptable(
            "What is stored cannot be given in any of the media types and transfer syntaxes that are accepted.",
            available
        );
    }

    /// <summary>The form of an answer of data sets (PS3.18 8.7.3.2): DICOM JSON where anything will do.</summary>
    /// <param name="accept">What is accepted.</param>
    /// <param name="isOne">The answer is one data set only.</param>
    /// <exception cref="DicomWebException">406, with what can be had.</exception>
    public static DataSetForm OfDataSets(AcceptHeader accept, bool isOne = false)
    {
        foreach (var (mediaType, quality) in accept.Entries)
        {
            if (quality > 0 && FormOf(mediaType, isOne) is { } form && !IsRefused(accept, form))
            {
                return form;
            }
        }

        List<string> available =
        [
            MediaType.DicomJson.Essence,
            MediaType.MultipartRelated.With("type", MediaType.DicomXml.Essence).ToString(),
        ];
        if (isOne)
        {
            available.Add(MediaType.DicomXml.Essence);
        }

        throw DicomWebException.NotAcceptable("Data sets are given as DICOM JSON and as XML only.", available);
    }

    private static DataSetForm? FormOf(MediaType mediaType, bool isOne)
    {
        if (mediaType.IsMultipartRelated)
        {
            return PartType(mediaType) is { } part && part.Includes(MediaType.DicomXml.Essence)
                ? DataSetForm.MultipartXml
                : null;
        }

        if (mediaType.Essence == "multipart/*")
        {
            return DataSetForm.MultipartXml;
        }

        return mediaType.Includes(MediaType.DicomJson.Essence) ? DataSetForm.DicomJson
            : mediaType.Essence == MediaType.Json.Essence ? DataSetForm.Json
            : mediaType.Essence != MediaType.DicomXml.Essence ? null
            : isOne ? DataSetForm.Xml
            : DataSetForm.MultipartXml;
    }

    private static bool IsRefused(AcceptHeader accept, DataSetForm form)
    {
        var essence = form switch
        {
            DataSetForm.DicomJson => MediaType.DicomJson.Essence,
            DataSetForm.Json => MediaType.Json.Essence,
            _ => MediaType.DicomXml.Essence,
        };
        return accept.Entries.Any(entry => entry.Quality == 0 && entry.MediaType.Essence == essence);
    }

    private static Candidate? CandidateOf(MediaType mediaType, string? querySyntax)
    {
        var syntax = mediaType.Parameter(TransferSyntaxParameter) ?? querySyntax;
        if (mediaType.IsMultipartRelated)
        {
            return PartType(mediaType) is { } part ? new Candidate(Packing.Multipart, part, syntax) : null;
        }

        return mediaType.Essence switch
        {
            "multipart/*" => new Candidate(Packing.Multipart, MediaType.Of("*/*"), syntax),
            "*/*" => new Candidate(Packing.Either, mediaType, syntax),
            _ => new Candidate(Packing.Single, mediaType, syntax),
        };
    }

    /// <summary>What the parts are (RFC 2387 3.1): by default anything, for clients that leave it out.</summary>
    private static MediaType? PartType(MediaType multipart) =>
        multipart.Parameter("type") is not { } text ? MediaType.Of("*/*")
        : MediaType.TryParse(text, out var part) ? part
        : null;

    private (MediaType MediaType, TransferSyntax? Syntax)? Give(
        Candidate candidate,
        TransferSyntax stored,
        Predicate<TransferSyntax> canGive
    )
    {
        if (_resource is RequestedResource.BulkData)
        {
            return candidate.Range.Includes(MediaType.OctetStream.Essence) ? (MediaType.OctetStream, null) : null;
        }

        var wanted = candidate.TransferSyntax ?? DefaultOf(candidate.Range.Essence, stored, canGive);
        var syntax =
            wanted == "*" ? AnySyntax(candidate.Range, stored, canGive)
            : wanted is not null && TransferSyntax.Find(wanted) is { } known && (known == stored || canGive(known))
                ? known
            : null;
        if (syntax is null)
        {
            return null;
        }

        // octet-stream with a transfer-syntax parameter is what viewers ask for, whatever the syntax.
        var asOctets = candidate is { TransferSyntax: not null, Range.Essence: "application/octet-stream" };
        var essence = asOctets ? candidate.Range.Essence : MediaTypeOf(syntax);
        return
            candidate.Range.Includes(essence) && _resource is RequestedResource.Frames
            || candidate.Range.Includes(MediaType.Dicom.Essence) && _resource is RequestedResource.Instances
            ? (WithSyntax(essence, syntax), syntax)
            : null;
    }

    /// <summary>The default transfer syntax of an accepted media type (PS3.18 Tables 8.7.3-2, -4 and -5).</summary>
    private string? DefaultOf(string range, TransferSyntax stored, Predicate<TransferSyntax> canGive)
    {
        var plain = TransferSyntax.ExplicitVrLittleEndian;
        if (_resource is RequestedResource.Instances)
        {
            return plain.Uid;
        }

        if (BulkDataMediaTypes.DefaultOf(range) is { } ofType)
        {
            // Of a type that was named any of its syntaxes decodes: what is stored goes before what would be made.
            return BulkDataMediaTypes.Pairs(range, stored) ? stored.Uid : ofType.Uid;
        }

        // image/* and video/* ask for compressed pixel data as it is.
        return range is "image/*" or "video/*" || (range == "*/*" && stored != plain && !canGive(plain))
            ? stored.Uid
            : plain.Uid;
    }

    private TransferSyntax? AnySyntax(MediaType range, TransferSyntax stored, Predicate<TransferSyntax> canGive)
    {
        if (_resource is RequestedResource.Instances)
        {
            return stored;
        }

        // Frames carry no transfer syntax but the parameter: bytes in big endian order would be a trap.
        var offered = stored.IsEncapsulated ? stored : TransferSyntax.ExplicitVrLittleEndian;
        return range.Includes(MediaTypeOf(offered)) || range.Essence == MediaType.OctetStream.Essence ? offered
            : BulkDataMediaTypes.DefaultOf(range.Essence) is { } other && canGive(other) ? other
            : null;
    }

    private string MediaTypeOf(TransferSyntax syntax) =>
        _resource switch
        {
            RequestedResource.Instances => MediaType.Dicom.Essence,
            RequestedResource.Frames => BulkDataMediaTypes.Of(syntax),
            _ => MediaType.OctetStream.Essence,
        };

    private static MediaType WithSyntax(string essence, TransferSyntax syntax) =>
        MediaType.Of(essence).With(TransferSyntaxParameter, syntax.Uid);

    private IEnumerable<TransferSyntax> Givable(TransferSyntax stored, Predicate<TransferSyntax> canGive)
    {
        if (_resource is RequestedResource.Instances || stored.IsEncapsulated)
        {
            yield return stored;
        }

        var plain = TransferSyntax.ExplicitVrLittleEndian;
        if (stored != plain && canGive(plain))
        {
            yield return plain;
        }
    }

    private sealed record Candidate(Packing Packing, MediaType Range, string? TransferSyntax);
}
