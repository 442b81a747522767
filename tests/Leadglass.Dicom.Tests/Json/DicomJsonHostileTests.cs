using System.Text;
using CsCheck;
using Leadglass.Dicom.Tests.Generated;

namespace Leadglass.Dicom.Tests.Json;

/// <summary>JSON from strangers: an answer or a refusal with a place, never anything else.</summary>
public sealed class DicomJsonHostileTests
{
    private static readonly string[] Splices =
    [
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        ":",
        "null",
        "1e999",
        "-0",
        "99999999999999999999",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\\",
        "\u00E9",
        "\"vr\":\"SQ\",",
        "\"Value\":[{}],",
        "\"InlineBinary\":\"AA\",",
        "00080018",
    ];

    [Fact]
    public void Damaged_JSON_is_read_or_refused() =>
        Gen.Select(
                Gen.OneOf(GenText.DataSets, GenDataSet.Native),
                Gen.Select(Gen.Double[0, 1], Gen.Int[0, Splices.Length - 1], Gen.Int[0, 12]).Array[1, 4]
            )
            .Sample(
                (dataSet, damages) =>
                {
                    var json = Encoding.UTF8.GetString(DicomJson.Write(dataSet));
                    foreach (var (place, splice, removed) in damages)
                    {
                        var at = (int)(place * json.Length);
                        json = json[..at] + Splices[splice] + json[Math.Min(json.Length, at + removed)..];
                    }

                    var bytes = Encoding.UTF8.GetBytes(json);
                    try
                    {
                        foreach (var read in DicomJson.ReadAll(bytes))
                        {
                            // What was read can be written again.
                            DicomJson.Write(read);
                        }
                    }
                    catch (DicomFormatException refusal)
                    {
                        Assert.InRange(refusal.Position, 0, bytes.Length);
                    }
                },
                seed: "0N0XIzNsQ0O2",
                iter: 10_000
            );

    [Fact]
    public void Data_sets_without_attributes_count()
    {
        var json = "[{},{},{}]"u8.ToArray();
        Assert.Equal(3, DicomJson.ReadAll(json, new ReadLimits { DataSetCountMax = 3, ElementCountMax = 3 }).Count);
        Assert.Equal(
            nameof(ReadLimits.DataSetCountMax),
            Assert
                .Throws<DicomFormatException>(() => DicomJson.ReadAll(json, new ReadLimits { DataSetCountMax = 2 }))
                .Clause
        );
        Assert.Equal(
            nameof(ReadLimits.ElementCountMax),
            Assert
                .Throws<DicomFormatException>(() => DicomJson.ReadAll(json, new ReadLimits { ElementCountMax = 2 }))
                .Clause
        );
    }

    [Fact]
    public void Generated_data_sets_come_back_from_JSON() =>
        GenDataSet.Native.Sample(
            dataSet =>
            {
                var json = DicomJson.Write(dataSet);
                Assert.Equal(
                    Encoding.UTF8.GetString(json),
                    Encoding.UTF8.GetString(DicomJson.Write(DicomJson.Read(json)))
                );
            },
            seed: "0N0XIzNsQ0O2",
            iter: 3_000
        );

    [Fact]
    public void A_long_array_of_small_things_costs_no_more_than_its_limit()
    {
        var json = Encoding.UTF8.GetBytes(
            "{\"00081140\":{\"vr\":\"SQ\",\"Value\":[" + string.Join(',', Enumerable.Repeat("null", 200_000)) + "]}}"
        );
        var limits = new ReadLimits { ElementCountMax = 1_000 };
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("ElementCountMax", Assert.Throws<DicomFormatException>(() => DicomJson.Read(json, limits)).Clause);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }
}
