using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Leadglass.Server.SignIn.Secrets;

/// <summary>
/// Leaves a Data Protection key as it is, because <see cref="SealedKeyRepository"/> seals the file in which it lies.
/// </summary>
internal sealed class SealedInRepository : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement) =>
        new(new XElement("sealedInRepository", plaintextElement), typeof(OpenedByRepository));
}

/// <summary>The way back of <see cref="SealedInRepository"/>.</summary>
internal sealed class OpenedByRepository : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) => new(encryptedElement.Elements().Single());
}
