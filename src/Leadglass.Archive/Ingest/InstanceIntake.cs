using System.Buffers.Binary;
using System.Security.Cryptography;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>Reads a data set as it streams in: its attributes, where the pixel data begins, and what it says as a digest.</summary>
internal sealed class InstanceIntake(TransferSyntax syntax, ArchiveKeys keys) : IDisposable
{
    private readonly MemoryStream _held = new();
    private DataSet? _header;

    /// <summary>Everything before the pixel data, as soon as it is known.</summary>
    public DataSet? Header => _header;

    /// <summary>Where the pixel data begins; beyond the end if there is none.</summary>
    public long AttributesEnd { get; private set; } = long.MaxValue;

    public void Feed(ReadOnlySpan<byte> piece)
    {
        if (_held.Length + piece.Length > RecordHeaders.BytesMax)
        {
            throw new DicomFormatException("the data set is too long", _held.Length, null, "PS3.5 7");
        }

        _held.Write(piece);
    }

    public void Complete()
    {
        _header = DataSetReader.Read(_held.ToArray(), syntax, RecordHeaders.Limits, DicomTag.FloatPixelData);
        if (!syntax.IsDeflated)
        {
            AttributesEnd = DataSetWriter.Count(_header, syntax);
        }
    }

    public ContentDigest Digest()
    {
        using var attributes = keys.BeginDigest();
        AttributeDigest.AddAttributes(attributes, _header!);
        using var pixelData = keys.BeginDigest();
        AttributeDigest.AddForm(pixelData, _header!);
        var end = (int)Math.Min(AttributesEnd, _held.Length);
        pixelData.AppendData(_held.GetBuffer().AsSpan(end, (int)_held.Length - end));
        return new ContentDigest(Cut(attributes), Cut(pixelData), 0);
    }

    public void Dispose() => _held.Dispose();

    private static UInt128 Cut(IncrementalHash digest) =>
        BinaryPrimitives.ReadUInt128BigEndian(digest.GetHashAndReset());
}
