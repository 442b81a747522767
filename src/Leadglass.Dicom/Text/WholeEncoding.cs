using System.Buffers;
using System.Text;

namespace Leadglass.Dicom;

/// <summary>An encoding without code extensions (PS3.3 Table C.12-5): UTF-8, GB18030, GBK.</summary>
internal sealed class WholeEncoding
{
    private readonly Encoding encoding;
    private readonly bool hasFourByteCharacters;

    private WholeEncoding(Encoding encoding, bool hasFourByteCharacters)
    {
        this.encoding = encoding;
        this.hasFourByteCharacters = hasFourByteCharacters;
    }

    public static WholeEncoding Utf8 { get; } = new(new UTF8Encoding(false), false);

    public static WholeEncoding Gb18030 { get; } = new(CodePage(54936), true);

    public static WholeEncoding Gbk { get; } = new(CodePage(936), false);

    public string Decode(ReadOnlySpan<byte> bytes) =>
        encoding is UTF8Encoding ? encoding.GetString(bytes) : DecodeChinese(bytes);

    /// <summary>False when it lacks a character, half a surrogate pair included.</summary>
    public bool TryEncode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        var output = new ArrayBufferWriter<byte>(Math.Max(text.Length * 2, 1));
        Span<byte> encoded = stackalloc byte[8];
        Span<char> back = stackalloc char[8];
        for (var rest = text; rest.Length > 0; )
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var consumed) != OperationStatus.Done)
            {
                return false;
            }

            var one = rest[..consumed];
            var length = encoding.GetBytes(one, encoded);
            if (length == 0 || !back[..encoding.GetChars(encoded[..length], back)].SequenceEqual(one))
            {
                return false;
            }

            output.Write(encoded[..length]);
            rest = rest[consumed..];
        }

        bytes = output.WrittenSpan.ToArray();
        return true;
    }

    // The framework's decoder takes the byte after a broken lead byte with it, which may be a backslash or a caret: walking
    // by characters keeps every delimiter.
    private string DecodeChinese(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        Span<char> decoded = stackalloc char[8];
        for (var i = 0; i < bytes.Length; )
        {
            var length = CharacterLength(bytes[i..]);
            if (length == 1)
            {
                text.Append(bytes[i] < 0x80 ? (char)bytes[i] : '\uFFFD');
            }
            else
            {
                text.Append(decoded[..encoding.GetChars(bytes.Slice(i, length), decoded)]);
            }

            i += length;
        }

        return text.ToString();
    }

    // Two bytes: 81-FE, 40-FE without 7F. Four bytes: 81-FE, 30-39, 81-FE, 30-39. Anything else is one byte.
    private int CharacterLength(ReadOnlySpan<byte> bytes) =>
        bytes switch
        {
            [>= 0x81 and <= 0xFE, (>= 0x40 and <= 0x7E) or (>= 0x80 and <= 0xFE), ..] => 2,
            [>= 0x81 and <= 0xFE, >= 0x30 and <= 0x39, >= 0x81 and <= 0xFE, >= 0x30 and <= 0x39, ..]
                when hasFourByteCharacters => 4,
            _ => 1,
        };

    private static Encoding CodePage(int number) =>
        CodePagesEncodingProvider.Instance.GetEncoding(
            number,
            new EncoderReplacementFallback(""),
            new DecoderReplacementFallback("\uFFFD")
        )!;
}
