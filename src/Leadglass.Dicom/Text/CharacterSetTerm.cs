using System.Globalization;

namespace Leadglass.Dicom;

/// <summary>What one value of Specific Character Set means (PS3.3 C.12.1.1.2): a set of graphic characters, or a whole encoding.</summary>
/// <param name="Set">The set beside ASCII; null for ISO_IR 6 and for whole encodings.</param>
/// <param name="Whole">UTF-8, GB18030 or GBK.</param>
internal sealed record CharacterSetTerm(GraphicSet? Set, WholeEncoding? Whole)
{
    /// <summary>ISO_IR 6, or an empty value.</summary>
    public static CharacterSetTerm Default { get; } = new(null, (WholeEncoding?)null);

    /// <summary>Its lower half is ISO-IR 14, JIS X 0201's Latin.</summary>
    public bool IsRomaji => Set == GraphicSet.Katakana;

    /// <summary>The meaning of a term; null for one that says nothing known. Spaces, case, dashes and underscores are tolerated.</summary>
    public static CharacterSetTerm? Parse(string term)
    {
        var plain = string.Concat(term.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
        return plain switch
        {
            "" when string.IsNullOrWhiteSpace(term) => Default,
            "ISOIR6" or "ISO2022IR6" or "ASCII" or "USASCII" => Default,
            "ISOIR192" or "ISO2022IR192" or "UTF8" => new CharacterSetTerm(null, WholeEncoding.Utf8),
            "GB18030" => new CharacterSetTerm(null, WholeEncoding.Gb18030),
            "GBK" or "ISO2022GBK" => new CharacterSetTerm(null, WholeEncoding.Gbk),
            "LATIN1" or "ISO88591" => new CharacterSetTerm(GraphicSet.ByIsoIr(100), null),
            _ => ByNumber(plain),
        };
    }

    private static CharacterSetTerm? ByNumber(string plain)
    {
        var digits =
            plain.StartsWith("ISO2022IR", StringComparison.Ordinal) ? plain[9..]
            : plain.StartsWith("ISOIR", StringComparison.Ordinal) ? plain[5..]
            : "";
        return
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && GraphicSet.ByIsoIr(number) is { } set
            ? new CharacterSetTerm(set, null)
            : null;
    }
}
