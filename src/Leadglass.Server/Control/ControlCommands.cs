using System.Collections.Frozen;
using Leadglass.Server.Exchange;
using Leadglass.Server.SignIn.Commands;

namespace Leadglass.Server.Control;

/// <summary>What a running archive does for the command.</summary>
public static class ControlCommands
{
    private static readonly FrozenDictionary<string, ControlCommand> ByName = new ControlCommand[]
    {
        DeviceCommands.Authority,
        DeviceCommands.Add,
        DeviceCommands.Renew,
        DeviceCommands.Enable,
        DeviceCommands.List,
        EdgeCommands.Open,
        EdgeCommands.AddBehind,
        PersonCommands.AddFirst,
        PersonCommands.Add,
        PersonCommands.Reset,
        PersonCommands.Confirm,
        PersonCommands.Enable,
        PersonCommands.ChangeRole,
        PersonCommands.List,
        ProviderCommands.KeepSecret,
        ProviderCommands.MapGroup,
        ProviderCommands.ConfirmGroup,
        ProviderCommands.ListGroups,
        ClientCommands.Add,
        ClientCommands.Renew,
        ClientCommands.Enable,
        ClientCommands.List,
        TrailCommands.Prepare,
        ExamineCommand.Examine,
        ImportCommands.Import,
        ExportCommands.Export,
    }.ToFrozenDictionary(command => command.Name, StringComparer.Ordinal);

    internal static ControlCommand? Find(string name) => ByName.GetValueOrDefault(name);
}
