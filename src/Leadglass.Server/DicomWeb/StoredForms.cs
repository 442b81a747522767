using Leadglass.Archive;
using Leadglass.Dicom;
using Leadglass.Dicom.Imaging;
using Leadglass.Dicom.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.DicomWeb;

/// <summary>In which transfer syntaxes what is stored can leave (PS3.18 8.7.3), and what the client accepts of them.</summary>
internal sealed class StoredForms(FrameDecoder decoder)
{
    /// <summary>Whether something stored in one syntax can be given in another.</summary>
    public Predicate<TransferSyntax> From(TransferSyntax stored) =>
        wanted => OpenedInstance.CanSendAs(stored, wanted) || IsDecoding(stored, wanted);

    /// <summary>The same of frames, whose native bytes are always in little endian order.</summary>
    public Predicate<TransferSyntax> FramesFrom(TransferSyntax stored) =>
        wanted => wanted is { IsBigEndian: false, IsDeflated: false } && From(stored)(wanted);

    /// <summary>Whether that means to decode the pixels.</summary>
    public bool IsDecoding(TransferSyntax stored, TransferSyntax wanted) =>
        stored.IsEncapsulated && wanted == TransferSyntax.ExplicitVrLittleEndian && decoder.WhyNot(stored) is null;

    /// <summary>What the client accepts, by header and by the query parameter accept (PS3.18 8.3.3.1).</summary>
    /// <exception cref="DicomWebException">400: malformed.</exception>
    public static AcceptHeader AcceptedBy(HttpContext context)
    {
        var query = QueryParameters.Parse(context.Request.QueryString.Value);
        var accept = query.All.FirstOrDefault(parameter => parameter.Name == "accept");
        return AcceptHeader.Parse(context.Request.Headers.Accept.ToString(), accept?.LiteralValue);
    }

    /// <summary>Sends a problem that names what can be had.</summary>
    public DicomWebException NotAcceptable(RepresentationChoice choice, TransferSyntax stored) =>
        choice.NotAcceptable(stored, From(stored));
}
