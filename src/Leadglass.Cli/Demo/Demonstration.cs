using System.Diagnostics;
using System.Net;
using Leadglass.Access;
using Leadglass.Cli.CommandLine;
using Leadglass.Cli.Demo.Phantoms;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Server;
using Leadglass.Server.SignIn;

namespace Leadglass.Cli.Demo;

/// <summary>
/// Shows in a minute what the archive is: a scanner stores, a stranger is turned away, a workstation finds and gets back,
/// a person is let in, and the disk says nothing. Every step checks itself.
/// </summary>
internal sealed class Demonstration(Terminal terminal, DemoScreen screen, ArchiveHost host, LeadglassServer server)
{
    private const int Seed = 20;
    private const string StudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
    private const string StudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";

    private readonly List<DemoInstance> _sent = [];

    /// <summary>Runs the story; true when all of it went as it should.</summary>
    public async Task<bool> RunAsync(CancellationToken cancel)
    {
        using var scanner = await DemoDevice.EnrolAsync(host, "scanner", "SCANNER", DeviceRights.Store, cancel);
        using var workstation = await DemoDevice.EnrolAsync(
            host,
            "workstation",
            "WORKSTATION",
            DeviceRights.Query | DeviceRights.Retrieve,
            cancel
        );
        await StoreAsync(scanner, cancel);
        var isRefused = await TurnAwayAsync(scanner, cancel);
        await FindAsync(workstation, cancel);
        await RetrieveAsync(workstation, cancel);
        await LetInAsync(cancel);
        return isRefused & await SearchDiskAsync(cancel);
    }

    private async Task StoreAsync(DemoDevice scanner, CancellationToken cancel)
    {
        screen.Chapter("A scanner stores four studies, over mutual TLS");
        var today = DateOnly.FromDateTime(terminal.Clock.GetLocalNow().DateTime);
        _sent.AddRange(PhantomStudies.All(Seed, today).Select(dataSet => new DemoInstance(dataSet)));
        var classes = _sent.Select(instance => (instance.SopClass.Value, TransferSyntax.ExplicitVrLittleEndian));
        await using var association = await scanner.AssociateAsync(
            server.Dicom,
            PresentationContextPlan.Group(classes)[0],
            [],
            handler: null,
            cancel
        );
        var watch = Stopwatch.StartNew();
        await screen.ProgressAsync(
            "storing",
            _sent.Count,
            async step =>
            {
                foreach (var instance in _sent)
                {
                    var status = await association.Dicom.StoreAsync(instance, cancellationToken: cancel);
                    Require(status.IsSuccess, $"the archive answered {status} to an image");
                    step();
                }
            }
        );
        await association.Dicom.ReleaseAsync(cancel);
        screen.Table(
            ["study", "images", "size"],
            _sent
                .GroupBy(instance => instance.Study)
                .Select(study =>
                    (IReadOnlyList<string>)
                        [
                            study.First().Description,
                            $"{study.Count()}",
                            DemoScreen.Size(study.Sum(instance => instance.LengthBytes)),
                        ]
                )
        );
        screen.Good(
            $"{_sent.Count} images acknowledged",
            $"each on stable storage before its success, {_sent.Count / watch.Elapsed.TotalSeconds:0} per second"
        );
    }

    private async Task<bool> TurnAwayAsync(DemoDevice scanner, CancellationToken cancel)
    {
        screen.Chapter("A stranger on the network tries");
        var isRefused = true;
        await foreach (var attempt in Strangers.TryAllAsync(server.Dicom, server.Https))
        {
            isRefused &= attempt.IsRefused;
            Tell(attempt.IsRefused, attempt.Attempt, attempt.Answer);
        }

        var query = await AskAsync(scanner, cancel);
        var isUnauthorized = query == DimseStatus.NotAuthorized with { Comment = query.Comment };
        Tell(isUnauthorized, "the scanner, which may only store, asks for a list of patients", $"{query}");
        screen.Note("all of it stands in the trail: sealed, chained, and summed so that nobody fills the disk");
        return isRefused && isUnauthorized;
    }

    private async Task FindAsync(DemoDevice workstation, CancellationToken cancel)
    {
        screen.Chapter("A workstation finds them");
        await using var association = await workstation.AssociateAsync(
            server.Dicom,
            [Context(1, StudyRootFind)],
            [],
            handler: null,
            cancel
        );
        var rows = new List<IReadOnlyList<string>>();
        var watch = Stopwatch.StartNew();
        await foreach (
            var response in association.Dicom.FindAsync(SopClassUid.Parse(StudyRootFind), StudyKeys("phantom*"), cancel)
        )
        {
            if (response.Identifier is { } match)
            {
                rows.Add([
                    match.GetString(DicomTag.PatientName) ?? string.Empty,
                    match.GetString(DicomTag.PatientID) ?? string.Empty,
                    match.GetString(DicomTag.StudyDescription) ?? string.Empty,
                    match.GetString(DicomTag.ModalitiesInStudy) ?? string.Empty,
                    match.GetString(DicomTag.NumberOfStudyRelatedInstances) ?? string.Empty,
                ]);
            }
            else
            {
                Require(response.Status.IsSuccess, $"the query ended with {response.Status}");
            }
        }

        await association.Dicom.ReleaseAsync(cancel);
        screen.Table(["patient", "ID", "study", "modality", "images"], rows);
        var studies = _sent.Select(instance => instance.Study).Distinct().Count();
        Require(rows.Count == studies, $"{rows.Count} of {studies} studies were found");
        screen.Good(
            $"C-FIND for \"phantom*\": {rows.Count} studies in {watch.ElapsedMilliseconds} ms",
            "case and accents do not matter: PHÄNTOM is found too"
        );
    }

    private async Task RetrieveAsync(DemoDevice workstation, CancellationToken cancel)
    {
        screen.Chapter("and gets them back");
        var received = new DemoWorkstation();
        var classes = _sent.Select(instance => instance.SopClass.Value).Distinct(StringComparer.Ordinal).ToList();
        await using var association = await workstation.AssociateAsync(
            server.Dicom,
            [Context(1, StudyRootGet), .. classes.Select((uid, place) => Context((byte)((2 * place) + 3), uid))],
            [.. classes.Select(uid => new RoleSelection(uid, RequestorIsScu: false, RequestorIsScp: true))],
            received,
            cancel
        );
        var watch = Stopwatch.StartNew();
        foreach (var study in _sent.Select(instance => instance.Study).Distinct())
        {
            var keys = new DataSet();
            keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
            keys.SetString(DicomTag.StudyInstanceUID, study.Value);
            var outcome = await association.Dicom.GetAsync(
                SopClassUid.Parse(StudyRootGet),
                keys,
                cancellationToken: cancel
            );
            Require(outcome.Status.IsSuccess, $"a retrieval ended with {outcome.Status}");
        }

        watch.Stop();
        await association.Dicom.ReleaseAsync(cancel);
        var equal = _sent.Count(instance =>
            received.Digests.GetValueOrDefault(instance.SopInstance.Value) == instance.Digest
        );
        Require(equal == _sent.Count, $"{equal} of {_sent.Count} images came back byte for byte");
        screen.Good(
            $"C-GET: {equal} of {_sent.Count} images came back byte for byte",
            $"{DemoScreen.Size(received.BytesReceived)} at {received.BytesReceived / 1e6 / watch.Elapsed.TotalSeconds:0} MB/s"
        );
    }

    private async Task LetInAsync(CancellationToken cancel)
    {
        screen.Chapter("A radiologist is let in, by a link that works once");
        var link = await DemoAccess.CreateAsync(host, "reader", cancel);
        using var reader = new DemoReader(host.Authority.Certificate, link);
        Require(await reader.FollowAsync(link, cancel), "the one-time link does not sign in");
        var studies = _sent.Select(instance => instance.Study).Distinct().ToList();
        var (status, list) = await reader.ReadAsync("/", cancel);
        var listed = studies.Count(study => list.Contains(study.Value, StringComparison.Ordinal));
        Require(
            status == HttpStatusCode.OK && listed == studies.Count,
            $"{listed} of {studies.Count} studies are listed"
        );
        var found = await reader.CountStudiesAsync(cancel);
        Require(found == studies.Count, $"DICOMweb finds {found} of {studies.Count} studies");
        screen.Good(
            $"the study list shows {listed} studies, DICOMweb finds {found}",
            "HTTPS, a cookie that no script can read"
        );

        using var thief = new DemoReader(host.Authority.Certificate, link);
        Require(!await thief.FollowAsync(link, cancel), "the one-time link signs in twice");
        screen.Good(
            "the same link in another browser is turned away",
            "it was used up before anything was done with it"
        );
        var (viewer, _) = await reader.ReadAsync("/viewer/basic", cancel);
        if (viewer == HttpStatusCode.OK)
        {
            screen.Good("the viewer is served by the archive itself", "no other host is asked for anything");
        }
        else
        {
            screen.Note(
                "the viewer is not unpacked here: run web/viewer/build.sh, which needs npm; all else works without"
            );
        }
    }

    private async Task<bool> SearchDiskAsync(CancellationToken cancel)
    {
        screen.Chapter("A thief takes the disk");
        var search = new DiskSearch(_sent.SelectMany(instance => instance.Secrets));
        var finding = await search.RunAsync(host.Folder.Path, cancel);
        var control = _sent.Sum(instance => search.Count(instance.Bytes.Span));
        screen.Note(
            $"looking for {search.Patterns} patterns: names, IDs, birth dates, accession numbers, descriptions and UIDs, "
                + "as UTF-8, Latin-1 and UTF-16"
        );
        Tell(
            finding.Hits == 0,
            $"{finding.Hits} found in {finding.Files} files, {DemoScreen.Size(finding.Bytes)}",
            $"the same search finds {control} in what the scanner sent"
        );
        return finding.Hits == 0 && control > 0;
    }

    /// <summary>What the archive says to a query of a device.</summary>
    private async Task<DimseStatus> AskAsync(DemoDevice device, CancellationToken cancel)
    {
        await using var association = await device.AssociateAsync(
            server.Dicom,
            [Context(1, StudyRootFind)],
            [],
            handler: null,
            cancel
        );
        var status = DimseStatus.Success;
        await foreach (
            var response in association.Dicom.FindAsync(SopClassUid.Parse(StudyRootFind), StudyKeys("*"), cancel)
        )
        {
            status = response.Status;
        }

        await association.Dicom.ReleaseAsync(cancel);
        return status;
    }

    private static DataSet StudyKeys(string name)
    {
        var keys = new DataSet();
        keys.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
        keys.SetString(DicomTag.QueryRetrieveLevel, "STUDY");
        keys.SetString(DicomTag.PatientName, name);
        keys.SetEmpty(DicomTag.PatientID);
        keys.SetEmpty(DicomTag.StudyInstanceUID);
        keys.SetEmpty(DicomTag.StudyDescription);
        keys.SetEmpty(DicomTag.ModalitiesInStudy);
        keys.SetEmpty(DicomTag.NumberOfStudyRelatedInstances);
        return keys;
    }

    private static ProposedPresentationContext Context(byte id, string sopClass) =>
        new(id, sopClass, [TransferSyntax.ExplicitVrLittleEndian.Uid]);

    private static void Require(bool isSo, string otherwise)
    {
        if (!isSo)
        {
            throw new DemoFailedException(otherwise);
        }
    }

    private void Tell(bool isGood, string text, string detail)
    {
        if (isGood)
        {
            screen.Good(text, detail);
        }
        else
        {
            screen.Bad(text, detail);
        }
    }
}
