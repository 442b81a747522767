using System.Text.Json.Serialization;
using Leadglass.Access.Trails;
using Leadglass.Cli.Commands.Client;
using Leadglass.Cli.Doctor;
using Leadglass.Server.Control;
using Leadglass.Server.Exchange;
using Leadglass.Server.SignIn.Commands;

namespace Leadglass.Cli.Commands;

/// <summary>How answers to programs are written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(InitResult))]
[JsonSerializable(typeof(DeviceFilesResult))]
[JsonSerializable(typeof(DeviceList))]
[JsonSerializable(typeof(EdgeCodeResult))]
[JsonSerializable(typeof(DeviceSummary))]
[JsonSerializable(typeof(ClientList))]
[JsonSerializable(typeof(ClientResult))]
[JsonSerializable(typeof(ClientSummary))]
[JsonSerializable(typeof(InvitationResult))]
[JsonSerializable(typeof(GroupList))]
[JsonSerializable(typeof(ProviderResult))]
[JsonSerializable(typeof(PersonList))]
[JsonSerializable(typeof(PersonSummary))]
[JsonSerializable(typeof(TrailVerification))]
[JsonSerializable(typeof(Diagnosis))]
[JsonSerializable(typeof(VerifyResult))]
[JsonSerializable(typeof(StoreResult))]
[JsonSerializable(typeof(RetrieveResult))]
[JsonSerializable(typeof(ImportResult))]
[JsonSerializable(typeof(ExportResult))]
internal sealed partial class CommandJson : JsonSerializerContext;
