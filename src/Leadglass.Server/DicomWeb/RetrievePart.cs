using Leadglass.Access;
using Leadglass.Dicom.Imaging;
using Leadglass.Dicom.Imaging.Workers;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.DicomWeb;

/// <summary>WADO-RS and WADO-URI (PS3.18 10.4, 9.4).</summary>
internal static class RetrievePart
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    public static void Add(IServiceCollection services, WebParts parts)
    {
        var clock = parts.Host.Clock;
        services.AddSingleton(_ =>
            parts.Options.DecoderCommand is { } command
                ? new FrameDecoder(new DecodingWorkers(command, clock), clock)
                : new FrameDecoder(clock)
        );
        services.AddSingleton<InstanceTranscoder>();
        services.AddSingleton<StoredForms>();
        services.AddSingleton<EntityTags>();
        services.AddSingleton<InstanceResponses>();
        services.AddSingleton<FrameResponses>();
        services.AddSingleton<BulkDataResponses>();
        services.AddSingleton<MetadataResponses>();
    }

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var root = endpoints.MapGroup(ServiceRoot.Path);
        var instances = endpoints.ServiceProvider.GetRequiredService<InstanceResponses>();
        var frames = endpoints.ServiceProvider.GetRequiredService<FrameResponses>();
        var bulkData = endpoints.ServiceProvider.GetRequiredService<BulkDataResponses>();
        var metadata = endpoints.ServiceProvider.GetRequiredService<MetadataResponses>();
        string[] levels = [ResourcePath.OfStudy, ResourcePath.OfSeries, ResourcePath.OfInstance];
        foreach (var level in levels)
        {
            Get(root, level, instances.AnswerAsync);
            Get(root, $"{level}/metadata", metadata.AnswerAsync);
            Get(root, $"{level}/rendered", Rendering.RefuseAsync).WithMetadata(new KeepsPlaceAttribute());
            Get(root, $"{level}/thumbnail", Rendering.RefuseAsync).WithMetadata(new KeepsPlaceAttribute());
        }

        Get(root, $"{ResourcePath.OfInstance}/frames/{{frames}}", frames.AnswerAsync);
        Get(root, $"{ResourcePath.OfInstance}/bulkdata/{{**path}}", bulkData.AnswerAsync);
        Get(root, $"{ResourcePath.OfInstance}/frames/{{frames}}/rendered", Rendering.RefuseAsync)
            .WithMetadata(new KeepsPlaceAttribute());
        Get(root, $"{ResourcePath.OfInstance}/frames/{{frames}}/thumbnail", Rendering.RefuseAsync)
            .WithMetadata(new KeepsPlaceAttribute());
        Get(root, "/wado", instances.AnswerUriAsync);
    }

    private static IEndpointConventionBuilder Get(IEndpointRouteBuilder root, string pattern, RequestDelegate answer) =>
        root.MapMethods(pattern, Reading, answer).RequireCaller(Operation.Retrieve).ProgramsWelcome().ViewerWelcome();
}
