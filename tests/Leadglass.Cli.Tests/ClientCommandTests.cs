using System.Text.Json;
using Leadglass.Cli.CommandLine;
using Leadglass.Cli.Demo.Phantoms;
using Leadglass.Dicom;
using Leadglass.Server;

namespace Leadglass.Cli.Tests;

/// <summary>The DICOM client commands, against a server of our own over TLS.</summary>
public sealed class ClientCommandTests
{
    [Fact]
    public async Task What_is_stored_is_found_and_fetched_by_commands()
    {
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.StartAsync(folder);
        await RunAsync(
            folder,
            "device",
            "add",
            "ws",
            "--ae",
            "WS",
            "--allow",
            "store,query,retrieve",
            "--data",
            folder.Below("data"),
            "--out",
            folder.Below("pki")
        );

        var echo = await server.AskAsync("echo");
        Assert.Equal((ExitCode.Done, ""), (echo.ExitCode, echo.Error));
        Assert.Contains("0000 Success", echo.Out, StringComparison.Ordinal);

        var instances = PhantomStudies.All(7, new DateOnly(2026, 1, 31)).Take(3).ToList();
        WriteFiles(folder.Below("files"), instances);
        await File.WriteAllTextAsync(Path.Combine(folder.Below("files"), "notes.txt"), "no DICOM");
        var stored = await server.AskAsync("store", folder.Below("files"), "--json");
        var counts = JsonDocument.Parse(stored.Out).RootElement;
        Assert.Equal((3, 0, 1), (Number(counts, "sent"), Number(counts, "failed"), Number(counts, "skipped")));

        var study = instances[0].GetString(DicomTag.StudyInstanceUID)!;
        var name = instances[0].GetString(DicomTag.PatientName)!;
        var found = await server.AskAsync("find", $"PatientName={name[..3].ToUpperInvariant()}*", "--json");
        Assert.Equal(
            study,
            JsonDocument.Parse(found.Out).RootElement[0].GetProperty("0020000D").GetProperty("Value")[0].GetString()
        );
        var limited = await server.AskAsync(
            "find",
            "--level",
            "image",
            $"StudyInstanceUID={study}",
            $"SeriesInstanceUID={instances[0].GetString(DicomTag.SeriesInstanceUID)}",
            "--limit",
            "1"
        );
        Assert.DoesNotContain("more matches", found.Error, StringComparison.Ordinal);
        Assert.Equal(2, limited.Out.TrimEnd().Split('\n').Length);
        Assert.Contains("more matches", limited.Error, StringComparison.Ordinal);
        var series = await server.AskAsync("find", "--level", "series", $"StudyInstanceUID={study}");
        Assert.Equal(2, series.Out.TrimEnd().Split('\n').Length);

        var fetched = await server.AskAsync("get", "--study", study, "--out", folder.Below("fetched"));
        Assert.Equal(ExitCode.Done, fetched.ExitCode);
        var directory = DicomDirectory.Read(
            await File.ReadAllBytesAsync(Path.Combine(folder.Below("fetched"), "DICOMDIR"))
        );
        foreach (var record in directory.ReferencedFiles())
        {
            var file = await DicomFile.ReadAsync(record.ReferencedFile!.FindBelow(folder.Below("fetched"))!);
            var sent = instances.Single(instance =>
                instance.GetString(DicomTag.SOPInstanceUID) == record.ReferencedSopInstanceUid
            );
            Assert.Equal(
                DataSetWriter.ToBytes(sent, TransferSyntax.ExplicitVrLittleEndian).ToArray(),
                DataSetWriter.ToBytes(file.DataSet, TransferSyntax.ExplicitVrLittleEndian).ToArray()
            );
        }

        Assert.Equal(
            instances.Count(instance => instance.GetString(DicomTag.StudyInstanceUID) == study),
            directory.ReferencedFiles().Count()
        );
        var again = await server.AskAsync("get", "--study", study, "--out", folder.Below("fetched"));
        Assert.Contains("is not empty", again.Error, StringComparison.Ordinal);

        var moved = await server.AskAsync("move", "--study", study, "--to", "NOBODY");
        Assert.Equal(ExitCode.Failed, moved.ExitCode);
        Assert.Contains("A801", moved.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_are_found_in_every_script_and_spelling()
    {
        (string CharacterSet, string Name, string[] Keys)[] patients =
        [
            (
                "\\ISO 2022 IR 87",
                "Sakura^Hana=佐倉^花=さくら^はな",
                ["SAKURA*", "佐倉*", "=佐倉*", "サクラ^*", "ｻｸﾗ^ﾊﾅ", "さくら*"]
            ),
            ("ISO_IR 100", "Käse^Jörg", ["kaese^joerg", "KASE*", "Käse^*", "*ÖRG"]),
            ("\\ISO 2022 IR 149", "Namu^Byeol=南無^별=나무^별", ["나무*", "南無^별", "namu^byeol"]),
            ("ISO_IR 192", "Εληά^Νύχτα", ["ελη*", "ΕΛΗΑ^ΝΥΧΤΑ"]),
            ("GB18030", "Ping^Guo=苹^果", ["=苹*", "*果"]),
        ];
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.StartAsync(folder);
        await RunAsync(
            folder,
            "device",
            "add",
            "ws",
            "--ae",
            "WS",
            "--allow",
            "store,query",
            "--data",
            folder.Below("data"),
            "--out",
            folder.Below("pki")
        );
        WriteFiles(
            folder.Below("files"),
            [.. patients.Select((patient, index) => Patient(index, patient.CharacterSet, patient.Name))]
        );
        Assert.Equal(ExitCode.Done, (await server.AskAsync("store", folder.Below("files"))).ExitCode);
        foreach (var (_, name, keys) in patients)
        {
            foreach (var key in keys)
            {
                var found = await server.AskAsync("find", $"PatientName={key}");
                var rows = found.Out.TrimEnd().Split('\n').Skip(1).ToList();
                Assert.True(rows.Count == 1 && rows[0].Split('\t').Contains(name), $"{key}: {found.Out}{found.Error}");
            }
        }
    }

    [Fact]
    public async Task A_device_without_the_right_is_refused_with_its_own_exit_code()
    {
        using var folder = new TemporaryFolder();
        await using var server = await RunningServer.StartAsync(folder);
        await RunAsync(
            folder,
            "device",
            "add",
            "ws",
            "--ae",
            "WS",
            "--allow",
            "store",
            "--data",
            folder.Below("data"),
            "--out",
            folder.Below("pki")
        );
        Assert.Equal(ExitCode.Refused, (await server.AskAsync("find")).ExitCode);
    }

    [Theory]
    [InlineData("find", "127.0.0.1:104", "Nonsense=1")]
    [InlineData("find", "127.0.0.1:104", "Rows=1")]
    [InlineData("find", "127.0.0.1:104", "--level", "hospital")]
    [InlineData("get", "127.0.0.1:104", "--study", "x", "--out", "unused")]
    [InlineData("get", "127.0.0.1:104", "--out", "unused")]
    [InlineData("move", "127.0.0.1:104", "--study", "1.2", "--to", "A_TITLE_THAT_IS_TOO_LONG")]
    [InlineData("echo", "127.0.0.1")]
    [InlineData("echo", "127.0.0.1:104", "--key", "only.pem")]
    [InlineData("store", "127.0.0.1:104")]
    public async Task Mistakes_on_the_command_line_end_before_anything_is_tried(params string[] args)
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(folder, args);
        Assert.Equal((ExitCode.WrongUsage, ""), (run.ExitCode, run.Out));
        Assert.NotEmpty(run.Error);
    }

    [Fact]
    public async Task Clear_connections_stay_on_this_machine()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(folder, "echo", "127.0.0.1:1");
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("cannot connect", run.Error, StringComparison.Ordinal);
    }

    private static async Task RunAsync(TemporaryFolder folder, params string[] args)
    {
        var run = await CommandRun.OfAsync(folder, args);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
    }

    private static DataSet Patient(int number, string characterSet, string name)
    {
        var instance = new DataSet();
        instance.SetString(DicomTag.SpecificCharacterSet, characterSet.Split('\\'));
        instance.SetString(DicomTag.SOPClassUID, SopClasses.SecondaryCaptureImageStorage);
        instance.SetString(DicomTag.SOPInstanceUID, $"2.25.{number + 1}.3");
        instance.SetString(DicomTag.StudyInstanceUID, $"2.25.{number + 1}.1");
        instance.SetString(DicomTag.SeriesInstanceUID, $"2.25.{number + 1}.2");
        instance.SetString(DicomTag.PatientID, $"MADE-UP-{number}");
        instance.SetString(DicomTag.PatientName, name);
        return instance;
    }

    private static void WriteFiles(string folder, List<DataSet> instances)
    {
        Directory.CreateDirectory(folder);
        for (var i = 0; i < instances.Count; i++)
        {
            var meta = FileMetaInformation.Create(
                SopClassUid.Parse(instances[i].GetString(DicomTag.SOPClassUID)!),
                SopInstanceUid.Parse(instances[i].GetString(DicomTag.SOPInstanceUID)!),
                TransferSyntax.ExplicitVrLittleEndian
            );
            File.WriteAllBytes(Path.Combine(folder, $"{i}.dcm"), new DicomFile(meta, instances[i]).ToBytes().ToArray());
        }
    }

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    /// <summary>An archive that serves, in this process.</summary>
    private sealed class RunningServer : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TemporaryFolder _folder;
        private readonly Task<int> _running;
        private readonly string _peer;

        private RunningServer(TemporaryFolder folder, Task<int> running, string peer, CancellationTokenSource stop) =>
            (_folder, _running, _peer, _stop) = (folder, running, peer, stop);

        public static async Task<RunningServer> StartAsync(TemporaryFolder folder)
        {
            await RunAsync(folder, "init", "--data", folder.Below("data"));
            var output = new ReadyWriter();
            var environment = new HostEnvironment(
                new Dictionary<string, string> { ["HOME"] = folder.Below("home") },
                IsRoot: false
            );
            var terminal = new Terminal(
                output,
                TextWriter.Null,
                isInteractive: false,
                environment,
                TimeProvider.System
            );
            var stop = new CancellationTokenSource();
            string[] args = ["serve", "--data", folder.Below("data"), "--dicom-port", "0", "--http-port", "0"];
            var running = Task.Run(() => LeadglassCommand.RunAsync(args, terminal, stop.Token));
            var first = await Task.WhenAny(output.Ready, running).WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Same(output.Ready, first);
            return new RunningServer(folder, running, await output.Ready, stop);
        }

        public Task<CommandRun> AskAsync(string command, params string[] args)
        {
            var pki = _folder.Below("pki");
            return CommandRun.OfAsync(
                _folder,
                [
                    command,
                    _peer,
                    .. args,
                    "--aet",
                    "WS",
                    "--key",
                    Path.Combine(pki, "ws.key.pem"),
                    "--cert",
                    Path.Combine(pki, "ws.cert.pem"),
                    "--ca",
                    Path.Combine(pki, "ca.cert.pem"),
                ]
            );
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }

    /// <summary>Waits for the line that says where the server listens.</summary>
    private sealed class ReadyWriter : StringWriter
    {
        private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<string> Ready => _ready.Task;

        public override Task WriteLineAsync(string? value)
        {
            WriteLine(value);
            return Task.CompletedTask;
        }

        public override void WriteLine(string? value)
        {
            if (value?.StartsWith("ready dicom=", StringComparison.Ordinal) == true)
            {
                _ready.TrySetResult(value["ready dicom=".Length..value.IndexOf(" https", StringComparison.Ordinal)]);
            }
        }
    }
}
