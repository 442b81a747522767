using System.Buffers;
using Leadglass.Cli.Demo.Phantoms;
using Leadglass.Dicom;

namespace Leadglass.Cli.Tests.Demo;

public sealed class PhantomStudiesTests
{
    private static readonly DateOnly Day = new(2026, 3, 2);

    private static readonly List<DataSet> Instances = [.. PhantomStudies.All(11, Day)];

    [Fact]
    public void FourPatientsWithOneStudyEachAndNoInstanceTwice()
    {
        var instances = Instances;
        Assert.Equal(4, instances.Select(instance => instance.GetString(DicomTag.PatientID)).Distinct().Count());
        Assert.Equal(4, instances.Select(instance => instance.GetString(DicomTag.StudyInstanceUID)).Distinct().Count());
        Assert.Equal(
            instances.Count,
            instances.Select(instance => instance.GetString(DicomTag.SOPInstanceUID)).Distinct().Count()
        );
        Assert.Equal(
            ["CT", "DX", "MG", "MR"],
            instances.Select(instance => instance.GetString(DicomTag.Modality)).Distinct().Order()
        );
    }

    [Fact]
    public void PixelsFillTheImageAndShowMoreThanNoise()
    {
        foreach (var instance in Instances.DistinctBy(instance => instance.GetString(DicomTag.Modality)))
        {
            var rows = instance.GetInt32(DicomTag.Rows)!.Value;
            var columns = instance.GetInt32(DicomTag.Columns)!.Value;
            var pixels = instance.GetBytes(DicomTag.PixelData)!.Value;
            Assert.Equal(rows * columns * 2, pixels.Length);
            Assert.True(pixels.ToArray().Distinct().Count() > 100);
        }
    }

    [Fact]
    public void TheSameSeedGivesTheSameBytes()
    {
        Assert.Equal(Encode(PhantomStudies.All(3, Day).First()), Encode(PhantomStudies.All(3, Day).First()));
        Assert.NotEqual(Encode(PhantomStudies.All(3, Day).First()), Encode(PhantomStudies.All(4, Day).First()));
    }

    private static byte[] Encode(DataSet instance)
    {
        var output = new ArrayBufferWriter<byte>();
        DataSetWriter.Write(instance, TransferSyntax.ExplicitVrLittleEndian, output);
        return output.WrittenSpan.ToArray();
    }
}
