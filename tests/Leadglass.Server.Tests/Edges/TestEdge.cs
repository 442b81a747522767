using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization.Metadata;
using Leadglass.Access;
using Leadglass.Access.Trails;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;
using Leadglass.Edge;
using Leadglass.Sealing;
using Leadglass.Server.Control;
using Leadglass.Server.Peers;
using Leadglass.Server.Tests.Associations;
using Leadglass.Server.Tests.Web;

namespace Leadglass.Server.Tests.Edges;

/// <summary>An edge as the archive meets it: enrolled by its code, with envelopes and control messages of its own making.</summary>
internal sealed class TestEdge : IDisposable
{
    private readonly ServedArchive _archive;
    private readonly X509Certificate2 _certificate;

    private TestEdge(ServedArchive archive, EnrolmentGrant grant, X509Certificate2 certificate)
    {
        _archive = archive;
        Grant = grant;
        _certificate = certificate;
    }

    public EnrolmentGrant Grant { get; }

    public static async Task<TestEdge> EnrolAsync(ServedArchive archive, string name)
    {
        var code = await OpenAsync(archive, name);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = RequestOf(code, key);
        using var answer = await PostAsync(archive, request);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var grant = await ReadAsync(answer, code);
        using var certificate = X509Certificate2.CreateFromPem(grant.Certificate);
        using var withKey = certificate.CopyWithPrivateKey(key);
        return new TestEdge(
            archive,
            grant,
            X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null)
        );
    }

    /// <summary>What <c>device add NAME --edge</c> prints.</summary>
    public static async Task<EnrolmentCode> OpenAsync(ServedArchive archive, string name, bool again = false) =>
        EnrolmentCode.Parse(
            (
                await EdgeCommands.Open.RunAsync(
                    archive.Host,
                    new ControlPeer(IsRoot: false),
                    new OpenEdgeArguments("test", name, AeTitle: null, Reachable: null, again),
                    new Progress<ControlProgress>(),
                    CancellationToken.None
                )
            ).Code
        );

    public static EnrolmentRequest RequestOf(EnrolmentCode code, ECDsa key)
    {
        var pem = new CertificateRequest("CN=somebody else", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        return new EnrolmentRequest(code.Id, pem, code.RequestProof(pem), "test");
    }

    public static async Task<HttpResponseMessage> PostAsync(ServedArchive archive, EnrolmentRequest request)
    {
        using var client = WebProgram.ClientOf(archive.Server.Https, certificate: null);
        using var body = JsonContent.Create(request, WireJson.Default.EnrolmentRequest);
        return await client.PostAsync(new Uri("/edge/enrol", UriKind.Relative), body);
    }

    public static async Task<EnrolmentGrant> ReadAsync(HttpResponseMessage response, EnrolmentCode code)
    {
        var answer = WireJson.Read(await response.Content.ReadAsByteArrayAsync(), WireJson.Default.EnrolmentAnswer);
        Assert.True(EnrolmentCode.Matches(code.AnswerProof(answer.Grant), answer.Proof), "the answer proves nothing");
        return WireJson.Read(answer.Grant, WireJson.Default.EnrolmentGrant);
    }

    /// <summary>Lists a device behind this edge.</summary>
    public async Task AddAsync(
        string name,
        DeviceRights rights,
        Func<AddBehindArguments, AddBehindArguments>? change = null
    )
    {
        var arguments = new AddBehindArguments
        {
            UserName = "test",
            Name = name,
            Edge = Grant.Name,
            AeTitles = [name.ToUpperInvariant()],
            Sources = ["192.0.2.0/28"],
            Rights = rights,
        };
        await EdgeCommands.AddBehind.RunAsync(
            _archive.Host,
            new ControlPeer(IsRoot: false),
            change?.Invoke(arguments) ?? arguments,
            new Progress<ControlProgress>(),
            CancellationToken.None
        );
    }

    public async Task<TestAssociation> CallAsync(
        string? title = null,
        IDimseHandler? handler = null,
        params (string SopClass, TransferSyntax Syntax)[] wanted
    )
    {
        var (connection, result) = await TryCallAsync(title, handler, wanted);
        Assert.True(result.Association is not null, $"no association: {result.Failure}");
        return new TestAssociation(connection, result.Association);
    }

    public async Task<(PeerConnection Connection, ConnectResult Result)> TryCallAsync(
        string? title = null,
        IDimseHandler? handler = null,
        params (string SopClass, TransferSyntax Syntax)[] wanted
    )
    {
        if (wanted.Length == 0)
        {
            wanted =
            [
                (EdgeServices.EnvelopeStorage.Value, TransferSyntax.LeadglassEnvelope),
                (EdgeServices.Control.Value, TransferSyntax.ExplicitVrLittleEndian),
            ];
        }

        var connection = await PeerConnection.ConnectTlsAsync(
            "127.0.0.1",
            _archive.Server.Dicom.Port,
            _certificate,
            PeerTrust.Of([_archive.Host.Authority.Certificate], "127.0.0.1", TimeProvider.System),
            CancellationToken.None
        );
        var result = await DicomClientAssociation.ConnectAsync(
            connection.Transport,
            new RequestorOptions
            {
                CallingAeTitle = AeTitle.Parse(title ?? Grant.AeTitle),
                CalledAeTitle = AeTitle.Parse(Grant.ArchiveAeTitle),
                PresentationContexts =
                [
                    .. wanted.Select(
                        (pair, place) =>
                            new ProposedPresentationContext((byte)((2 * place) + 1), pair.SopClass, [pair.Syntax.Uid])
                    ),
                ],
                RoleSelections =
                [
                    .. wanted
                        .Where(pair => UidRegistry.StorageScopeOf(pair.SopClass) == StorageScope.PatientStudy)
                        .Select(pair => new RoleSelection(pair.SopClass, RequestorIsScu: true, RequestorIsScp: true)),
                ],
            },
            TimeProvider.System,
            handler
        );
        return (connection, result);
    }

    /// <summary>An instance as a scanner stored it at this edge.</summary>
    public TestEnvelope Seal(string scanner, TestInstance instance, Func<EnvelopeIds, EnvelopeIds>? change = null) =>
        Seal(
            new EnvelopeDescription(
                EnvelopeKind.Instance,
                scanner,
                scanner.ToUpperInvariant(),
                "ARCHIVE",
                "192.0.2.5",
                TimeProvider.System.GetUtcNow()
            )
            {
                SopClass = instance.SopClass.Value,
                SopInstance = instance.SopInstance.Value,
                TransferSyntax = instance.TransferSyntaxes[0].Uid,
            },
            instance.Bytes,
            change
        );

    public TestEnvelope Seal(
        EnvelopeDescription description,
        byte[] content,
        Func<EnvelopeIds, EnvelopeIds>? change = null
    )
    {
        var id = Guid.NewGuid();
        var ids = new EnvelopeIds(Grant.Archive, Grant.Edge, id);
        var output = new ArrayBufferWriter<byte>();
        using var writer = new EnvelopeWriter(
            RecipientPublicKey.Import(Grant.SealingKey),
            change?.Invoke(ids) ?? ids,
            description,
            output
        );
        writer.Write(new ReadOnlySequence<byte>(content));
        writer.Complete();
        return new TestEnvelope(id, output.WrittenSpan.ToArray());
    }

    public static async Task<TReply> ActAsync<TMessage, TReply>(
        TestAssociation association,
        ushort action,
        TMessage message,
        JsonTypeInfo<TMessage> messageType,
        JsonTypeInfo<TReply> replyType
    )
        where TReply : class
    {
        var reply = await association.Dicom.ActionWithReplyAsync(
            EdgeServices.Control,
            EdgeServices.ControlInstance,
            action,
            WireJson.ToDataSet(message, messageType)
        );
        Assert.Equal(DimseStatus.Success, reply.Status);
        return WireJson.FromDataSet(reply.Information, replyType);
    }

    public static async Task<List<TrailEvent>> TrailAsync(ServedArchive archive)
    {
        await archive.Host.Trail.PrepareReadingAsync("test", CancellationToken.None);
        var reader = new TrailReader(DurableFolder.Open(archive.Folder.Trail), archive.Host.Master);
        return [.. reader.Read(DateTimeOffset.MinValue).Select(entry => entry.Event)];
    }

    public void Dispose() => _certificate.Dispose();
}

/// <summary>An envelope to send.</summary>
internal sealed class TestEnvelope(Guid id, byte[] bytes) : IOutgoingInstance
{
    public byte[] Bytes { get; } = bytes;

    public SopClassUid SopClass => EdgeServices.EnvelopeStorage;

    public SopInstanceUid SopInstance { get; } = EdgeServices.UidOf(id);

    public IReadOnlyList<TransferSyntax> TransferSyntaxes => [TransferSyntax.LeadglassEnvelope];

    public Guid Id => id;

    public async ValueTask CopyDataSetAsync(
        PipeWriter sink,
        TransferSyntax transferSyntax,
        CancellationToken cancellationToken
    ) => await sink.WriteAsync(Bytes, cancellationToken);

    /// <summary>The same id with other bytes.</summary>
    public TestEnvelope With(byte[] other) => new(id, other);
}
