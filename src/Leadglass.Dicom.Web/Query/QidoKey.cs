using System.Buffers.Binary;
using System.Globalization;

namespace Leadglass.Dicom.Web;

/// <summary>Puts the value of a search parameter into an identifier, checked by its VR (PS3.18 8.3.4.1, PS3.4 C.2.2.2).</summary>
internal static class QidoKey
{
    /// <summary>The longest value of one key that is no list of UIDs, in characters.</summary>
    public const int LengthMax = 4096;

    /// <summary>What matches absent and empty attributes, if asked for (PS3.4 C.2.2.2.7).</summary>
    public const string EmptyValue = "\"\"";

    public static void Set(DataSet keys, AttributePath path, QueryParameter parameter)
    {
        var target = path.In(keys);
        var tag = path.Tag;
        var vr = DicomDictionary.Find(tag)!.Value.Vr;
        // In dates with an offset a plus is one, however it came.
        var value =
            vr is ValueRepresentation.DT || tag == DicomTag.TimezoneOffsetFromUTC
                ? parameter.LiteralValue
                : parameter.Value;
        Check(value, vr, parameter);
        if (value.Length == 0)
        {
            if (!target.Contains(tag))
            {
                target.SetEmpty(tag);
            }

            return;
        }

        switch (vr)
        {
            case ValueRepresentation.UI:
                SetUids(target, tag, value, parameter);
                break;
            case { IsText: true }:
                SetText(target, tag, vr, value, parameter);
                break;
            case ValueRepresentation.SQ or { IsBulk: true } or ValueRepresentation.None:
            case ValueRepresentation.ObOrOw or ValueRepresentation.PixelData or ValueRepresentation.UsOrOw:
                throw QidoQuery.Bad(parameter, "is of an attribute that cannot be matched");
            default:
                RefuseTwice(target, tag, parameter);
                SetNumber(target, tag, vr, value, parameter);
                break;
        }
    }

    private static void Check(string value, ValueRepresentation vr, QueryParameter parameter)
    {
        if (vr is not ValueRepresentation.UI && value.Length > LengthMax)
        {
            throw QidoQuery.Bad(parameter, $"is longer than {LengthMax} characters");
        }

        if (value.AsSpan().ContainsAnyInRange('\0', '\x1F') || value.Contains('\x7F'))
        {
            throw QidoQuery.Bad(parameter, "has control characters");
        }
    }

    /// <summary>One, or a list by comma (PS3.18 8.3.4.1) or backslash (PS3.4 C.2.2.2.2); given twice, one list.</summary>
    private static void SetUids(DataSet target, DicomTag tag, string value, QueryParameter parameter)
    {
        List<string> uids = [.. target.GetStrings(tag)];
        foreach (var part in value.Split([',', '\\'], StringSplitOptions.TrimEntries))
        {
            if (part == "*")
            {
                target.SetEmpty(tag);
                return;
            }

            if (part == EmptyValue || UidSyntax.IsValid(part))
            {
                uids.Add(part);
            }
            else if (part.Length > 0)
            {
                throw QidoQuery.Bad(parameter, "is no UID and no list of UIDs");
            }
        }

        target.SetString(tag, uids.ToArray());
    }

    private static void SetText(
        DataSet target,
        DicomTag tag,
        ValueRepresentation vr,
        string value,
        QueryParameter parameter
    )
    {
        var isWell = vr switch
        {
            _ when value == EmptyValue => true,
            ValueRepresentation.DA => IsDateOrRange(value),
            ValueRepresentation.TM => DicomTimeRange.TryParse(value, out _),
            ValueRepresentation.DT => DicomDateTimeRange.TryParse(value, out _),
            ValueRepresentation.IS or ValueRepresentation.DS => value
                .Split('\\')
                .All(number => number is "*" || DecimalString.TryParse(number, out _)),
            _ => true,
        };
        if (!isWell)
        {
            throw QidoQuery.Bad(parameter, $"is no value or range of VR {vr.Code}");
        }

        if (vr is ValueRepresentation.DA or ValueRepresentation.TM or ValueRepresentation.DT)
        {
            RefuseTwice(target, tag, parameter);
        }

        IReadOnlyList<string> values = vr.IsMultiValuedText ? [.. target.GetStrings(tag), value] : [value];
        try
        {
            target.SetText(tag, vr, [.. values]);
        }
        catch (UnencodableTextException unencodable)
        {
            throw QidoQuery.Bad(parameter, $"has characters that VR {vr.Code} does not allow", unencodable);
        }
    }

    /// <summary>
    /// Eight digits or a range of them. With separators, which old data sets may have, a date looks like a range and
    /// would match nothing without a word.
    /// </summary>
    private static bool IsDateOrRange(string value) =>
        DicomDateRange.TryParse(value, out _) && value.Count(c => c == '-') <= 1 && !value.AsSpan().ContainsAny("./");

    private static void SetNumber(
        DataSet target,
        DicomTag tag,
        ValueRepresentation vr,
        string value,
        QueryParameter parameter
    )
    {
        var onWire = vr is ValueRepresentation.UsOrSs ? ValueRepresentation.US : vr;
        var bytes = new byte[8];
        var isNumber = onWire switch
        {
            ValueRepresentation.AT => TryTag(value, bytes),
            ValueRepresentation.FL => TryFloat(value, bytes, isDouble: false),
            ValueRepresentation.FD => TryFloat(value, bytes, isDouble: true),
            _ => TryInteger(value, onWire, bytes),
        };
        if (!isNumber)
        {
            throw QidoQuery.Bad(parameter, $"is no value of VR {onWire.Code}");
        }

        var size = onWire is ValueRepresentation.AT ? 4 : onWire.WordSize;
        target.SetBytes(tag, onWire, bytes.AsMemory(0, size));
    }

    private static bool TryTag(string value, Span<byte> bytes)
    {
        var isTag = DicomTag.TryParse(value, out var tag);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, tag.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], tag.Element);
        return isTag;
    }

    private static bool TryFloat(string value, Span<byte> bytes, bool isDouble)
    {
        var isNumber = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        if (isDouble)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
        }
        else
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)number);
        }

        return isNumber;
    }

    private static bool TryInteger(string value, ValueRepresentation vr, Span<byte> bytes)
    {
        var isNumber = Int128.TryParse(
            value,
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out var number
        );
        var bits = vr.WordSize * 8;
        var isSigned = vr is ValueRepresentation.SS or ValueRepresentation.SL or ValueRepresentation.SV;
        var (lowest, highest) = isSigned
            ? (-(Int128.One << (bits - 1)), (Int128.One << (bits - 1)) - 1)
            : (0, (Int128.One << bits) - 1);
        BinaryPrimitives.WriteInt64LittleEndian(bytes, unchecked((long)number));
        return isNumber && number >= lowest && number <= highest;
    }

    private static void RefuseTwice(DataSet target, DicomTag tag, QueryParameter parameter)
    {
        if (target.Find(tag) is { IsEmpty: false })
        {
            throw QidoQuery.Bad(parameter, "is there twice");
        }
    }
}
