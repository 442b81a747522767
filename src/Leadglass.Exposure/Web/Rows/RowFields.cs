using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>
/// The identifying attributes that are looked for in a row, and the scan for them: a row of DICOM JSON (PS3.18 F), where they
/// stand by tag, or of Orthanc's own lists, where they stand by keyword. Whether a value is blank is all that is seen of it;
/// no string is made of any.
/// </summary>
internal static class RowFields
{
    private const int DepthMax = 32;

    private static readonly (string Keyword, byte[] KeywordBytes, byte[] Tag)[] Fields =
    [
        ("PatientName", "PatientName"u8.ToArray(), "00100010"u8.ToArray()),
        ("PatientID", "PatientID"u8.ToArray(), "00100020"u8.ToArray()),
        ("PatientBirthDate", "PatientBirthDate"u8.ToArray(), "00100030"u8.ToArray()),
        ("PatientSex", "PatientSex"u8.ToArray(), "00100040"u8.ToArray()),
        ("AccessionNumber", "AccessionNumber"u8.ToArray(), "00080050"u8.ToArray()),
        ("ReferringPhysicianName", "ReferringPhysicianName"u8.ToArray(), "00080090"u8.ToArray()),
    ];

    /// <summary>How many there are.</summary>
    public static int Count => Fields.Length;

    /// <summary>The keywords of the filled ones.</summary>
    public static IReadOnlyList<string> Keywords(int filled) =>
        [.. Fields.Where((_, index) => (filled & (1 << index)) != 0).Select(field => field.Keyword)];

    /// <summary>Scans a list up to the end of its first row, or as far as it goes.</summary>
    public static (int Rows, int Filled, bool IsDone) Scan(ReadOnlySpan<byte> json)
    {
        var scan = new Scanning();
        var reader = new Utf8JsonReader(
            json,
            isFinalBlock: false,
            new JsonReaderState(new JsonReaderOptions { MaxDepth = DepthMax })
        );
        try
        {
            while (!scan.IsDone && reader.Read())
            {
                scan.Take(ref reader);
            }
        }
        catch (JsonException)
        {
            // What stood before the damage counts.
            return (scan.Rows, scan.Filled, IsDone: true);
        }

        return (scan.Rows, scan.Filled, scan.IsDone);
    }

    private sealed class Scanning
    {
        private int _field = -1;
        private int _depth;
        private bool _isValueRepresentation;

        public int Rows { get; private set; }

        public int Filled { get; private set; }

        public bool IsDone { get; private set; }

        public void Take(ref Utf8JsonReader reader)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject when reader.CurrentDepth == 1:
                    Rows = 1;
                    return;
                case JsonTokenType.EndObject when reader.CurrentDepth == 1:
                case JsonTokenType.EndArray when reader.CurrentDepth == 0:
                    IsDone = true;
                    return;
                case JsonTokenType.PropertyName:
                    Enter(ref reader);
                    return;
                case JsonTokenType.String or JsonTokenType.Number when _field >= 0 && !_isValueRepresentation:
                    Filled |= reader.ValueSpan.Trim(" ^\\"u8).IsEmpty ? 0 : 1 << _field;
                    break;
                default:
                    break;
            }

            _isValueRepresentation = false;
            if (_field >= 0 && reader.CurrentDepth == _depth && !IsStart(reader.TokenType))
            {
                _field = -1;
            }
        }

        private static bool IsStart(JsonTokenType token) =>
            token is JsonTokenType.StartObject or JsonTokenType.StartArray;

        private void Enter(ref Utf8JsonReader reader)
        {
            if (_field >= 0)
            {
                _isValueRepresentation = reader.CurrentDepth == _depth + 1 && reader.ValueTextEquals("vr"u8);
                return;
            }

            for (var index = 0; index < Fields.Length; index++)
            {
                if (reader.ValueTextEquals(Fields[index].Tag) || reader.ValueTextEquals(Fields[index].KeywordBytes))
                {
                    _field = index;
                    _depth = reader.CurrentDepth;
                    return;
                }
            }
        }
    }
}
