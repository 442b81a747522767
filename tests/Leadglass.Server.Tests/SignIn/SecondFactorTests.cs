using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Leadglass.Server.SignIn.Pages;
using Leadglass.Server.SignIn.People;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>One-time passwords, slow hashes and the QR code, against known values.</summary>
public sealed class SecondFactorTests
{
    // RFC 6238 appendix B: the ASCII key 12345678901234567890, last six of the eight digits.
    private const string Key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    [Theory]
    [InlineData(59L, "287082")]
    [InlineData(1111111109L, "081804")]
    [InlineData(1111111111L, "050471")]
    [InlineData(1234567890L, "005924")]
    [InlineData(2000000000L, "279037")]
    [InlineData(20000000000L, "353130")]
    public void CodesAreThoseOfTheStandard(long seconds, string code)
    {
        var moment = DateTimeOffset.FromUnixTimeSeconds(seconds);
        Assert.Equal(code, OneTimePassword.At(Key, moment));
        Assert.Equal(seconds / 30, OneTimePassword.FindStep(Key, code, moment));
        Assert.Equal(seconds / 30, OneTimePassword.FindStep(Key, $"{code[..3]} {code[3..]}", moment.AddSeconds(30)));
        Assert.Null(OneTimePassword.FindStep(Key, code, moment.AddSeconds(60)));
        Assert.Null(OneTimePassword.FindStep(Key, code[..5], moment));
    }

    [Fact]
    public void KeysAreRandomAndOfThirtyTwoCharacters()
    {
        Assert.Equal(32, OneTimePassword.NewKey().Length);
        Assert.NotEqual(OneTimePassword.NewKey(), OneTimePassword.NewKey());
    }

    [Fact]
    public void PasswordsAreHashedSlowlyWithASaltAndTheirCost()
    {
        var hash = Argon2idPasswords.Hash("plainly made up phrase");
        Assert.StartsWith("$argon2id$v=19$m=32768,t=3,p=1$", hash, StringComparison.Ordinal);
        Assert.NotEqual(hash, Argon2idPasswords.Hash("plainly made up phrase"));
        Assert.True(Argon2idPasswords.Verify(hash, "plainly made up phrase"));
        Assert.False(Argon2idPasswords.Verify(hash, "plainly made up phrases"));
        Assert.False(Argon2idPasswords.Verify(hash, ""));
        Assert.False(Argon2idPasswords.Verify(null, "plainly made up phrase"));
        Assert.False(Argon2idPasswords.Verify(hash, new string('x', 2_000)));
        Assert.False(Argon2idPasswords.IsOutdated(hash));
    }

    [Fact]
    public void AHashOfALowerCostIsReadAtItsOwnCostAndOutdated()
    {
        var lower = Argon2idPasswords
            .Hash("plainly made up phrase")
            .Replace("m=32768,t=3", "m=1024,t=2", StringComparison.Ordinal);
        Assert.True(Argon2idPasswords.IsOutdated(lower));
        Assert.False(Argon2idPasswords.Verify(lower, "plainly made up phrase"));
    }

    [Theory]
    [InlineData("$argon2id$v=19$m=999999999,t=3,p=1$c29tZXNhbHQ$aGFzaA")]
    [InlineData("$argon2i$v=19$m=32768,t=3,p=1$c29tZXNhbHQ$aGFzaA")]
    [InlineData("plain")]
    public void WhatIsNoHashOfOursIsRefused(string kept) =>
        Assert.Throws<FormatException>(() => Argon2idPasswords.Verify(kept, "anything"));

    // Each was read back by zbar; the digest keeps it so.
    [Theory]
    [InlineData("Leadglass", "7592a965cffaa46b")]
    [InlineData(
        "otpauth://totp/Leadglass:reader?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Leadglass",
        "3994748c015532a6"
    )]
    public void QrCodesAreThoseThatAScannerRead(string text, string digest)
    {
        var code = QrMatrix.Of(text)!;
        var bits = new StringBuilder();
        for (var row = 0; row < code.Size; row++)
        {
            for (var column = 0; column < code.Size; column++)
            {
                bits.Append(code[row, column] ? '1' : '0');
            }
        }

        var actual = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(bits.ToString())));
        Assert.Equal(digest, actual[..16], ignoreCase: true);
    }

    [Fact]
    public void WhatIsTooLongHasNoQrCode() => Assert.Null(QrMatrix.Of(new string('x', 300)));

    [Fact]
    public void TheAddressForTheAppNamesTheArchiveAndTheAccount() =>
        Assert.Equal(
            "otpauth://totp/Leadglass:a%20b?secret=ABC&issuer=Leadglass",
            OneTimePassword.Uri("ABC", "Leadglass", "a b").ToString(CultureInfo.InvariantCulture)
        );
}
