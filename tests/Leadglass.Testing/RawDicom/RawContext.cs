namespace Leadglass.Testing.RawDicom;

/// <summary>A presentation context as proposed: the abstract syntax, its transfer syntaxes, and the roles (PS3.7 D.3.3.4).</summary>
public sealed record RawContext(string AbstractSyntax, params string[] TransferSyntaxes)
{
    /// <summary>Proposes that we are the SCP of this SOP class, as C-GET needs for storage.</summary>
    public bool IsProviderRoleProposed { get; init; }
}

/// <summary>A context as the peer answered it.</summary>
/// <param name="Result">0 acceptance, 1 user rejection, 2 no reason, 3 abstract syntax, 4 transfer syntaxes (PS3.8 9.3.3.2)</param>
public sealed record RawContextAnswer(byte Id, string AbstractSyntax, byte Result, string TransferSyntax);

/// <summary>A DIMSE message as it came: the command set, and the raw bytes of the data set.</summary>
public sealed record RawMessage(byte ContextId, string TransferSyntax, RawCommand Command, byte[] DataSet);

/// <summary>The peer rejected the association (PS3.8 9.3.4).</summary>
public sealed class RawRejectedException(byte result, byte source, byte reason)
    : IOException($"association rejected: result {result}, source {source}, reason {reason}")
{
    public byte Result => result;

    public byte RejectSource => source;

    public byte Reason => reason;
}

/// <summary>The peer aborted the association (PS3.8 9.3.8), or just closed the connection.</summary>
public sealed class RawAbortedException(string what) : IOException(what);
