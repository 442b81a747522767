using System.Text;
using System.Xml;
using System.Xml.Linq;
using Leadglass.Sealing;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Leadglass.Server.SignIn.Secrets;

/// <summary>
/// The keys of ASP.NET Core Data Protection, which protect antiforgery tokens and the state of a sign-in at another
/// provider: one file of <c>state/</c>, sealed under the master key.
/// </summary>
internal sealed class SealedKeyRepository(SealedSecrets secrets) : IXmlRepository
{
    /// <summary>The file's name in the state folder.</summary>
    public const string FileName = "web-keys";

    // A key lives 90 days and is kept for what it still has to open: 400 are a century.
    private const int KeysMax = 400;

    private readonly Lock _gate = new();

    /// <exception cref="SealingException">The file is damaged or of another master key.</exception>
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        lock (_gate)
        {
            return Read();
        }
    }

    /// <exception cref="DurableIOException">It could not be written; what was there is still there.</exception>
    public void StoreElement(XElement element, string friendlyName)
    {
        lock (_gate)
        {
            var keys = Read();
            keys.Add(element);
            var kept = new XElement("keys", keys.TakeLast(KeysMax));
            secrets.Write(FileName, Encoding.UTF8.GetBytes(kept.ToString(SaveOptions.DisableFormatting)));
        }
    }

    private List<XElement> Read()
    {
        if (secrets.Read(FileName) is not { } content)
        {
            return [];
        }

        using var reader = XmlReader.Create(
            new MemoryStream(content),
            new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null }
        );
        return [.. XElement.Load(reader).Elements().Select(element => new XElement(element))];
    }
}
