using System.Globalization;
using System.Text;

namespace Leadglass.Testing.RawDicom;

/// <summary>
/// A small CT image written by hand in explicit or implicit little endian, with every attribute a test wants to look for.
/// Names are plainly made up.
/// </summary>
public sealed record TestInstance
{
    public const string CtImageStorage = "1.2.840.10008.5.1.4.1.1.2";

    public required string StudyInstanceUid { get; init; }

    public required string SeriesInstanceUid { get; init; }

    public required string SopInstanceUid { get; init; }

    public string SopClassUid { get; init; } = CtImageStorage;

    public string TransferSyntax { get; init; } = RawServices.ExplicitLittle;

    public string? CharacterSet { get; init; }

    /// <summary>The code page of the texts when a character set is named.</summary>
    public Encoding Encoding { get; init; } = Encoding.Latin1;

    public string PatientName { get; init; } = "Phantom^Test";

    public string PatientId { get; init; } = "TEST-1";

    public string? IssuerOfPatientId { get; init; }

    public string BirthDate { get; init; } = "19010203";

    public string StudyDate { get; init; } = "20200102";

    public string StudyTime { get; init; } = "101112";

    public string AccessionNumber { get; init; } = "ACC-1";

    public string StudyDescription { get; init; } = "Head of a phantom";

    public string SeriesDescription { get; init; } = "Axial";

    public string Modality { get; init; } = "CT";

    public string? ScheduledProcedureStepId { get; init; }

    public int SeriesNumber { get; init; } = 1;

    public int InstanceNumber { get; init; } = 1;

    public ushort Rows { get; init; } = 64;

    public ushort Columns { get; init; } = 64;

    /// <summary>Frames; more than one adds Number of Frames.</summary>
    public int Frames { get; init; } = 1;

    /// <summary>The pixel bytes; null gives a ramp that depends on the instance number.</summary>
    public byte[]? Pixels { get; init; }

    /// <summary>The length of the pixel data in bytes.</summary>
    public long PixelLength => 2L * Rows * Columns * Frames;

    private bool IsExplicit => TransferSyntax != RawServices.ImplicitLittle;

    /// <summary>UIDs below a root from numbers: study, series, instance.</summary>
    public static TestInstance Numbered(int study, int series = 1, int instance = 1, string root = "2.25.99") =>
        new()
        {
            StudyInstanceUid = $"{root}.{study}",
            SeriesInstanceUid = $"{root}.{study}.{series}",
            SopInstanceUid = $"{root}.{study}.{series}.{instance}",
            PatientId = $"TEST-{study}",
            SeriesNumber = series,
            InstanceNumber = instance,
        };

    public RawInstance ToRaw()
    {
        var pixels = Pixels ?? DefaultPixels();
        return new RawInstance(
            SopClassUid,
            SopInstanceUid,
            TransferSyntax,
            [.. HeaderBytes((uint)pixels.Length), .. pixels]
        );
    }

    /// <summary>Everything up to the first byte of the pixel data, for bodies that are made while they are sent.</summary>
    public byte[] HeaderBytes(uint pixelLength)
    {
        var data = new RawIdentifier()
            .Add(0x00080008, "CS", @"ORIGINAL\PRIMARY\AXIAL")
            .Add(0x00080016, "UI", SopClassUid)
            .Add(0x00080018, "UI", SopInstanceUid)
            .Add(0x00080020, "DA", StudyDate)
            .Add(0x00080030, "TM", StudyTime)
            .Add(0x00080050, "SH", AccessionNumber)
            .Add(0x00080060, "CS", Modality)
            .Add(0x00080070, "LO", "Phantom Works")
            .Add(0x00080090, "PN", "Referrer^Made-up")
            .Add(0x00081030, "LO", StudyDescription, Encoding)
            .Add(0x0008103E, "LO", SeriesDescription, Encoding)
            .Add(0x00100010, "PN", PatientName, Encoding)
            .Add(0x00100020, "LO", PatientId)
            .Add(0x00100030, "DA", BirthDate)
            .Add(0x00100040, "CS", "O")
            .Add(0x0020000D, "UI", StudyInstanceUid)
            .Add(0x0020000E, "UI", SeriesInstanceUid)
            .Add(0x00200010, "SH", "1")
            .Add(0x00200011, "IS", SeriesNumber.ToString(CultureInfo.InvariantCulture))
            .Add(0x00200013, "IS", InstanceNumber.ToString(CultureInfo.InvariantCulture))
            .Add(0x00280002, 1)
            .Add(0x00280004, "CS", "MONOCHROME2")
            .Add(0x00280010, Rows)
            .Add(0x00280011, Columns)
            .Add(0x00280100, 16)
            .Add(0x00280101, 16)
            .Add(0x00280102, 15)
            .Add(0x00280103, 0);
        AddOptional(data);
        using var output = new MemoryStream();
        output.Write(data.ToBytes(IsExplicit));
        // Encapsulated pixel data is OB (PS3.5 A.4).
        RawIdentifier.WriteHeader(
            output,
            0x7FE00010,
            pixelLength == uint.MaxValue ? "OB" : "OW",
            pixelLength,
            IsExplicit
        );
        return output.ToArray();
    }

    private void AddOptional(RawIdentifier data)
    {
        if (CharacterSet is not null)
        {
            data.Add(0x00080005, "CS", CharacterSet);
        }

        if (IssuerOfPatientId is not null)
        {
            data.Add(0x00100021, "LO", IssuerOfPatientId);
        }

        if (Frames > 1)
        {
            data.Add(0x00280008, "IS", Frames.ToString(CultureInfo.InvariantCulture));
        }

        if (ScheduledProcedureStepId is not null)
        {
            data.AddSequence(0x00400275, [new RawIdentifier().Add(0x00400009, "SH", ScheduledProcedureStepId)]);
        }
    }

    private byte[] DefaultPixels()
    {
        var pixels = new byte[PixelLength];
        for (var i = 0; i < pixels.Length; i += 2)
        {
            var value = (ushort)((i * 31) + (InstanceNumber * 977));
            pixels[i] = (byte)value;
            pixels[i + 1] = (byte)((value >> 8) & 0x0F);
        }

        return pixels;
    }
}
