namespace Leadglass.Exposure;

/// <summary>A rung of the ladder of proof: what a probe does, from the least to the most. A scope names the highest allowed.</summary>
public enum Rung
{
    /// <summary>TCP connect: something listens.</summary>
    Connect = 0,

    /// <summary>Association request, or a GET of known roots: what speaks there, of which product.</summary>
    Identify = 1,

    /// <summary>C-ECHO: verification is open.</summary>
    Echo = 2,

    /// <summary>A query for a random UID: a stranger's query is answered.</summary>
    NullQuery = 3,

    /// <summary>A retrieval of a random UID: a stranger's retrieval is answered.</summary>
    NullRetrieve = 4,

    /// <summary>5a: totals from endpoints that count.</summary>
    CountEndpoints = 5,

    /// <summary>5b: C-FIND by date ranges, UIDs and dates in flight; needs a legal basis of its own.</summary>
    CountRecords = 6,

    /// <summary>6: whether identifying fields of one study are filled; needs a legal basis of its own.</summary>
    IdentifyingFields = 7,
}
