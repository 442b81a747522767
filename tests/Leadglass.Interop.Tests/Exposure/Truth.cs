namespace Leadglass.Interop.Tests.Exposure;

/// <summary>What is so, as far as anybody can know it who does not guess.</summary>
public enum Known
{
    /// <summary>A stranger is served.</summary>
    Open,

    /// <summary>A stranger is refused, whatever he calls the server.</summary>
    Closed,

    /// <summary>A stranger is turned away for the server's name before he can ask: only guessing would tell.</summary>
    TitleRequired,
}

/// <summary>One answer that a tool got.</summary>
/// <param name="Kind">what it means</param>
/// <param name="Shown">what the server sent, in short: <c>0000</c>, <c>A-ABORT</c>, <c>HTTP 401</c></param>
/// <param name="Rows">matches, or files that came</param>
public sealed record ToolAnswer(AnswerKind Kind, string Shown, int Rows = 0);

/// <summary>Kinds of answers on the wire.</summary>
public enum AnswerKind
{
    Answered,
    Refused,
    CalledTitleRejected,
    NotSupported,
    NoConnection,
}

/// <summary>What a stranger got from one product, and what those who run it know.</summary>
public sealed record Truth
{
    public required string Product { get; init; }

    public required string Setting { get; init; }

    public required string Address { get; init; }

    /// <summary>C-ECHO.</summary>
    public required ToolAnswer Echo { get; init; }

    /// <summary>C-FIND of everything.</summary>
    public required ToolAnswer Find { get; init; }

    /// <summary>C-GET of a study that is there.</summary>
    public required ToolAnswer Get { get; init; }

    /// <summary>QIDO-RS or the product's own query, of everything.</summary>
    public required ToolAnswer Qido { get; init; }

    /// <summary>WADO-RS, or the product's own retrieval, of a study that is there.</summary>
    public required ToolAnswer Wado { get; init; }

    /// <summary>Studies, as those who run it count them.</summary>
    public required int Studies { get; init; }

    /// <summary>Whether the rows are made up by the program itself: it answers anything, and holds nothing.</summary>
    public bool IsCanned => Find.Rows > 0 && Studies == 0;

    public Known Query => Of(Find, Qido);

    public Known Retrieve => Of(Get, Wado);

    /// <summary>Whether a stranger's query yields records; null where that cannot be known.</summary>
    public bool? AreRecordsVisible =>
        Find.Rows + Qido.Rows > 0 ? true
        : Query == Known.TitleRequired ? null
        : false;

    private static Known Of(ToolAnswer dicom, ToolAnswer web) =>
        dicom.Kind == AnswerKind.Answered || web.Kind == AnswerKind.Answered ? Known.Open
        : dicom.Kind == AnswerKind.CalledTitleRejected ? Known.TitleRequired
        : Known.Closed;
}
