using System.Globalization;
using System.Text;
using Leadglass.Testing.RawDicom;

namespace Leadglass.Browser.Tests;

/// <summary>
/// An image whose every pixel is known: smooth waves that differ from slice to slice, so that one slice is not taken for
/// another and interpolation changes little.
/// </summary>
internal sealed record TestImage
{
    public const string CtImageStorage = "1.2.840.10008.5.1.4.1.1.2";
    public const string UltrasoundMultiframeStorage = "1.2.840.10008.5.1.4.1.1.3.1";

    public required string PatientName { get; init; }

    public required string PatientId { get; init; }

    public required string StudyUid { get; init; }

    public required string Modality { get; init; }

    public string StudyDescription { get; init; } = "";

    public string SeriesDescription { get; init; } = "";

    public string Accession { get; init; } = "";

    public string ReferringPhysician { get; init; } = "Referrer^Made-up";

    public DateOnly Date { get; init; } = new(2026, 3, 4);

    public int Number { get; init; } = 1;

    public int Rows { get; init; } = 256;

    public int Columns { get; init; } = 256;

    public int Frames { get; init; } = 1;

    public string SopInstanceUid => $"{StudyUid}.1.{Number}";

    private bool IsColour => Modality == "US";

    /// <summary>Hounsfield units of a CT slice.</summary>
    public double Hounsfield(double x, double y) =>
        40 + (180 * Math.Sin((x / 19) + (Number * 0.9)) * Math.Cos((y / 27) - (Number * 0.4))) + (x - (Columns / 2.0));

    /// <summary>Red, green and blue of a frame, counted from 0.</summary>
    public (double Red, double Green, double Blue) Colour(int frame, double x, double y) =>
        (
            128 + (100 * Math.Sin((x / 25) + frame)),
            128 + (100 * Math.Cos((y / 31) - frame)),
            128 + (60 * Math.Sin(((x + y) / 40) + (frame * 0.5)))
        );

    /// <summary>The file in Explicit VR Little Endian, texts in UTF-8.</summary>
    public byte[] ToFile()
    {
        var text = Encoding.UTF8;
        var data = new RawIdentifier()
            .Add(0x00080005, "CS", "ISO_IR 192")
            .Add(0x00080008, "CS", @"ORIGINAL\PRIMARY\AXIAL")
            .Add(0x00080016, "UI", IsColour ? UltrasoundMultiframeStorage : CtImageStorage)
            .Add(0x00080018, "UI", SopInstanceUid)
            .Add(0x00080020, "DA", Date.ToString("yyyyMMdd", CultureInfo.InvariantCulture))
            .Add(0x00080030, "TM", "101500")
            .Add(0x00080050, "SH", Accession, text)
            .Add(0x00080060, "CS", Modality)
            .Add(0x00080070, "LO", "Phantom Works")
            .Add(0x00080090, "PN", ReferringPhysician, text)
            .Add(0x00081030, "LO", StudyDescription, text)
            .Add(0x0008103E, "LO", SeriesDescription, text)
            .Add(0x00100010, "PN", PatientName, text)
            .Add(0x00100020, "LO", PatientId, text)
            .Add(0x00100030, "DA", "19010203")
            .Add(0x00100040, "CS", "O")
            .Add(0x0020000D, "UI", StudyUid)
            .Add(0x0020000E, "UI", $"{StudyUid}.1")
            .Add(0x00200010, "SH", "1")
            .Add(0x00200011, "IS", "1")
            .Add(0x00200013, "IS", $"{Number}")
            .Add(0x00280010, (ushort)Rows)
            .Add(0x00280011, (ushort)Columns)
            .Add(0x00280103, 0);
        var pixels = IsColour ? AddColour(data) : AddSlice(data);
        data.Add(0x7FE00010, IsColour ? "OB" : "OW", pixels);
        return RawFile.Compose(
            new RawInstance(
                IsColour ? UltrasoundMultiframeStorage : CtImageStorage,
                SopInstanceUid,
                RawServices.ExplicitLittle,
                data.ToBytes(isExplicit: true)
            )
        );
    }

    private byte[] AddSlice(RawIdentifier data)
    {
        data.Add(0x00180050, "DS", "2")
            .Add(0x00200032, "DS", $@"-128\-128\{Number * 2}")
            .Add(0x00200037, "DS", @"1\0\0\0\1\0")
            .Add(0x00200052, "UI", $"{StudyUid}.9")
            .Add(0x00280002, 1)
            .Add(0x00280004, "CS", "MONOCHROME2")
            .Add(0x00280030, "DS", @"1\1")
            .Add(0x00280100, 16)
            .Add(0x00280101, 12)
            .Add(0x00280102, 11)
            .Add(0x00281050, "DS", "40")
            .Add(0x00281051, "DS", "400")
            .Add(0x00281052, "DS", "-1024")
            .Add(0x00281053, "DS", "1");
        var pixels = new byte[Rows * Columns * 2];
        for (var i = 0; i < Rows * Columns; i++)
        {
            var stored = (ushort)Math.Round(Hounsfield(i % Columns, i / Columns) + 1024);
            BitConverter.TryWriteBytes(pixels.AsSpan(i * 2), stored);
        }

        return pixels;
    }

    private byte[] AddColour(RawIdentifier data)
    {
        data.Add(0x00181063, "DS", "40")
            .Add(0x00280002, 3)
            .Add(0x00280004, "CS", "RGB")
            .Add(0x00280006, 0)
            .Add(0x00280008, "IS", $"{Frames}")
            .Add(0x00280009, "AT", 0x18, 0x00, 0x63, 0x10)
            .Add(0x00280100, 8)
            .Add(0x00280101, 8)
            .Add(0x00280102, 7);
        var pixels = new byte[Rows * Columns * 3 * Frames];
        for (var i = 0; i < pixels.Length; i += 3)
        {
            var pixel = i / 3 % (Rows * Columns);
            var (red, green, blue) = Colour(i / 3 / (Rows * Columns), pixel % Columns, pixel / Columns);
            pixels[i] = (byte)Math.Round(red);
            pixels[i + 1] = (byte)Math.Round(green);
            pixels[i + 2] = (byte)Math.Round(blue);
        }

        return pixels;
    }
}
