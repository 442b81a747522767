using System.CommandLine;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom;

namespace Leadglass.Cli.Commands.Client;

/// <summary><c>leadglass move</c>: has a peer send a study, a series or an instance to a third.</summary>
internal static class MoveCommand
{
    public static Command Create(Terminal terminal)
    {
        const string model = SopClasses.StudyRootQueryRetrieveInformationModelMove;
        var peer = new PeerOptions();
        var study = QueryKeys.Study();
        study.Required = true;
        var (series, instance, json) = (QueryKeys.Series(), QueryKeys.Instance(), SharedOptions.Json());
        var destination = new Option<string>("--to")
        {
            Description = "The application entity title to which the peer sends",
            HelpName = "TITLE",
            Required = true,
        };
        var command = new Command("move", "Have a peer send a study, series or instance elsewhere (C-MOVE)");
        peer.AddTo(command);
        foreach (var option in new Option[] { study, series, instance, destination, json })
        {
            command.Add(option);
        }

        command.SetAction(
            async (parsed, cancel) =>
            {
                if (!AeTitle.TryParse(parsed.GetValue(destination)!, out var title))
                {
                    throw CommandFailedException.WrongUsage(
                        "--to takes an application entity title of 1 to 16 characters"
                    );
                }

                var identifier = QueryKeys.Retrieval(
                    parsed.GetValue(study)!,
                    parsed.GetValue(series),
                    parsed.GetValue(instance)
                );
                await using var association = await PeerAssociation.OpenAsync(
                    peer,
                    parsed,
                    terminal,
                    PeerAssociation.Contexts(
                        [model],
                        TransferSyntaxUids.ExplicitVRLittleEndian,
                        TransferSyntaxUids.ImplicitVRLittleEndian
                    ),
                    cancel
                );
                association.Require(model, "retrieval by C-MOVE");
                var outcome = await association.Dicom.MoveAsync(
                    SopClassUid.Parse(model),
                    title,
                    identifier,
                    cancellationToken: cancel
                );
                await association.ReleaseAsync(cancel);
                return await GetCommand.ReportAsync(
                    terminal,
                    outcome,
                    $"{outcome.Completed} instances were sent to {title}",
                    parsed.GetValue(json)
                );
            }
        );
        return command;
    }
}
