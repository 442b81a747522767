namespace Leadglass.Dicom.Tests.Text;

public sealed class PersonNameTests
{
    [Fact]
    public void A_name_has_three_groups_of_five_components()
    {
        var name = PersonName.Parse("Adams^John Robert Quincy^^Rev.^B.A. M.Div.=山田^太郎=やまだ^たろう");
        Assert.Equal(new PersonNameGroup("Adams", "John Robert Quincy", "", "Rev.", "B.A. M.Div."), name.Alphabetic);
        Assert.Equal(("山田", "太郎"), (name.Ideographic.FamilyName, name.Ideographic.GivenName));
        Assert.Equal("やまだ", name.Phonetic.FamilyName);
        Assert.Equal("Rev. John Robert Quincy Adams, B.A. M.Div.", name.Alphabetic.ToDisplayText());
    }

    [Theory]
    [InlineData("Doe^Jane", "Doe^Jane")]
    [InlineData("Doe^Jane^^^", "Doe^Jane")]
    [InlineData(" Doe ^ Jane ", "Doe^Jane")]
    [InlineData("Doe==ドウ", "Doe==ドウ")]
    [InlineData("=山田", "=山田")]
    [InlineData("Doe=", "Doe")]
    [InlineData("^^^^", "")]
    [InlineData("", "")]
    [InlineData("a^b^c^d^e^f", "a^b^c^d^e^f")] // six components are against the standard; none is lost
    [InlineData("a=b=c=d", "a=b=c=d")]
    public void Writing_leaves_out_what_is_empty_at_the_end(string text, string written) =>
        Assert.Equal(written, PersonName.Parse(text).ToDicom());

    [Fact]
    public void Names_are_empty_or_reveal_nothing()
    {
        Assert.True(PersonName.Parse("^^=^=").IsEmpty);
        var name = PersonName.Parse("Doe^Jane");
        Assert.False(name.IsEmpty);
        Assert.DoesNotContain("Doe", name.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Doe", name.Alphabetic.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Yamada^Tarou=山田^太郎", "YAMADA^TAROU", true)]
    [InlineData("Yamada^Tarou=山田^太郎", "=山田^太郎", true)]
    [InlineData("=山田^太郎=ヤマダ^タロウ", "Yamada^Tarou==やまだ^たろう", true)]
    [InlineData("Müller^Anna", "MUELLER^ANNA", true)]
    [InlineData("Yamada^Tarou", "=山田^太郎", false)]
    [InlineData("Doe^Jane", "Doe^John", false)]
    [InlineData("", "", false)]
    public void Names_with_a_spelling_in_common_are_recognised(string one, string other, bool same) =>
        Assert.Equal(same, PersonName.Parse(one).SharesSpellingWith(PersonName.Parse(other)));
}
