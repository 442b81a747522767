using System.Runtime.InteropServices;
using Leadglass.Cli;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom.Imaging.Workers;
using Leadglass.Exposure;

if (args is [DecodingWorker.Verb])
{
    return DecodingWorker.Run();
}

if (args is [RowReader.Verb])
{
    return await RowReader.RunAsync(Console.OpenStandardInput(), Console.OpenStandardOutput());
}

if (args is [TlsCarrier.Verb])
{
    return await TlsCarrier.RunAsync(Console.OpenStandardInput(), Console.OpenStandardOutput());
}

PrivateFiles.Begin();
using var stop = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
return await LeadglassCommand.RunAsync(args, Terminal.OfThisProcess(), stop.Token);

// The first signal asks; a second one, when the first is not heeded, ends the process as the system does.
void Stop(PosixSignalContext signal)
{
    if (!stop.IsCancellationRequested)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
}
