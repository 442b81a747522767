using System.Globalization;
using Leadglass.Testing.Processes;

namespace Leadglass.Testing.Lab;

/// <summary>A product at work on a host of a lab, with what only those who run it know.</summary>
public sealed record LabProduct : IAsyncDisposable
{
    /// <summary>The product: <c>Orthanc</c>.</summary>
    public required string Name { get; init; }

    /// <summary>How it is set up, in a few words.</summary>
    public required string Setting { get; init; }

    public required LabHost Host { get; init; }

    /// <summary>What it printed, and what it wrote into its log.</summary>
    public required Func<string> ReadLog { get; init; }

    /// <summary>Ends it and takes its files away.</summary>
    public required Func<ValueTask> Stop { get; init; }

    /// <summary>Where it speaks DICOM.</summary>
    public required int DicomPort { get; init; }

    /// <summary>Whether it speaks DICOM within TLS.</summary>
    public bool IsTls { get; init; }

    /// <summary>Its own AE title.</summary>
    public required string AeTitle { get; init; }

    /// <summary>Where it speaks HTTP; null where it does not.</summary>
    public int? HttpPort { get; init; }

    /// <summary>Whether HTTP is within TLS.</summary>
    public bool IsHttps { get; init; }

    /// <summary>The root of its DICOMweb service, with both slashes; null without one.</summary>
    public string? DicomWebRoot { get; init; }

    /// <summary>How many studies it holds, as those who run it see.</summary>
    public required int Studies { get; init; }

    /// <summary>The version, as the product or its package says.</summary>
    public string Version { get; init; } = "";

    public string Url =>
        string.Create(CultureInfo.InvariantCulture, $"http{(IsHttps ? "s" : "")}://{Host.Address}:{HttpPort}");

    /// <summary>How to end a server and take its folder away.</summary>
    public static Func<ValueTask> Ending(BackgroundProcess server, ScratchFolder scratch) =>
        async () =>
        {
            await server.DisposeAsync();
            scratch.Dispose();
        };

    public ValueTask DisposeAsync() => Stop();
}
