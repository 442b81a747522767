namespace Leadglass.Testing.Processes;

/// <summary>A device with the files that <c>leadglass device add --out</c> wrote for it.</summary>
public sealed record EnrolledDevice(string Name, string AeTitle, string Folder)
{
    public string KeyPath => Path.Combine(Folder, $"{Name}.key.pem");

    public string CertificatePath => Path.Combine(Folder, $"{Name}.cert.pem");

    public string AuthorityPath => Path.Combine(Folder, "ca.cert.pem");
}
