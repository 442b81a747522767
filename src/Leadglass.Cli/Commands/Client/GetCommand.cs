using System.CommandLine;
using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Cli.Commands.Client;

/// <summary>What <c>leadglass get</c> or <c>move</c> did.</summary>
internal sealed record RetrieveResult(string Status, int Completed, int Failed, int Warnings);

/// <summary><c>leadglass get</c>: fetches a study, a series or an instance into a folder.</summary>
internal static class GetCommand
{
    private const int StorageContextsMax = PresentationContextsMax - 2;
    private const int PresentationContextsMax = 128;

    // What most archives hold, should the peer not say which classes are in the study.
    private static readonly string[] Usual =
    [
        SopClasses.CTImageStorage,
        SopClasses.MRImageStorage,
        SopClasses.DigitalXRayImageStorageForPresentation,
        SopClasses.ComputedRadiographyImageStorage,
        SopClasses.DigitalMammographyXRayImageStorageForPresentation,
        SopClasses.UltrasoundImageStorage,
        SopClasses.SecondaryCaptureImageStorage,
    ];

    public static Command Create(Terminal terminal)
    {
        var peer = new PeerOptions();
        var study = QueryKeys.Study();
        study.Required = true;
        var (series, instance, json) = (QueryKeys.Series(), QueryKeys.Instance(), SharedOptions.Json());
        var output = new Option<string>("--out")
        {
            Description = "An empty or new folder; it gets the files and a DICOMDIR",
            HelpName = "DIR",
            Required = true,
        };
        var command = new Command("get", "Fetch a study, series or instance from a peer (C-GET)");
        peer.AddTo(command);
        foreach (var option in new Option[] { study, series, instance, output, json })
        {
            command.Add(option);
        }

        command.SetAction(
            async (parsed, cancel) =>
            {
                var uid = parsed.GetValue(study)!;
                var identifier = QueryKeys.Retrieval(uid, parsed.GetValue(series), parsed.GetValue(instance));
                var folder = PrepareFolder(parsed.GetValue(output)!);
                var classes = await ClassesInAsync(peer, parsed, terminal, uid, cancel);
                var contexts = Contexts(classes);
                var files = new ReceivedFileSet(folder);
                await using var association = await PeerAssociation.OpenAsync(
                    peer,
                    parsed,
                    terminal,
                    contexts,
                    cancel,
                    [
                        .. classes.Select(sopClass => new RoleSelection(
                            sopClass,
                            RequestorIsScu: true,
                            RequestorIsScp: true
                        )),
                    ],
                    files
                );
                association.Require(SopClasses.StudyRootQueryRetrieveInformationModelGet, "retrieval by C-GET");
                var outcome = await association.Dicom.GetAsync(
                    SopClassUid.Parse(SopClasses.StudyRootQueryRetrieveInformationModelGet),
                    identifier,
                    cancellationToken: cancel
                );
                await association.ReleaseAsync(cancel);
                await files.WriteDirectoryAsync(cancel);
                return await ReportAsync(
                    terminal,
                    outcome,
                    $"{files.Count} instances are in {folder}",
                    parsed.GetValue(json)
                );
            }
        );
        return command;
    }

    /// <summary>Says how a retrieval ended.</summary>
    internal static async Task<int> ReportAsync(Terminal terminal, RetrieveOutcome outcome, string done, bool asJson)
    {
        var status = PeerAssociation.Describe(outcome.Status);
        if (asJson)
        {
            var result = new RetrieveResult(status, outcome.Completed, outcome.Failed, outcome.Warnings);
            await terminal.Out.WriteLineAsync(JsonSerializer.Serialize(result, CommandJson.Default.RetrieveResult));
        }
        else
        {
            await terminal.Out.WriteLineAsync($"{done}; {outcome.Failed} failed; the peer says {status}");
        }

        return PeerAssociation.ExitCodeOf(outcome.Status);
    }

    private static string PrepareFolder(string path)
    {
        var folder = Path.GetFullPath(path);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw CommandFailedException.Failed($"{folder} is not empty");
        }

        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return folder;
    }

    private static async Task<IReadOnlyList<string>> ClassesInAsync(
        PeerOptions peer,
        ParseResult parsed,
        Terminal terminal,
        string study,
        CancellationToken cancel
    )
    {
        const string model = SopClasses.StudyRootQueryRetrieveInformationModelFind;
        await using var association = await PeerAssociation.OpenAsync(
            peer,
            parsed,
            terminal,
            PeerAssociation.Contexts([model, SopClasses.Verification], TransferSyntaxUids.ImplicitVRLittleEndian),
            cancel
        );
        var said = new List<string>();
        if (association.Dicom.PresentationContexts.Any(context => context.AbstractSyntaxUid == model))
        {
            var identifier = QueryKeys.Retrieval(study, null, null);
            identifier.SetEmpty(DicomTag.SOPClassesInStudy);
            var (matches, _) = await FindCommand.FindAsync(
                association.Dicom,
                SopClassUid.Parse(model),
                identifier,
                10,
                cancel
            );
            said.AddRange(
                matches
                    .SelectMany(match => match.GetStrings(DicomTag.SOPClassesInStudy))
                    .Where(uid => UidSyntax.IsValid(uid))
            );
        }

        await association.ReleaseAsync(cancel);
        if (said.Count > 0)
        {
            return [.. said.Distinct().Take(StorageContextsMax)];
        }

        var known = UidRegistry.PatientStudyStorageSopClasses.Where(uid =>
            UidRegistry.Find(uid) is { IsRetired: false }
        );
        return [.. Usual.Concat(known).Distinct().Take(StorageContextsMax)];
    }

    /// <summary>
    /// The retrieval, and for each class the encodings one by one as far as 128 contexts go, so that what is stored
    /// compressed comes as it is; the first context of each class has all native ones.
    /// </summary>
    private static ProposedPresentationContext[] Contexts(IReadOnlyList<string> classes)
    {
        string[] native = [TransferSyntaxUids.ExplicitVRLittleEndian, TransferSyntaxUids.ImplicitVRLittleEndian];
        var wanted = new List<(string SopClass, string[] Syntaxes)>
        {
            (SopClasses.StudyRootQueryRetrieveInformationModelGet, native),
        };
        wanted.AddRange(classes.Select(sopClass => (sopClass, native)));
        foreach (var syntax in TransferSyntax.All.Where(syntax => syntax.IsStorable && !native.Contains(syntax.Uid)))
        {
            wanted.AddRange(classes.Select(sopClass => (sopClass, new[] { syntax.Uid })));
        }

        return
        [
            .. wanted
                .Take(PresentationContextsMax)
                .Select(
                    (pair, index) =>
                        new ProposedPresentationContext((byte)((2 * index) + 1), pair.SopClass, pair.Syntaxes)
                ),
        ];
    }
}
