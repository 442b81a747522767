namespace Leadglass.Dicom.Network.Tests.Peers;

/// <summary>A client and an acceptor joined in memory.</summary>
internal sealed class Connected : IAsyncDisposable
{
    public const string CtImageStorage = SopClasses.CTImageStorage;

    private Connected(ConnectResult result, Task<AssociationEnd> serving)
    {
        Result = result;
        Serving = serving;
    }

    public ConnectResult Result { get; }

    public DicomClientAssociation Client => Result.Association!;

    /// <summary>How the acceptor's side ends.</summary>
    public Task<AssociationEnd> Serving { get; }

    public static RequestorOptions Options(params string[] sopClasses) =>
        new()
        {
            CallingAeTitle = AeTitle.Parse("SCU"),
            CalledAeTitle = AeTitle.Parse("SCP"),
            PresentationContexts =
            [
                .. sopClasses.Select(
                    (uid, index) =>
                        new ProposedPresentationContext(
                            (byte)((2 * index) + 1),
                            uid,
                            [TransferSyntax.ExplicitVrLittleEndian.Uid, TransferSyntax.ImplicitVrLittleEndian.Uid]
                        )
                ),
            ],
        };

    public static async Task<Connected> OpenAsync(
        TestHandler handler,
        RequestorOptions options,
        IDimseHandler? clientHandler = null,
        AcceptorOptions? acceptorOptions = null,
        TimeProvider? time = null,
        CancellationToken draining = default,
        CancellationToken aborting = default
    )
    {
        var (near, far) = DuplexPipe.Pair();
        var acceptor = new AssociationAcceptor(acceptorOptions ?? new AcceptorOptions(), time ?? TimeProvider.System);
        var serving = acceptor.RunAsync(far, handler, observer: null, draining, aborting);
        var result = await DicomClientAssociation.ConnectAsync(
            near,
            options,
            time ?? TimeProvider.System,
            clientHandler
        );
        return new Connected(result, serving);
    }

    public async ValueTask DisposeAsync()
    {
        if (Result.Association is { } client)
        {
            await client.DisposeAsync();
        }

        await Serving;
    }
}
