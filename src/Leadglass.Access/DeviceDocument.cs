using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Leadglass.Dicom;

namespace Leadglass.Access;

/// <summary>The registry as it is stored, sealed, in <c>state/devices</c>.</summary>
internal sealed partial record DeviceDocument
{
    private const int CurrentVersion = 1;

    public int Version { get; init; }
    public long Epoch { get; init; }
    public List<StoredDevice> Devices { get; init; } = [];

    public static byte[] Write(EnrolledDevices devices) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new DeviceDocument
            {
                Version = CurrentVersion,
                Epoch = devices.Epoch,
                Devices = [.. devices.All.Select(StoredDevice.Of)],
            },
            DeviceJson.Default.DeviceDocument
        );

    /// <exception cref="EnrolmentException">It is of another version or breaks a rule.</exception>
    public static EnrolledDevices Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var document = JsonSerializer.Deserialize(bytes, DeviceJson.Default.DeviceDocument);
            if (document is not { Version: CurrentVersion })
            {
                throw new EnrolmentException(
                    "state/devices is of a version that this program does not know: use the program that wrote it"
                );
            }
            Device[] devices = [.. document.Devices.Select(stored => stored.ToDevice())];
            Enrolment.Check(devices);
            return new EnrolledDevices(devices, document.Epoch);
        }
        catch (Exception failure) when (failure is JsonException or FormatException)
        {
            throw new EnrolmentException($"state/devices cannot be read: {failure.GetType().Name}");
        }
    }

    internal sealed record StoredDevice
    {
        public required string Name { get; init; }
        public required string[] AeTitles { get; init; }
        public DeviceRights Rights { get; init; }
        public string[] Modalities { get; init; } = [];
        public PatientKey[] Patients { get; init; } = [];
        public string[] MoveDestinations { get; init; } = [];
        public DeviceAddress? Address { get; init; }
        public StoredCertificate[] Certificates { get; init; } = [];
        public bool Enabled { get; init; }
        public bool RefuseConflicts { get; init; }
        public string? DefaultIssuer { get; init; }
        public string? CalledAeTitle { get; init; }
        public DateTimeOffset EnrolledAt { get; init; }
        public EdgeEnrolment? Edge { get; init; }
        public StoredPlace? Behind { get; init; }

        public static StoredDevice Of(Device device) =>
            new()
            {
                Name = device.Name,
                AeTitles = [.. device.AeTitles.Select(title => title.Value)],
                Rights = device.Rights,
                Modalities = [.. device.Scope.Modalities],
                Patients = [.. device.Scope.Patients],
                MoveDestinations = [.. device.MoveDestinations],
                Address = device.Address,
                Certificates = [.. device.Certificates.Select(StoredCertificate.Of)],
                Enabled = device.Enabled,
                RefuseConflicts = device.RefuseConflicts,
                DefaultIssuer = device.DefaultIssuer,
                CalledAeTitle = device.CalledAeTitle?.Value,
                EnrolledAt = device.EnrolledAt,
                Edge = device.Edge,
                Behind = device.Behind is { } place ? StoredPlace.Of(place) : null,
            };

        public Device ToDevice() =>
            new()
            {
                Name = Name,
                AeTitles = [.. AeTitles.Select(title => AeTitle.Parse(title))],
                Rights = Rights,
                Scope = new DeviceScope { Modalities = [.. Modalities], Patients = [.. Patients] },
                MoveDestinations = [.. MoveDestinations],
                Address = Address,
                Certificates = [.. Certificates.Select(certificate => certificate.ToCertificate())],
                Enabled = Enabled,
                RefuseConflicts = RefuseConflicts,
                DefaultIssuer = DefaultIssuer,
                CalledAeTitle = CalledAeTitle is null ? null : AeTitle.Parse(CalledAeTitle),
                EnrolledAt = EnrolledAt,
                Edge = Edge,
                Behind = Behind?.ToPlace(),
            };
    }

    internal sealed record StoredPlace
    {
        public required string Edge { get; init; }
        public required string[] Sources { get; init; }
        public DeviceAddress? ListensAt { get; init; }
        public CoercionRules? Coercion { get; init; }

        public static StoredPlace Of(BehindEdge place) =>
            new()
            {
                Edge = place.Edge,
                Sources = [.. place.Sources.Select(source => source.ToString())],
                ListensAt = place.ListensAt,
                Coercion = place.Coercion,
            };

        public BehindEdge ToPlace() =>
            new()
            {
                Edge = Edge,
                Sources = [.. Sources.Select(source => IPNetwork.Parse(source))],
                ListensAt = ListensAt,
                Coercion = Coercion,
            };
    }

    internal sealed record StoredCertificate
    {
        public required string Fingerprint { get; init; }
        public DateTimeOffset NotBefore { get; init; }
        public DateTimeOffset NotAfter { get; init; }
        public bool IsForeign { get; init; }
        public bool IsRevoked { get; init; }

        public static StoredCertificate Of(DeviceCertificate certificate) =>
            new()
            {
                Fingerprint = certificate.Fingerprint.Value,
                NotBefore = certificate.NotBefore,
                NotAfter = certificate.NotAfter,
                IsForeign = certificate.IsForeign,
                IsRevoked = certificate.IsRevoked,
            };

        public DeviceCertificate ToCertificate() =>
            CertificateFingerprint.TryParse(Fingerprint, out var fingerprint)
                ? new DeviceCertificate(fingerprint, NotBefore, NotAfter, IsForeign, IsRevoked)
                : throw new FormatException("Not a fingerprint.");
    }

    [JsonSourceGenerationOptions(UseStringEnumConverter = true)]
    [JsonSerializable(typeof(DeviceDocument))]
    private sealed partial class DeviceJson : JsonSerializerContext;
}
