using System.Buffers.Binary;
using System.Security.Cryptography;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Makes the digest of what an instance says while it streams past, keyed and the same whatever the transfer syntax: of
/// the attributes by their canonical form, of native pixel data in little endian, of fragments without their borders.
/// </summary>
internal sealed class ContentDigester(TransferSyntax syntax, ArchiveKeys keys) : IInstanceSink, IDisposable
{
    private readonly IncrementalHash _attributes = keys.BeginDigest();
    private readonly IncrementalHash _pixelData = keys.BeginDigest();
    private readonly IncrementalHash _omitted = keys.BeginDigest();
    private readonly IncrementalHash _omittedValue = keys.BeginDigest();
    private DicomTag? _omittedTag;

    /// <inheritdoc />
    public void Value(DicomTag tag, ValueRepresentation vr, ReadOnlySpan<byte> piece)
    {
        if (IsPixelData(tag))
        {
            _pixelData.AppendData(piece);
            return;
        }

        if (_omittedTag != tag)
        {
            EndOmittedValue();
            _omittedTag = tag;
        }

        _omittedValue.AppendData(piece);
    }

    /// <inheritdoc />
    public void Fragment(int index, ReadOnlySpan<byte> piece) => _pixelData.AppendData(piece);

    /// <summary>The digest, once everything has streamed past.</summary>
    public ContentDigest Finish(DataSet header, DataSet? trailer)
    {
        CanonicalForm.Append(_attributes, header, DependsOnCompression);
        if (trailer is not null)
        {
            CanonicalForm.Append(_attributes, trailer);
        }

        EndOmittedValue();
        _attributes.AppendData(_omitted.GetHashAndReset());
        // How pixels are laid out counts only among instances that are compressed in the same way.
        CanonicalForm.Append(_pixelData, header, tag => !DependsOnCompression(tag));
        return new ContentDigest(Cut(_attributes), Cut(_pixelData), FormOf(syntax));
    }

    public void Dispose()
    {
        _attributes.Dispose();
        _pixelData.Dispose();
        _omitted.Dispose();
        _omittedValue.Dispose();
    }

    /// <summary>Tag and value count together: the same bytes under another tag say something else.</summary>
    private void EndOmittedValue()
    {
        if (_omittedTag is not { } tag)
        {
            return;
        }

        Span<byte> name = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(name, tag.Value);
        _omitted.AppendData(name);
        _omitted.AppendData(_omittedValue.GetHashAndReset());
        _omittedTag = null;
    }

    /// <summary>0 for what is not compressed; else a number that is always the same for a transfer syntax.</summary>
    private static int FormOf(TransferSyntax syntax)
    {
        if (!syntax.IsEncapsulated)
        {
            return 0;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(syntax.Uid), hash);
        return (BinaryPrimitives.ReadInt32LittleEndian(hash) & 0x7FFF) + 1;
    }

    private static UInt128 Cut(IncrementalHash digest) =>
        BinaryPrimitives.ReadUInt128BigEndian(digest.GetHashAndReset());

    private static bool IsPixelData(DicomTag tag) =>
        tag == DicomTag.PixelData
        || tag == DicomTag.FloatPixelData
        || tag == DicomTag.DoubleFloatPixelData
        || tag == DicomTag.SpectroscopyData;

    /// <summary>Changed by whoever compresses or decompresses: PS3.5 8.2, PS3.3 C.7.6.1.1.5.</summary>
    private static bool DependsOnCompression(DicomTag tag) =>
        tag == DicomTag.PhotometricInterpretation
        || tag == DicomTag.PlanarConfiguration
        || tag == DicomTag.LossyImageCompression
        || tag == DicomTag.LossyImageCompressionRatio
        || tag == DicomTag.LossyImageCompressionMethod
        || tag == DicomTag.ExtendedOffsetTable
        || tag == DicomTag.ExtendedOffsetTableLengths;
}
