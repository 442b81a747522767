using Leadglass.Dicom.Imaging;
using Leadglass.Dicom.Imaging.Workers;

namespace Leadglass.Cli.Doctor;

/// <summary>Whether compressed images can be given uncompressed to whoever asks for that.</summary>
internal static class DecoderChecks
{
    private const string Check = "decoders";

    /// <summary>The libraries of other makers, and the confined process that runs them.</summary>
    public static async IAsyncEnumerable<Finding> TryAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel
    )
    {
        var missing = FrameCodec.All.Where(codec => !codec.IsAvailable).ToLookup(codec => codec.Package);
        foreach (var package in missing)
        {
            yield return new Finding(
                Check,
                Health.Warning,
                $"{package.First().Library} is not installed, so {string.Join(", ", package.Select(codec => codec.TransferSyntax.Name))} "
                    + $"leave only as they are stored: apt install {package.Key}"
            );
        }

        yield return await DecodingWorkers.TryAsync(DecodingWorkers.CommandOfThisProgram(), cancel) is { } problem
            ? new Finding(Check, Health.Warning, problem.Message)
            : new Finding(
                Check,
                Health.Ok,
                $"{FrameCodec.All.Count(codec => codec.IsAvailable)} of {FrameCodec.All.Count} compressed transfer "
                    + "syntaxes can be decoded, foreign code in a confined process"
            );
    }
}
