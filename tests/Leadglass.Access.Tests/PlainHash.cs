namespace Leadglass.Access.Tests;

/// <summary>Stands for the slow hash that the server has.</summary>
internal sealed class PlainHash : ISlowHash
{
    public string Hash(string text) => AccessSecret.DigestOf(text);

    public bool Verify(string hash, string text) => AccessSecret.Matches(hash, text);
}
