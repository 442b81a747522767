using System.Text;

namespace Leadglass.Server.Tests.SignIn;

/// <summary>What the web stack keeps on disk.</summary>
public sealed class SealedSecretsTests(PeopleArchive people) : IClassFixture<PeopleArchive>
{
    [Fact]
    public async Task NoKeyOfTheWebAndNoNameOfAPersonIsReadableInTheState()
    {
        var account = await people.AddAsync("erika.readable", Access.Role.Radiologist);
        using var browser = await people.SignInAsync(account);
        var files = Directory.GetFiles(people.Archive.Folder.State, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => Path.GetFileName(file) == "web-keys");
        string[] telling =
        [
            "masterKey",
            "<key",
            account.Name,
            account.PasswordHash!,
            account.AuthenticatorKey!,
            browser.Cookie("__Host-leadglass")!,
        ];
        foreach (var file in files.Where(file => Path.GetFileName(file) != "lock"))
        {
            var content = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            foreach (var text in telling)
            {
                Assert.True(
                    content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) < 0,
                    $"{Path.GetFileName(file)} holds something in clear"
                );
            }
        }
    }

    [Fact]
    public void NothingOfDataProtectionLiesInTheHomeFolder() =>
        Assert.False(
            Directory.Exists(
                Path.Combine(
                    Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
                    ".aspnet",
                    "DataProtection-Keys"
                )
            )
        );
}
