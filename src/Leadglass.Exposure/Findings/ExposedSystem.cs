using System.Net;

namespace Leadglass.Exposure;

/// <summary>Everything that was seen of one host.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Dicom">What its ports showed over DICOM, at most one for each port.</param>
/// <param name="Web">What its ports showed over HTTP, at most one for each port and protocol.</param>
public sealed record ExposedSystem(
    IPAddress Address,
    IReadOnlyList<DicomObservation> Dicom,
    IReadOnlyList<WebObservation> Web
)
{
    /// <summary>
    /// Whether it is a system: something on it speaks DICOM or DICOMweb, or refuses whoever has no certificate at a port that
    /// DICOM is known by.
    /// </summary>
    public bool Speaks =>
        Dicom.Any(seen => seen.SpeaksDicom || (IsMutualTls(seen) && KnownPorts.IsDicom(seen.Target.Port)))
        || Web.Any(seen => seen.SpeaksDicomWeb);

    /// <summary>The verdict under a scope, which knows whose the address is and whether it is a device.</summary>
    /// <returns>Null where the host is no system.</returns>
    public Finding? ToFinding(ProductIdentification identification, ScanScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        var owner = scope.OwnerOf(Address);
        return ToFinding(
            identification,
            owner is null ? null : new FoundInventory(owner.Site, owner.Owner, owner.Contact),
            AddressNumber.TryOf(Address, out var number) && scope.DeviceSet.Contains(number)
        );
    }

    /// <summary>
    /// The verdict over all endpoints: open where any is open, closed where all that speak answered closed, else unknown.
    /// </summary>
    /// <param name="identification">What product it is.</param>
    /// <param name="inventory">Whose it is.</param>
    /// <param name="isDevice">Whether the scope marks it as a device.</param>
    /// <returns>Null where the host is no system.</returns>
    public Finding? ToFinding(ProductIdentification identification, FoundInventory? inventory, bool isDevice)
    {
        (FoundEndpoint Endpoint, Rung Highest)[] speaking =
        [
            .. Dicom
                .Where(seen => seen.SpeaksDicom || IsMutualTls(seen))
                .Select(seen => (EndpointVerdict.Of(seen), EndpointVerdict.Highest(seen.Rungs))),
            .. Web.Where(seen => seen.SpeaksDicomWeb)
                .Select(seen => (EndpointVerdict.Of(seen), EndpointVerdict.Highest(seen.Rungs))),
        ];
        if (!Speaks)
        {
            return null;
        }
        Array.Sort(speaking, (one, other) => Order(one.Endpoint, other.Endpoint));
        var (decides, highest) = speaking[0];
        FoundEndpoint[] endpoints = [.. speaking.Select(seen => seen.Endpoint)];
        var times = Dicom.SelectMany(seen => seen.Rungs).Concat(Web.SelectMany(seen => seen.Rungs)).ToList();
        string[] identifying =
        [
            .. endpoints
                .SelectMany(endpoint => endpoint.IdentifyingFields)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
        var records = BestCounts.Of(endpoints);
        var finding = new Finding
        {
            Address = Address.ToString(),
            Port = decides.Port,
            Protocol = decides.Protocol,
            Rung = highest.Number(),
            RungLabel = RungLabel.Of(highest),
            QueryOpen = Of(endpoints, endpoint => endpoint.QueryOpen),
            RecordsVisible = Of(endpoints, endpoint => endpoint.RecordsVisible),
            RetrieveOpen = Of(endpoints, endpoint => endpoint.RetrieveOpen),
            EchoOpen = Of(endpoints.Where(endpoint => endpoint.IsDimse), endpoint => endpoint.EchoOpen),
            AdministrationOpen = endpoints.Any(endpoint => endpoint.AdministrationOpen),
            Product = new FoundProduct(
                identification.Product,
                identification.Version,
                identification.Vendor,
                identification.Confidence,
                identification.Evidence
            ),
            HoneypotLikelihood = identification.HoneypotLikelihood,
            HoneypotSigns = identification.HoneypotSigns,
            DemoLikelihood = identification.DemoLikelihood,
            DemoSigns = identification.DemoSigns,
            Severity = new Severity { Basis = "unknown", Rating = "unknown" },
            Sentence = new FindingText("", ""),
            Records = records,
            IdentifyingFields = identifying,
            Inventory = inventory,
            IsDevice = isDevice,
            FirstProbed = times.Count == 0 ? default : times.Min(answer => answer.At),
            LastProbed = times.Count == 0 ? default : times.Max(answer => answer.At),
            Endpoints = endpoints,
        };
        finding = finding with
        {
            Severity = SeverityRules.Of(
                endpoints,
                finding.QueryOpen,
                SeverityRules.ExtentOf(records, identifying.Length > 0)
            ),
        };
        var advice = AdviceFile.BuiltIn.For(identification);
        return finding with
        {
            Sentence = FindingSentence.Of(finding),
            Advice = [.. FindingAdvice.StepsFor(finding, advice)],
            LogsToSecure = [.. FindingAdvice.LogsFor(finding, advice)],
        };
    }

    /// <summary>Nobody without a certificate comes as far as DICOM: closed, whatever is behind.</summary>
    private static bool IsMutualTls(DicomObservation seen) =>
        seen is { SpeaksDicom: false, Tls.RequiresClientCertificate: true };

    /// <summary>The most open first; of equals DIMSE before DICOMweb, clear before TLS, the lower port.</summary>
    private static int Order(FoundEndpoint one, FoundEndpoint other) => Key(one).CompareTo(Key(other));

    private static (int, int, int, int) Key(FoundEndpoint endpoint) =>
        (-Openness(endpoint), endpoint.IsDimse ? 0 : 1, endpoint.IsTls ? 1 : 0, endpoint.Port);

    /// <summary>A query answered weighs more than all below it together, and so on downwards; unknown is between open and closed.</summary>
    private static int Openness(FoundEndpoint endpoint)
    {
        var openness = 0;
        foreach (var answer in (bool?[])[endpoint.QueryOpen, endpoint.RecordsVisible, endpoint.RetrieveOpen])
        {
            openness = (openness * 3) + Weight(answer);
        }
        return openness;
    }

    private static int Weight(bool? answer) =>
        answer switch
        {
            true => 2,
            null => 1,
            false => 0,
        };

    private static bool? Of(IEnumerable<FoundEndpoint> endpoints, Func<FoundEndpoint, bool?> answer)
    {
        bool?[] answers = [.. endpoints.Select(answer)];
        return answers.Contains(true) ? true
            : answers.Length > 0 && Array.TrueForAll(answers, one => one is false) ? false
            : null;
    }
}
