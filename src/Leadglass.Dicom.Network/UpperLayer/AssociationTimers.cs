namespace Leadglass.Dicom.Network;

/// <summary>How long a peer may keep us waiting. None can be switched off.</summary>
public sealed record AssociationTimers
{
    /// <summary>The times that suit an archive.</summary>
    public static AssociationTimers Default { get; } = new();

    /// <summary>
    /// The ARTIM timer (PS3.8 9.1.5): until the A-ASSOCIATE-RQ is whole, and until the peer closes the connection after
    /// a release, rejection or abort. Also how long an answer to our own request for association or release may take.
    /// One second to five minutes.
    /// </summary>
    public TimeSpan Artim
    {
        get;
        init => field = InRange(value, TimeSpan.FromMinutes(5), nameof(Artim));
    } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Until the next byte of a peer that has something to say: its next request, or the rest of one. One second to one day.
    /// </summary>
    public TimeSpan Idle
    {
        get;
        init => field = InRange(value, TimeSpan.FromDays(1), nameof(Idle));
    } = TimeSpan.FromMinutes(5);

    /// <summary>Until the next byte of a peer that owes us a response. One second to one day.</summary>
    public TimeSpan Response
    {
        get;
        init => field = InRange(value, TimeSpan.FromDays(1), nameof(Response));
    } = TimeSpan.FromMinutes(5);

    /// <summary>Until a peer that does not read makes room for one more flush. One second to one hour.</summary>
    public TimeSpan Write
    {
        get;
        init => field = InRange(value, TimeSpan.FromHours(1), nameof(Write));
    } = TimeSpan.FromSeconds(60);

    /// <summary>The shortest of them.</summary>
    internal TimeSpan Shortest =>
        new(Math.Min(Math.Min(Artim.Ticks, Idle.Ticks), Math.Min(Response.Ticks, Write.Ticks)));

    private static TimeSpan InRange(TimeSpan value, TimeSpan high, string name) =>
        value >= TimeSpan.FromSeconds(1) && value <= high
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} lies between one second and {high}");
}
