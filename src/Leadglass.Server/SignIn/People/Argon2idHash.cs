using Leadglass.Access;

namespace Leadglass.Server.SignIn.People;

/// <summary><see cref="Argon2idPasswords"/> for what else people type: the codes of shares.</summary>
internal sealed class Argon2idHash : ISlowHash
{
    public string Hash(string text) => Argon2idPasswords.Hash(text);

    public bool Verify(string hash, string text) => Argon2idPasswords.Verify(hash, text);
}
