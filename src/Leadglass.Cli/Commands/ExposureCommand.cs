using System.CommandLine;
using Leadglass.Cli.CommandLine;
using Leadglass.Cli.Commands.Exposure;

namespace Leadglass.Cli.Commands;

/// <summary><c>leadglass exposure</c>: finds image servers that stand open, in networks that one is authorised to check.</summary>
internal static class ExposureCommand
{
    public static Command Create(Terminal terminal) =>
        new("exposure", "Find image servers that stand open, in networks that you are authorised to check")
        {
            ExposureScopeCommand.Create(terminal),
            ExposureScanCommand.Create(terminal),
            ExposureVerifyCommand.Create(terminal),
        };
}
