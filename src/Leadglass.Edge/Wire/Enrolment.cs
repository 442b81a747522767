using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Leadglass.Edge;

/// <summary>
/// The one-time code of <c>device add --edge</c>: where the archive's HTTPS port is, the fingerprint of its certificate
/// authority, and a secret of 160 bits that never crosses the network: each side proves to the other that it knows it.
/// As text <c>lge1.</c> and base64url of: port (2 bytes, big-endian), fingerprint (32), secret (20), host (UTF-8), the
/// first 4 bytes of the SHA-256 of all that.
/// </summary>
public sealed class EnrolmentCode
{
    private const string Prefix = "lge1.";
    private const int SecretBytes = 20;
    private const int HostOffset = 2 + SHA256.HashSizeInBytes + SecretBytes;
    private const int CheckBytes = 4;
    private const int HostBytesMax = 255;
    private readonly byte[] _secret;

    private EnrolmentCode(string host, int port, byte[] authority, byte[] secret)
    {
        (Host, Port, Authority, _secret) = (host, port, authority, secret);
    }

    /// <summary>Name or address of the archive.</summary>
    public string Host { get; }

    /// <summary>The archive's HTTPS port.</summary>
    public int Port { get; }

    /// <summary>SHA-256 of the certificate (DER) of the archive's authority.</summary>
    public ReadOnlyMemory<byte> Authority { get; }

    /// <summary>What the code is found by; tells nothing of the secret. Lowercase hexadecimal.</summary>
    public string Id => Convert.ToHexStringLower(Proof("id", [])[..16]);

    /// <summary>Makes a new code.</summary>
    public static EnrolmentCode Create(string host, int port, ReadOnlySpan<byte> authority)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Encoding.UTF8.GetByteCount(host), HostBytesMax);
        ArgumentOutOfRangeException.ThrowIfNotEqual(authority.Length, SHA256.HashSizeInBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(port, port & ushort.MaxValue);
        return new EnrolmentCode(host, port, authority.ToArray(), RandomNumberGenerator.GetBytes(SecretBytes));
    }

    /// <summary>Reads a code as a person pasted it; white space is passed over.</summary>
    /// <exception cref="EdgeWireException">It is none, or has a typing error.</exception>
    public static EnrolmentCode Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var plain = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        if (
            plain.Length > 1024
            || !plain.StartsWith(Prefix, StringComparison.Ordinal)
            || !Base64Url.IsValid(plain.AsSpan(Prefix.Length))
        )
        {
            throw new EdgeWireException($"this is no enrolment code: it begins with {Prefix}");
        }

        var bytes = Base64Url.DecodeFromChars(plain.AsSpan(Prefix.Length));
        var end = bytes.Length - CheckBytes;
        if (
            end <= HostOffset
            || !SHA256.HashData(bytes.AsSpan(0, end)).AsSpan(0, CheckBytes).SequenceEqual(bytes.AsSpan(end))
        )
        {
            throw new EdgeWireException("the enrolment code is cut short or mistyped: copy it again, whole");
        }

        return new EnrolmentCode(
            Encoding.UTF8.GetString(bytes.AsSpan(HostOffset, end - HostOffset)),
            BinaryPrimitives.ReadUInt16BigEndian(bytes),
            bytes.AsSpan(2, SHA256.HashSizeInBytes).ToArray(),
            bytes.AsSpan(2 + SHA256.HashSizeInBytes, SecretBytes).ToArray()
        );
    }

    /// <summary>The code as text, secret included: for the person who enrols, once.</summary>
    public string Reveal()
    {
        var host = Encoding.UTF8.GetBytes(Host);
        var bytes = new byte[HostOffset + host.Length + CheckBytes];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)Port);
        Authority.Span.CopyTo(bytes.AsSpan(2));
        _secret.CopyTo(bytes.AsSpan(2 + SHA256.HashSizeInBytes));
        host.CopyTo(bytes.AsSpan(HostOffset));
        SHA256
            .HashData(bytes.AsSpan(0, bytes.Length - CheckBytes))
            .AsSpan(0, CheckBytes)
            .CopyTo(bytes.AsSpan(bytes.Length - CheckBytes));
        return Prefix + Base64Url.EncodeToString(bytes);
    }

    /// <summary>The edge's proof for its request (32 bytes).</summary>
    public byte[] RequestProof(string signingRequestPem) => Proof("request", Encoding.UTF8.GetBytes(signingRequestPem));

    /// <summary>The archive's proof for its answer (32 bytes).</summary>
    public byte[] AnswerProof(ReadOnlySpan<byte> grant) => Proof("answer", grant);

    /// <summary>Whether a proof is the right one; takes the same time for all that are not.</summary>
    public static bool Matches(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> given) =>
        CryptographicOperations.FixedTimeEquals(expected, given);

    /// <summary>Says where it leads, never the secret.</summary>
    public override string ToString() => $"{nameof(EnrolmentCode)} for {Host}:{Port}";

    private byte[] Proof(string purpose, ReadOnlySpan<byte> content)
    {
        Span<byte> key = stackalloc byte[32];
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            _secret,
            key,
            [],
            Encoding.UTF8.GetBytes("leadglass edge enrolment 1 " + purpose)
        );
        return HMACSHA256.HashData(key, content);
    }
}

/// <summary>Body of <c>POST /edge/enrol</c>.</summary>
/// <param name="CodeId"><see cref="EnrolmentCode.Id"/>.</param>
/// <param name="SigningRequest">PKCS #10 in PEM; the key never leaves the edge.</param>
/// <param name="Proof"><see cref="EnrolmentCode.RequestProof"/>.</param>
/// <param name="Version">The edge's program version.</param>
public sealed record EnrolmentRequest(string CodeId, string SigningRequest, byte[] Proof, string Version);

/// <summary>Answer to <see cref="EnrolmentRequest"/>.</summary>
/// <param name="Grant">An <see cref="EnrolmentGrant"/> as UTF-8 JSON.</param>
/// <param name="Proof"><see cref="EnrolmentCode.AnswerProof"/> over the bytes of the grant.</param>
public sealed record EnrolmentAnswer(byte[] Grant, byte[] Proof);

/// <summary>What an edge gets when it is enrolled.</summary>
/// <param name="Archive">The archive's id, which every envelope is bound to.</param>
/// <param name="Edge">The edge's id, likewise.</param>
/// <param name="Name">The edge's device name at the archive.</param>
/// <param name="AeTitle">The AE title that the edge calls with on its own behalf.</param>
/// <param name="ArchiveAeTitle">The archive's AE title.</param>
/// <param name="DicomPort">The archive's DICOM port.</param>
/// <param name="SealingKey">The archive's public key for envelopes (SubjectPublicKeyInfo).</param>
/// <param name="Certificate">The edge's certificate, PEM.</param>
/// <param name="Authorities">The archive's authority, PEM; one of them has the fingerprint that the code names.</param>
/// <param name="Scanners">The scanners listed so far.</param>
public sealed record EnrolmentGrant(
    Guid Archive,
    Guid Edge,
    string Name,
    string AeTitle,
    string ArchiveAeTitle,
    int DicomPort,
    byte[] SealingKey,
    string Certificate,
    string Authorities,
    ScannerList Scanners
);
