using Leadglass.Testing;

namespace Leadglass.Dicom.Tests.Json;

/// <summary>What PS3.18 keeps comes back: every real file goes to JSON and back.</summary>
public sealed class DicomJsonRoundTripTests
{
    [Fact]
    public void Every_real_file_survives_JSON()
    {
        Assert.SkipWhen(SharedData.Root is null, SharedData.Absent);
        var compared = 0;
        foreach (var path in SharedData.Files)
        {
            DataSet dataSet;
            try
            {
                dataSet = DicomFile.Read(File.ReadAllBytes(path)).DataSet;
            }
            catch (DicomFormatException)
            {
                continue;
            }

            var encapsulated = new Dictionary<string, DataElement>(StringComparer.Ordinal);
            var json = DicomJson.Write(
                dataSet,
                (where, element) =>
                {
                    if (element is FragmentsElement)
                    {
                        encapsulated.Add(where, element);
                    }

                    return element is FragmentsElement ? where : null;
                }
            );
            var back = DicomJson.Read(json);
            AssertSame(dataSet, back, Path.GetFileName(path));

            // Once through JSON, nothing changes any more.
            Assert.Equal(DicomJson.Write(back), DicomJson.Write(DicomJson.Read(DicomJson.Write(back))));
            compared++;
        }

        Assert.InRange(compared, 400, int.MaxValue);
    }

    private static void AssertSame(DataSet before, DataSet after, string where)
    {
        foreach (var element in before)
        {
            if (
                element is FragmentsElement
                || element.Tag.Group == 0x0002
                || element.Tag is { IsGroupLength: true, Group: not 0 }
            )
            {
                continue;
            }

            var found = after.Find(element.Tag);
            Assert.True(found is not null, $"{where} {element.Tag} is lost");
            if (element is SequenceElement sequence)
            {
                var items = ((SequenceElement)found).Items;
                Assert.Equal(sequence.Items.Count, items.Count);
                for (var i = 0; i < items.Count; i++)
                {
                    AssertSame(sequence.Items[i], items[i], $"{where} {element.Tag}/{i}");
                }
            }
            else if (element.Tag != DicomTag.SpecificCharacterSet)
            {
                AssertSameValue(
                    before,
                    after,
                    (ValueElement)element,
                    (ValueElement)found,
                    $"{where} {element.Tag} {element.Vr.Code}"
                );
            }
        }
    }

    private static void AssertSameValue(
        DataSet before,
        DataSet after,
        ValueElement element,
        ValueElement found,
        string where
    )
    {
        var vr = element.Vr.IsKnown ? element.Vr : ValueRepresentation.UN;
        Assert.True(vr == found.Vr, where);
        if (vr.IsBulk)
        {
            Assert.True(found.Bytes.Span.StartsWith(element.LittleEndianBytes.Span), where);
            Assert.True(found.Bytes.Length - element.Bytes.Length <= 1, where);
            return;
        }

        var (left, right) = (before.GetStrings(element.Tag), after.GetStrings(element.Tag));
        var isEmpty = left.All(value => value.Length == 0) && left.Count <= 1 && right.Count == 0;
        Assert.True(
            isEmpty || (left.Count == right.Count && left.Zip(right).All(pair => Same(pair.First, pair.Second, vr))),
            where
        );
    }

    private static bool Same(string before, string after, ValueRepresentation vr) =>
        before == after
        || (vr == ValueRepresentation.PN && before.TrimEnd('=', ' ') == after)
        || (
            vr is ValueRepresentation.DS or ValueRepresentation.IS
            && double.Parse(before, System.Globalization.CultureInfo.InvariantCulture)
                == double.Parse(after, System.Globalization.CultureInfo.InvariantCulture)
        );
}
