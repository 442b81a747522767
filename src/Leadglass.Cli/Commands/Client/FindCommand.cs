using System.CommandLine;
using System.Text;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Spectre.Console;

namespace Leadglass.Cli.Commands.Client;

/// <summary><c>leadglass find</c>: asks a peer for patients, studies, series or instances.</summary>
internal static class FindCommand
{
    private static readonly string[] Levels = ["patient", "study", "series", "image"];

    public static Command Create(Terminal terminal)
    {
        var peer = new PeerOptions();
        var keys = new Argument<string[]>("key")
        {
            Description = "What to match and to answer: PatientName=DOE*, StudyDate=20260101-, Modality",
            HelpName = "KEY[=VALUE]",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var level = new Option<string>("--level") { Description = "What to find", DefaultValueFactory = _ => "study" };
        level.AcceptOnlyFromAmong(Levels);
        var limit = new Option<int>("--limit")
        {
            Description = "Stop after so many matches",
            DefaultValueFactory = _ => 1_000,
        };
        var json = SharedOptions.Json();
        var command = new Command("find", "Ask a DICOM peer for patients, studies, series or instances (C-FIND)");
        peer.AddTo(command);
        command.Add(keys);
        command.Add(level);
        command.Add(limit);
        command.Add(json);
        command.SetAction(
            async (parsed, cancel) =>
            {
                var at = parsed.GetValue(level)!.ToUpperInvariant();
                var (identifier, shown) = QueryKeys.Parse(at, parsed.GetValue(keys) ?? []);
                var model =
                    at == "PATIENT"
                        ? SopClasses.PatientRootQueryRetrieveInformationModelFind
                        : SopClasses.StudyRootQueryRetrieveInformationModelFind;
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
                association.Require(model, "queries");
                var (matches, status) = await FindAsync(
                    association.Dicom,
                    SopClassUid.Parse(model),
                    identifier,
                    Math.Max(1, parsed.GetValue(limit)),
                    cancel
                );
                await association.ReleaseAsync(cancel);
                await WriteAsync(terminal, matches, shown, parsed.GetValue(json));
                if (status is null)
                {
                    await terminal.Error.WriteLineAsync(
                        "leadglass: there are more matches: ask more narrowly, or raise --limit"
                    );
                }
                else if (status is { IsSuccess: false } failure)
                {
                    await terminal.Error.WriteLineAsync(
                        $"leadglass: the peer ended the query: {PeerAssociation.Describe(failure)}"
                    );
                    return PeerAssociation.ExitCodeOf(failure);
                }

                return ExitCode.Done;
            }
        );
        return command;
    }

    /// <summary>The matches, and the final status; null when there were more than the limit.</summary>
    internal static async Task<(IReadOnlyList<DataSet> Matches, DimseStatus? Status)> FindAsync(
        DicomClientAssociation association,
        SopClassUid model,
        DataSet identifier,
        int limit,
        CancellationToken cancel
    )
    {
        var matches = new List<DataSet>();
        await foreach (var response in association.FindAsync(model, identifier, cancel))
        {
            if (response.Identifier is not { } match)
            {
                return (matches, response.Status);
            }

            if (matches.Count == limit)
            {
                return (matches, null);
            }

            matches.Add(match);
        }

        return (matches, null);
    }

    private static async Task WriteAsync(
        Terminal terminal,
        IReadOnlyList<DataSet> matches,
        IReadOnlyList<DicomTag> shown,
        bool asJson
    )
    {
        if (asJson)
        {
            var objects = matches.Select(match => Encoding.UTF8.GetString(DicomJson.Write(match)));
            await terminal.Out.WriteLineAsync($"[{string.Join(",\n", objects)}]");
            return;
        }

        var titles = shown.Select(tag => DicomDictionary.Find(tag)!.Value.Keyword).ToArray();
        var rows = matches.Select(match =>
            shown.Select(tag => Printable.Text(string.Join('\\', match.GetStrings(tag)))).ToArray()
        );
        if (!terminal.IsInteractive)
        {
            foreach (var row in rows.Prepend(titles))
            {
                await terminal.Out.WriteLineAsync(string.Join('\t', row));
            }

            return;
        }

        var table = new Table().Border(TableBorder.Simple);
        foreach (var title in titles)
        {
            table.AddColumn(title);
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(Markup.Escape).ToArray());
        }

        terminal.Console.Write(table);
        await terminal.Out.WriteLineAsync(matches.Count == 1 ? "1 match" : $"{matches.Count} matches");
    }
}
