using System.Buffers.Binary;
using Leadglass.Dicom;

namespace Leadglass.Edge;

/// <summary>
/// The private SOP classes that an edge and its archive speak on the archive's DICOM listener, over mutual TLS and with the
/// edge's own AE title as the calling one (docs/edge.md).
/// </summary>
public static class EdgeServices
{
    /// <summary>C-STORE of a sealed envelope, in <see cref="TransferSyntax.LeadglassEnvelope"/>.</summary>
    public static SopClassUid EnvelopeStorage { get; } =
        SopClassUid.Parse("2.25.2948546185659166298307016572018359127");

    /// <summary>N-ACTION with a control message, in Explicit VR Little Endian.</summary>
    public static SopClassUid Control { get; } = SopClassUid.Parse("2.25.2895595241074740600185241027632226990");

    /// <summary>The well-known instance that control messages are about.</summary>
    public static SopInstanceUid ControlInstance { get; } =
        SopInstanceUid.Parse("2.25.3579324333776852149789309285619720267");

    /// <summary>Action Type ID: <see cref="EdgeReport"/>, answered by <see cref="EdgeInstructions"/>.</summary>
    public const ushort ReportAction = 1;

    /// <summary>Action Type ID: <see cref="CertificateRenewal"/>, answered by <see cref="RenewedCertificate"/>.</summary>
    public const ushort RenewAction = 2;

    /// <summary>Action Type ID: <see cref="CommitmentInquiry"/>, answered by <see cref="CommitmentAnswers"/>.</summary>
    public const ushort CommitmentAction = 3;

    /// <summary>The SOP Instance UID under which an envelope travels: its id below 2.25 (PS3.5 B.2).</summary>
    public static SopInstanceUid UidOf(Guid envelope)
    {
        Span<byte> bytes = stackalloc byte[16];
        envelope.TryWriteBytes(bytes, bigEndian: true, out _);
        return SopInstanceUid.Parse($"{UuidRoot}{BinaryPrimitives.ReadUInt128BigEndian(bytes)}");
    }

    /// <summary>The envelope's id of a SOP Instance UID; null where it is none below 2.25.</summary>
    public static Guid? EnvelopeOf(SopInstanceUid uid)
    {
        var text = uid.Value;
        if (
            !text.StartsWith(UuidRoot, StringComparison.Ordinal)
            || !UInt128.TryParse(
                text.AsSpan(UuidRoot.Length),
                System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture,
                out var number
            )
        )
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new Guid(bytes, bigEndian: true);
    }

    private const string UuidRoot = "2.25.";
}
