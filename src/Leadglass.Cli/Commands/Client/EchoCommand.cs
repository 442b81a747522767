using System.CommandLine;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom;

namespace Leadglass.Cli.Commands.Client;

/// <summary><c>leadglass echo</c>: whether a DICOM peer answers us.</summary>
internal static class EchoCommand
{
    public static Command Create(Terminal terminal)
    {
        var peer = new PeerOptions();
        var command = new Command("echo", "Ask a DICOM peer whether it answers us (C-ECHO)");
        peer.AddTo(command);
        command.SetAction(
            async (parsed, cancel) =>
            {
                await using var association = await PeerAssociation.OpenAsync(
                    peer,
                    parsed,
                    terminal,
                    PeerAssociation.Contexts([SopClasses.Verification], TransferSyntaxUids.ImplicitVRLittleEndian),
                    cancel
                );
                association.Require(SopClasses.Verification, "verification");
                var status = await association.Dicom.EchoAsync(cancel);
                await association.ReleaseAsync(cancel);
                await terminal.Out.WriteLineAsync($"{peer.Called(parsed)} answers: {PeerAssociation.Describe(status)}");
                return PeerAssociation.ExitCodeOf(status);
            }
        );
        return command;
    }
}
