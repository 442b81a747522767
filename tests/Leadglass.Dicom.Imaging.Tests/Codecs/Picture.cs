using System.Buffers.Binary;

namespace Leadglass.Dicom.Imaging.Tests.Codecs;

/// <summary>An image made here: smooth with edges and noise, so that every part of a codec has work.</summary>
internal sealed record Picture(int Rows, int Columns, int Samples, int Allocated, int Stored, bool IsSigned = false)
{
    public int Frames { get; init; } = 1;

    public bool IsPlanar { get; init; }

    public int Seed { get; init; } = 1;

    public override string ToString() =>
        $"{Columns}x{Rows}x{Samples}, {Stored} of {Allocated} bits{(IsSigned ? ", signed" : "")}, {Frames} frames";

    /// <summary>The native pixel data.</summary>
    public byte[] Pixels()
    {
        var random = new Random(Seed);
        var count = Rows * Columns * Samples * Frames;
        var size = Allocated / 8;
        var bytes = new byte[count * size];
        var (span, walk) = (1L << Stored, 0L);
        Span<byte> wide = stackalloc byte[8];
        for (var i = 0; i < count; i++)
        {
            // Steps, jumps and flat runs; signed values wrap within their bits and fill the rest with the sign.
            walk = random.Next(20) switch
            {
                0 => random.NextInt64(span),
                < 8 => walk,
                _ => (walk + random.Next(-9, 10) + span) % span,
            };
            var value = IsSigned && walk >= span / 2 ? walk - span : walk;
            BinaryPrimitives.WriteInt64LittleEndian(wide, value);
            wide[..size].CopyTo(bytes.AsSpan(i * size));
        }

        return bytes;
    }

    /// <summary>The attributes that describe it, without pixel data.</summary>
    public DataSet Header()
    {
        var header = new DataSet();
        header.SetString(DicomTag.SOPClassUID, "1.2.840.10008.5.1.4.1.1.7");
        header.SetString(DicomTag.SOPInstanceUID, "2.25.100");
        header.SetString(DicomTag.StudyInstanceUID, "2.25.101");
        header.SetString(DicomTag.SeriesInstanceUID, "2.25.102");
        header.SetUInt16(DicomTag.SamplesPerPixel, (ushort)Samples);
        header.SetString(DicomTag.PhotometricInterpretation, Samples == 3 ? "RGB" : "MONOCHROME2");
        if (Samples > 1)
        {
            header.SetUInt16(DicomTag.PlanarConfiguration, IsPlanar ? (ushort)1 : (ushort)0);
        }

        header.SetString(DicomTag.NumberOfFrames, $"{Frames}");
        header.SetUInt16(DicomTag.Rows, (ushort)Rows);
        header.SetUInt16(DicomTag.Columns, (ushort)Columns);
        header.SetUInt16(DicomTag.BitsAllocated, (ushort)Allocated);
        header.SetUInt16(DicomTag.BitsStored, (ushort)Stored);
        header.SetUInt16(DicomTag.HighBit, (ushort)(Stored - 1));
        header.SetUInt16(DicomTag.PixelRepresentation, IsSigned ? (ushort)1 : (ushort)0);
        return header;
    }

    /// <summary>The whole as a native data set.</summary>
    public DataSet Native()
    {
        var dataSet = Header();
        dataSet.SetBytes(DicomTag.PixelData, Allocated > 8 ? ValueRepresentation.OW : ValueRepresentation.OB, Pixels());
        return dataSet;
    }

    /// <summary>The whole as a file, for an encoder to read.</summary>
    public byte[] File()
    {
        var native = Native();
        var meta = FileMetaInformation.Create(
            SopClassUid.Parse(native.GetString(DicomTag.SOPClassUID)!),
            SopInstanceUid.Parse(native.GetString(DicomTag.SOPInstanceUID)!),
            TransferSyntax.ExplicitVrLittleEndian
        );
        return new DicomFile(meta, native).ToBytes().ToArray();
    }
}
