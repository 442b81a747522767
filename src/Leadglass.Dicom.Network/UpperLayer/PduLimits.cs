namespace Leadglass.Dicom.Network;

/// <summary>
/// What a peer may send at most. Each limit is checked before anything is allocated, and each has a bound that no option
/// can lift.
/// </summary>
public sealed record PduLimits
{
    /// <summary>The limits that suit an archive.</summary>
    public static PduLimits Default { get; } = new();

    /// <summary>
    /// The longest P-DATA-TF PDU we announce and take, in bytes without its header; 16 to 256 KiB. Data values are
    /// streamed as they arrive, so that a longer unit costs no memory: larger ones merely save headers.
    /// </summary>
    public int PDataTfLengthBytesMax
    {
        get;
        init => field = InRange(value, 16 * 1024, 256 * 1024, nameof(PDataTfLengthBytesMax));
    } = 128 * 1024;

    /// <summary>
    /// The longest A-ASSOCIATE-RQ or -AC, in bytes without its header; 4 KiB to 1 MiB. 128 contexts of 20 syntaxes need
    /// 100 KiB; a SAML assertion as user identity up to 64 KiB more.
    /// </summary>
    public int AssociateLengthBytesMax
    {
        get;
        init => field = InRange(value, 4 * 1024, 1024 * 1024, nameof(AssociateLengthBytesMax));
    } = 256 * 1024;

    /// <summary>Transfer syntaxes in one proposed context; 1 to 256. The standard has about 60.</summary>
    public int TransferSyntaxesPerContextMax
    {
        get;
        init => field = InRange(value, 1, 256, nameof(TransferSyntaxesPerContextMax));
    } = 100;

    /// <summary>Items in one A-ASSOCIATE PDU, those of the user information included; 16 to 4096.</summary>
    public int ItemsMax
    {
        get;
        init => field = InRange(value, 16, 4096, nameof(ItemsMax));
    } = 1024;

    private static int InRange(int value, int low, int high, string name) =>
        value >= low && value <= high
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} lies between {low} and {high}");
}
