using System.Net;
using System.Text.Json;

namespace Leadglass.Exposure;

/// <summary>
/// Reads the tables that come with the program and judges one made-up system, beside the first connects: what is compiled at
/// its first use is ready when the first host answers. A third of a short audit's time.
/// </summary>
public static class AuditPreparation
{
    private static readonly Lazy<Task> Prepared = new(() => Task.Run(Prepare));

    /// <summary>Begins, once in a process; the earlier the better. Nobody needs to wait for it.</summary>
    public static void Begin() => _ = Prepared.Value;

    private static void Prepare()
    {
        var seen = new DicomObservation
        {
            Target = new ProbeTarget(IPAddress.Loopback, 104),
            SpeaksDicom = true,
            Rungs = [new RungAnswer(Rung.NullQuery, Answer.Closed, "0124", "made up", DateTimeOffset.UnixEpoch)],
        };
        var system = new ExposedSystem(IPAddress.Loopback, [seen], []);
        if (
            system.ToFinding(Products.BuiltIn.Identify(system.Dicom, system.Web), inventory: null, isDevice: false) is
            { } finding
        )
        {
            _ = JsonSerializer.SerializeToUtf8Bytes(finding, AuditJson.Default.Finding);
        }
    }
}
