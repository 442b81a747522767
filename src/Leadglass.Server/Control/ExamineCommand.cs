using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Leadglass.Server.SelfExamination;

namespace Leadglass.Server.Control;

/// <summary>What <c>doctor</c> has to know about an open archive.</summary>
public static class ExamineCommand
{
    /// <summary>Tells where it listens, who is enrolled and by whom certificates are issued.</summary>
    public static ControlCommand<ExamineArguments, ArchiveState> Examine { get; } =
        new(
            "examine",
            ExamineCommandJson.Default.ExamineArguments,
            ExamineCommandJson.Default.ArchiveState,
            (host, _, _, _) =>
                Task.FromResult(
                    new ArchiveState(
                        host.Listening?.Dicom.ToString(),
                        host.Listening?.Https.ToString(),
                        host.Authority.CertificatePem,
                        DeviceCommands.Summaries(host),
                        host.LastLook
                    )
                )
        );
}

/// <summary>Nothing narrows the examination.</summary>
public sealed record ExamineArguments;

/// <summary>An open archive as <c>doctor</c> sees it.</summary>
/// <param name="Dicom">Where DICOM is bound, ADDRESS:PORT; null when nothing listens.</param>
/// <param name="Https">Where HTTPS is bound; null when nothing listens.</param>
/// <param name="AuthorityPem">The root certificate.</param>
/// <param name="Devices">Who is enrolled.</param>
/// <param name="LastLook">What the archive saw when it last looked at itself; null when it has not yet, or nothing listens.</param>
public sealed record ArchiveState(
    string? Dicom,
    string? Https,
    string AuthorityPem,
    ImmutableArray<DeviceSummary> Devices,
    SelfExaminationReport? LastLook
);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 16)]
[JsonSerializable(typeof(ExamineArguments))]
[JsonSerializable(typeof(ArchiveState))]
internal sealed partial class ExamineCommandJson : JsonSerializerContext;
