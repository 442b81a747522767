namespace Leadglass.Dicom.Tests.Text;

/// <summary>The examples of PS3.5 Annexes H to K, and what they leave open.</summary>
public sealed class SpecificCharacterSetTests
{
    public static TheoryData<string, string, string> Annexes =>
        new()
        {
            // H.3.1
            {
                "\\ISO 2022 IR 87",
                "Yamada^Tarou=山田^太郎=やまだ^たろう",
                "59616D6164615E5461726F753D1B24423B3345441B28425E1B244242404F3A1B28423D1B24422464245E24401B28425E1B2442243F246D24261B2842"
            },
            // H.3.2
            {
                "ISO 2022 IR 13\\ISO 2022 IR 87",
                "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
                "D4CFC0DE5EC0DBB33D1B24423B3345441B284A5E1B244242404F3A1B284A3D1B24422464245E24401B284A5E1B2442243F246D24261B284A"
            },
            // I.2
            {
                "\\ISO 2022 IR 149",
                "Hong^Gildong=洪^吉洞=홍^길동",
                "486F6E675E47696C646F6E673D1B242943FBF35E1B242943D1CED4D73D1B242943C8AB5E1B242943B1E6B5BF"
            },
            // J.1
            { "ISO_IR 192", "Wang^XiaoDong=王^小東=", "57616E675E5869616F446F6E673DE78E8B5EE5B08FE69DB13D" },
            // J.2
            { "GB18030", "Wang^XiaoDong=王^小东=", "57616E675E5869616F446F6E673DCDF55ED0A1B6AB3D" },
            // K.1
            { "GBK", "Wang^XiaoDong=王^小东=", "57616E675E5869616F446F6E673DCDF55ED0A1B6AB3D" },
            // K.2
            {
                "\\ISO 2022 IR 58",
                "Zhang^XiaoDong=张^小东=",
                "5A68616E675E5869616F446F6E673D1B242941D5C55E1B242941D0A1B6AB3D"
            },
            { "ISO_IR 100", "Äneas^Rüdiger", "C46E6561735E52FC6469676572" },
            { "ISO_IR 101", "Wałęsa", "5761B3EA7361" },
            { "ISO_IR 109", "anka ħu", "616E6B6120B175" },
            { "ISO_IR 110", "Kārlis", "4BE0726C6973" },
            { "ISO_IR 144", "Люкceмбypг", "BBEE DA63 65 DC D1 79 70 D3".Replace(" ", "", StringComparison.Ordinal) },
            { "ISO_IR 127", "قباني^لنزار", "E2C8C7E6EA5EE4E6D2C7D1" },
            { "ISO_IR 126", "Διονυσιος", "C4E9EFEDF5F3E9EFF2" },
            { "ISO_IR 138", "שרון^דבורה", "F9F8E5EF5EE3E1E5F8E4" },
            { "ISO_IR 148", "Çavuşoğlu", "C7617675FE6FF06C75" },
            { "ISO_IR 166", "นามสกุล", "B9D2C1CAA1D8C5" },
            { "ISO_IR 203", "Œuvre^Ž€", "BC757672655EB4A4" },
            { "ISO_IR 13", "ﾔﾏﾀﾞ^ﾀﾛｳ", "D4CFC0DE5EC0DBB3" },
            { "ISO 2022 IR 6\\ISO 2022 IR 87\\ISO 2022 IR 159", "山丄", "1B24423B331B2428443022" + "1B2842" },
        };

    [Theory]
    [MemberData(nameof(Annexes))]
    public void Names_are_read_and_written_byte_for_byte(string terms, string name, string hex)
    {
        var set = SpecificCharacterSet.Parse(terms.Split('\\'));
        Assert.False(set.HasUnknownTerms);
        Assert.Equal(name, set.Decode(Convert.FromHexString(hex), ValueRepresentation.PN));
        Assert.Equal(hex, Convert.ToHexString(set.Encode(name, ValueRepresentation.PN)));
    }

    [Fact]
    public void Lines_of_text_bring_the_first_sets_back()
    {
        var set = SpecificCharacterSet.Parse(["", "ISO 2022 IR 149"]);
        var text = "첫 줄\r\n둘째\tend";
        var bytes = set.Encode(text, ValueRepresentation.LT);
        Assert.Equal(2, bytes.AsSpan().Count("\x1B$)C"u8));
        Assert.Equal(text, set.Decode(bytes, ValueRepresentation.LT));
    }

    [Fact]
    public void Two_upper_halves_change_places_and_the_first_comes_back_at_delimiters()
    {
        var set = SpecificCharacterSet.Parse(["ISO 2022 IR 100", "ISO 2022 IR 144"]);
        var bytes = set.Encode("Жук^Käfer", ValueRepresentation.PN);
        Assert.Equal(
            "1B2D4CB6E3DA1B2D415E4BE46665 72".Replace(" ", "", StringComparison.Ordinal),
            Convert.ToHexString(bytes)
        );
        Assert.Equal("Жук^Käfer", set.Decode(bytes, ValueRepresentation.PN));

        // The caret is no delimiter in other VRs: there the Cyrillic set stays.
        Assert.Equal("ж^ж", set.Decode(Convert.FromHexString("1B2D4CD65ED6"), ValueRepresentation.LO));
    }

    [Theory]
    [InlineData("GBK", "8C5C5C41", "孿", "A")]
    [InlineData("GB18030", "815C5C41", "乗", "A")]
    [InlineData("ISO_IR 13", "835C5C41", "ソ", "A")] // Shift JIS in disguise
    [InlineData("\\ISO 2022 IR 87", "1B2442345C1B28425C41", "舘", "A")]
    public void A_backslash_that_is_half_of_a_character_parts_nothing(
        string terms,
        string hex,
        string first,
        string second
    )
    {
        var values = SpecificCharacterSet
            .Parse(terms.Split('\\'))
            .DecodeValues(Convert.FromHexString(hex), ValueRepresentation.LO);
        Assert.Equal([first, second], values);
    }

    [Theory]
    [InlineData("ISO-IR 100")]
    [InlineData("iso_ir_100")]
    [InlineData("ISO IR 100 ")]
    [InlineData("ISO_IR100")]
    [InlineData("ISO 2022 IR 100")]
    [InlineData("ISO-8859-1")]
    public void Misspelt_terms_are_understood(string term)
    {
        var set = SpecificCharacterSet.Parse([term]);
        Assert.False(set.HasUnknownTerms);
        Assert.Equal([0xFC], set.Encode("ü", ValueRepresentation.LO));
    }

    [Theory]
    [InlineData("UTF-8")]
    [InlineData("ISO_IR 192")]
    [InlineData("utf8")]
    public void Utf8_has_several_spellings(string term) =>
        Assert.Equal([0xC3, 0xBC], SpecificCharacterSet.Parse([term]).Encode("ü", ValueRepresentation.LO));

    [Fact]
    public void Unknown_terms_are_reported_and_read_as_Latin_1()
    {
        var set = SpecificCharacterSet.Parse(["ISO_IR 999"]);
        Assert.True(set.HasUnknownTerms);
        Assert.Equal("Bär", set.Decode([0x42, 0xE4, 0x72], ValueRepresentation.PN));
    }

    [Fact]
    public void An_empty_attribute_is_the_default_repertoire()
    {
        Assert.Same(SpecificCharacterSet.Default, SpecificCharacterSet.Parse([]));
        Assert.Same(SpecificCharacterSet.Default, SpecificCharacterSet.Parse([""]));
        Assert.Same(SpecificCharacterSet.Default, SpecificCharacterSet.Parse(["ISO_IR 6"]));
    }

    [Theory]
    [InlineData("", "Müller")]
    [InlineData("ISO_IR 100", "Wałęsa")]
    [InlineData("ISO_IR 100", "Ａ")] // no fullwidth letter becomes a plain one
    [InlineData("ISO_IR 126", "ā")]
    [InlineData("GBK", "\U00020000")]
    [InlineData("\\ISO 2022 IR 87", "①")] // a vendor's row 13
    [InlineData("\\ISO 2022 IR 87", "\x1B")]
    public void What_the_sets_lack_is_refused_without_naming_it(string terms, string text)
    {
        var set = SpecificCharacterSet.Parse(terms.Split('\\'));
        Assert.False(set.CanEncode(text));
        var refusal = Assert.Throws<UnencodableTextException>(() => set.Encode(text, ValueRepresentation.PN));
        Assert.DoesNotContain(text, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ISO_IR 192")]
    [InlineData("GB18030")]
    [InlineData("ISO_IR 100")]
    public void Half_a_surrogate_pair_is_refused(string term) =>
        Assert.False(SpecificCharacterSet.Parse([term]).CanEncode(['a', '\uD800']));

    [Fact]
    public void Values_of_other_VRs_are_ASCII_whatever_is_declared()
    {
        Assert.Equal("Ã¼", SpecificCharacterSet.Utf8.Decode([0xC3, 0xBC], ValueRepresentation.CS));
        Assert.Throws<UnencodableTextException>(() => SpecificCharacterSet.Utf8.Encode("ü", ValueRepresentation.CS));
    }

    [Theory]
    [InlineData("ISO_IR 192", "41FF42C3", "A\uFFFDB\uFFFD")]
    [InlineData("GBK", "41815C2F81", "A乗/\uFFFD")]
    [InlineData("GB18030", "41813041", "A\uFFFD0A")]
    [InlineData("\\ISO 2022 IR 149", "1B242943B05C41", "\uFFFD\\A")]
    [InlineData("\\ISO 2022 IR 87", "1B24423B", "\uFFFD")]
    [InlineData("\\ISO 2022 IR 87", "1B2442FF3B33", "ÿ山")]
    [InlineData("\\ISO 2022 IR 87", "411B5A42", "A\u001BZB")]
    [InlineData("ISO_IR 127", "A1", "\uFFFD")]
    public void Broken_bytes_are_replaced_and_delimiters_survive(string terms, string hex, string text)
    {
        var set = SpecificCharacterSet.Parse(terms.Split('\\'));
        Assert.Equal(text, set.Decode(Convert.FromHexString(hex), ValueRepresentation.LO));
    }
}
