using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Xml;
using Leadglass.Dicom.Web;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.DicomWeb;

/// <summary>
/// Retrieve capabilities (PS3.18 8.9, Annex H): the resources and methods that the running server has, as WADL or as JSON.
/// It is made from the endpoints themselves, so it cannot promise what is not there.
/// </summary>
internal static class CapabilitiesPart
{
    private const string Wadl = "application/vnd.sun.wadl+xml";
    private const string WadlNamespace = "http://wadl.dev.java.net/2009/02";

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints
            .MapMethods(ServiceRoot.Path, [HttpMethods.Options, HttpMethods.Get, HttpMethods.Head], AnswerAsync)
            .AnyCaller()
            .ProgramsWelcome();

    private static async Task AnswerAsync(HttpContext context)
    {
        var asJson = AsksForJson(StoredForms.AcceptedBy(context));
        var resources = Resources(context.RequestServices.GetRequiredService<EndpointDataSource>());
        var body = asJson ? Json(resources) : Xml(resources, ServiceRoot.Url(context));
        context.Response.ContentType = asJson ? MediaType.Json.Essence : Wadl;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static bool AsksForJson(AcceptHeader accept)
    {
        foreach (var (type, quality) in accept.Entries.Where(entry => entry.Quality > 0))
        {
            if (type.Includes(Wadl))
            {
                return false;
            }

            if (type.Includes(MediaType.Json.Essence))
            {
                return true;
            }
        }

        throw new DicomWebException(
            StatusCodes.Status406NotAcceptable,
            "Not acceptable",
            "Capabilities are given as WADL and as JSON.",
            [Wadl, MediaType.Json.Essence]
        );
    }

    /// <summary>By path below the root, in order; what only keeps a place is left out.</summary>
    private static ImmutableArray<Resource> Resources(EndpointDataSource endpoints) =>
        [
            .. endpoints
                .Endpoints.OfType<RouteEndpoint>()
                .Where(endpoint =>
                    endpoint.RoutePattern.RawText is { } path
                    && path.StartsWith($"{ServiceRoot.Path}/", StringComparison.Ordinal)
                    && endpoint.Metadata.GetMetadata<KeepsPlaceAttribute>() is null
                )
                .GroupBy(endpoint => endpoint.RoutePattern.RawText![(ServiceRoot.Path.Length + 1)..])
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new Resource(
                    group.Key,
                    [.. group.First().RoutePattern.Parameters.Select(parameter => parameter.Name)],
                    [
                        .. group
                            .SelectMany(endpoint =>
                                endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
                            )
                            .Order(StringComparer.Ordinal),
                    ]
                )),
        ];

    private static byte[] Xml(ImmutableArray<Resource> resources, string root)
    {
        using var output = new MemoryStream();
        using (var xml = XmlWriter.Create(output, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
        {
            xml.WriteStartElement("application", WadlNamespace);
            xml.WriteStartElement("resources", WadlNamespace);
            xml.WriteAttributeString("base", root);
            foreach (var resource in resources)
            {
                Write(xml, resource);
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return output.ToArray();
    }

    private static void Write(XmlWriter xml, Resource resource)
    {
        xml.WriteStartElement("resource", WadlNamespace);
        xml.WriteAttributeString("path", resource.Path.Replace("**", "", StringComparison.Ordinal));
        foreach (var parameter in resource.Parameters)
        {
            xml.WriteStartElement("param", WadlNamespace);
            xml.WriteAttributeString("name", parameter);
            xml.WriteAttributeString("style", "template");
            xml.WriteEndElement();
        }

        foreach (var method in resource.Methods)
        {
            var (asked, answered) = RepresentationsOf(resource.Path, method);
            xml.WriteStartElement("method", WadlNamespace);
            xml.WriteAttributeString("name", method);
            WriteRepresentations(xml, "request", asked);
            WriteRepresentations(xml, "response", answered);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void WriteRepresentations(XmlWriter xml, string element, ImmutableArray<string> types)
    {
        xml.WriteStartElement(element, WadlNamespace);
        foreach (var type in types)
        {
            xml.WriteStartElement("representation", WadlNamespace);
            xml.WriteAttributeString("mediaType", type);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static byte[] Json(ImmutableArray<Resource> resources)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("base", ServiceRoot.Path);
            json.WriteStartArray("resources");
            foreach (var resource in resources)
            {
                json.WriteStartObject();
                json.WriteString("path", resource.Path.Replace("**", "", StringComparison.Ordinal));
                json.WriteStartArray("methods");
                foreach (var method in resource.Methods)
                {
                    var (asked, answered) = RepresentationsOf(resource.Path, method);
                    json.WriteStartObject();
                    json.WriteString("name", method);
                    Write(json, "request", asked);
                    Write(json, "response", answered);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return output.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string name, ImmutableArray<string> types)
    {
        json.WriteStartArray(name);
        foreach (var type in types)
        {
            json.WriteStringValue(type);
        }

        json.WriteEndArray();
    }

    /// <summary>What goes in and out, by the last segment of the path (PS3.18 8.7.4, Tables 10.4.1-1 and 10.5.1-1).</summary>
    private static (ImmutableArray<string> Request, ImmutableArray<string> Response) RepresentationsOf(
        string path,
        string method
    )
    {
        ImmutableArray<string> dataSets =
        [
            "application/dicom+json",
            "multipart/related; type=\"application/dicom+xml\"",
        ];
        ImmutableArray<string> instances = ["multipart/related; type=\"application/dicom\"", "application/dicom"];
        ImmutableArray<string> octets =
        [
            "multipart/related; type=\"application/octet-stream\"",
            "application/octet-stream",
        ];
        if (method == HttpMethods.Post)
        {
            return (
                [.. instances, .. dataSets.Select(type => $"multipart/related; type=\"{type}\"").Take(1), dataSets[1]],
                ["application/dicom+json", "application/dicom+xml"]
            );
        }

        return (
            [],
            path.Contains("/bulkdata/", StringComparison.Ordinal)
                ? octets
                : path.Split('/')[^1] switch
                {
                    "metadata" or "studies" or "series" or "instances" => dataSets,
                    "{frames}" => [.. octets, "multipart/related; type=\"image/*\""],
                    "wado" => [instances[1]],
                    _ => instances,
                }
        );
    }

    private sealed record Resource(string Path, ImmutableArray<string> Parameters, ImmutableArray<string> Methods);
}
