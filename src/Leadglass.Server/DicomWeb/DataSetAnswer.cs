using System.Text.Json;
using Leadglass.Dicom;
using Leadglass.Dicom.Web;
using Microsoft.AspNetCore.Http;

namespace Leadglass.Server.DicomWeb;

/// <summary>Writes data sets as the answer of a service: DICOM JSON or XML (PS3.18 8.7.3.2).</summary>
internal static class DataSetAnswer
{
    private const int FlushBytes = 64 << 10;

    /// <summary>What a request accepts: the query parameter before the header (PS3.18 8.3.3.1).</summary>
    /// <exception cref="DicomWebException">400.</exception>
    public static AcceptHeader AcceptOf(HttpRequest request)
    {
        var parameters = QueryParameters.Parse(request.QueryString.Value);
        _ = parameters.Single("accept");
        var query = parameters.All.FirstOrDefault(parameter => parameter.Name == "accept");
        return AcceptHeader.Parse(request.Headers.Accept.ToString(), query?.LiteralValue);
    }

    /// <summary>Answers with data sets; none of them as XML is 204, since a multipart message has parts.</summary>
    public static Task WriteAsync(
        HttpContext context,
        int status,
        DataSetForm form,
        IReadOnlyList<DataSet> dataSets,
        bool asArray = true
    )
    {
        context.Response.StatusCode = status;
        return form switch
        {
            DataSetForm.Xml => WriteXmlAsync(context, dataSets[0]),
            DataSetForm.MultipartXml => WriteMultipartAsync(context, dataSets),
            _ => WriteJsonAsync(context, form, dataSets, asArray),
        };
    }

    private static async Task WriteJsonAsync(
        HttpContext context,
        DataSetForm form,
        IReadOnlyList<DataSet> dataSets,
        bool asArray
    )
    {
        var response = context.Response;
        response.ContentType = (form is DataSetForm.Json ? MediaType.Json : MediaType.DicomJson).Essence;
        await using var json = new Utf8JsonWriter(response.BodyWriter, DicomJson.WriterOptions);
        if (asArray)
        {
            json.WriteStartArray();
        }

        var flushed = 0L;
        foreach (var dataSet in dataSets)
        {
            DicomJson.Write(json, dataSet);
            if (json.BytesPending + json.BytesCommitted - flushed >= FlushBytes)
            {
                await json.FlushAsync(context.RequestAborted);
                await response.BodyWriter.FlushAsync(context.RequestAborted);
                flushed = json.BytesCommitted;
            }
        }

        if (asArray)
        {
            json.WriteEndArray();
        }
    }

    private static async Task WriteXmlAsync(HttpContext context, DataSet dataSet)
    {
        context.Response.ContentType = MediaType.DicomXml.Essence;
        await context.Response.Body.WriteAsync(NativeDicomModel.Write(dataSet), context.RequestAborted);
    }

    private static async Task WriteMultipartAsync(HttpContext context, IReadOnlyList<DataSet> dataSets)
    {
        var response = context.Response;
        if (dataSets.Count == 0)
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        var boundary = MultipartWriter.NewBoundary();
        response.ContentType = MediaType
            .MultipartRelated.With("type", MediaType.DicomXml.Essence)
            .With("boundary", boundary)
            .ToString();
        var parts = new MultipartWriter(response.BodyWriter, boundary);
        foreach (var dataSet in dataSets)
        {
            var document = NativeDicomModel.Write(dataSet);
            parts.BeginPart(MediaType.DicomXml, contentLength: document.Length);
            await parts.Output.WriteAsync(document, context.RequestAborted);
        }

        parts.Complete();
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
