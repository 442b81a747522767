using System.CommandLine;
using Leadglass.Cli.CommandLine;
using Leadglass.Dicom.Network;
using Leadglass.Server.Peers;

namespace Leadglass.Cli.Commands.Client;

/// <summary>An association of a client command, with the connection below it.</summary>
internal sealed class PeerAssociation : IAsyncDisposable
{
    private readonly PeerConnection _connection;

    private PeerAssociation(PeerConnection connection, DicomClientAssociation association)
    {
        _connection = connection;
        Dicom = association;
    }

    public DicomClientAssociation Dicom { get; }

    /// <summary>Connects and associates.</summary>
    /// <exception cref="CommandFailedException">The peer cannot be reached, or rejects the association.</exception>
    public static async Task<PeerAssociation> OpenAsync(
        PeerOptions options,
        ParseResult parsed,
        Terminal terminal,
        IReadOnlyList<ProposedPresentationContext> contexts,
        CancellationToken cancel,
        IReadOnlyList<RoleSelection>? roles = null,
        IDimseHandler? handler = null
    )
    {
        var connection = await options.ConnectAsync(parsed, terminal, cancel);
        try
        {
            var result = await DicomClientAssociation.ConnectAsync(
                connection.Transport,
                new RequestorOptions
                {
                    CallingAeTitle = options.Own(parsed),
                    CalledAeTitle = options.Called(parsed),
                    PresentationContexts = contexts,
                    RoleSelections = roles ?? [],
                },
                terminal.Clock,
                handler,
                cancellationToken: cancel
            );
            return result.Association is { } association
                ? new PeerAssociation(connection, association)
                : throw Rejected(result.Failure!);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>One context per SOP class, each with the same encodings.</summary>
    public static ProposedPresentationContext[] Contexts(IEnumerable<string> sopClasses, params string[] syntaxes) =>
        [.. sopClasses.Select((uid, index) => new ProposedPresentationContext((byte)((2 * index) + 1), uid, syntaxes))];

    /// <summary>Ends the command unless the peer accepted the SOP class.</summary>
    public void Require(string sopClass, string service)
    {
        if (!Dicom.PresentationContexts.Any(context => context.AbstractSyntaxUid == sopClass))
        {
            throw CommandFailedException.Refused($"the peer does not offer us {service}");
        }
    }

    /// <summary>What a final status means for the command.</summary>
    public static int ExitCodeOf(DimseStatus status) =>
        status.IsSuccess ? ExitCode.Done
        : status.Code == DimseStatus.NotAuthorized.Code ? ExitCode.Refused
        : ExitCode.Failed;

    /// <summary>A status as a person reads it; the comment is the peer's, in printable characters.</summary>
    public static string Describe(DimseStatus status) =>
        status.Comment is { Length: > 0 } comment ? $"{status}: {Printable.Text(comment)}" : status.ToString();

    /// <summary>Releases the association when all is done.</summary>
    public Task ReleaseAsync(CancellationToken cancel) => Dicom.ReleaseAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        await Dicom.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static CommandFailedException Rejected(AssociationEnd end) =>
        end.Kind == AssociationEndKind.Rejected
            ? CommandFailedException.Refused($"the peer rejects the association: {end}")
            : CommandFailedException.Failed($"there was no association: {end}");
}
