using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Writes the identifier of an answer (PS3.4 C.4.1.1.3.2): the attributes asked for, in the stored character set where
/// there is one for all of them, else in UTF-8.
/// </summary>
internal static class AnswerWriter
{
    public static DataSet Write(QueryPlan plan, IReadOnlyList<DataSet> rows, string retrieveAeTitle)
    {
        if (!rows.Skip(1).All(row => RowText.HaveSameCharacterSet(rows[0], row)))
        {
            rows = [.. rows.Select(RowText.ToUtf8)];
        }

        var answer = new DataSet();
        if (rows[0].Find(DicomTag.SpecificCharacterSet) is { } characterSet)
        {
            answer.Set(characterSet);
        }

        answer.SetString(
            DicomTag.QueryRetrieveLevel,
            plan.Level switch
            {
                QueryLevel.Patient => "PATIENT",
                QueryLevel.Study => "STUDY",
                QueryLevel.Series => "SERIES",
                _ => "IMAGE",
            }
        );
        foreach (var key in plan.Returned)
        {
            if (key.Tag == DicomTag.InstitutionalDepartmentName && plan.Level is QueryLevel.Study)
            {
                answer.SetText(key.Tag, ValueRepresentation.LO, [.. rows[0].GetStrings(RowPrivates.Departments)]);
            }
            else if (Find(rows, key.Tag) is { } found)
            {
                answer.Set(found is SequenceElement sequence ? Selected(sequence, key) : found);
            }
            else
            {
                answer.SetEmpty(key.Tag);
            }
        }

        SetUniqueKeys(answer, plan, rows);
        if (plan.Level is not QueryLevel.Patient)
        {
            // PS3.4 C.4.1.1.3.2: where and whether it can be retrieved.
            answer.SetString(DicomTag.RetrieveAETitle, retrieveAeTitle);
            answer.SetString(DicomTag.InstanceAvailability, "ONLINE");
        }

        return answer;
    }

    private static void SetUniqueKeys(DataSet answer, QueryPlan plan, IReadOnlyList<DataSet> rows)
    {
        DicomTag[] unique =
        [
            .. plan.Level is QueryLevel.Patient || plan.Request.Model is QueryModel.PatientRoot
                ? [DicomTag.PatientID]
                : (DicomTag[])[],
            .. plan.Level >= QueryLevel.Study ? [DicomTag.StudyInstanceUID] : (DicomTag[])[],
            .. plan.Level >= QueryLevel.Series ? [DicomTag.SeriesInstanceUID] : (DicomTag[])[],
            .. plan.Level >= QueryLevel.Image ? [DicomTag.SOPInstanceUID] : (DicomTag[])[],
        ];
        foreach (var tag in unique)
        {
            if (Find(rows, tag) is { } found)
            {
                answer.Set(found);
            }
            else
            {
                answer.SetEmpty(tag);
            }
        }
    }

    // Study and series rows both list SOP classes: each attribute is of the level that keeps it.
    private static DataElement? Find(IReadOnlyList<DataSet> rows, DicomTag tag) =>
        QueryAttributes.LevelOf(tag) switch
        {
            QueryLevel.Image => rows[^1].Find(tag),
            QueryLevel.Series => rows[1].Find(tag),
            _ => rows[0].Find(tag),
        };

    /// <summary>Of each item what the key's item asks for; all of it when it asks for nothing in particular.</summary>
    private static SequenceElement Selected(SequenceElement found, DataElement key)
    {
        if (key is not SequenceElement { Items: [{ Count: > 0 } asked, ..] })
        {
            return found;
        }

        return new SequenceElement(
            found.Tag,
            [
                .. found.Items.Select(item =>
                {
                    var selected = new DataSet();
                    foreach (var element in item)
                    {
                        if (asked.Find(element.Tag) is { } inner)
                        {
                            selected.Set(element is SequenceElement sequence ? Selected(sequence, inner) : element);
                        }
                    }

                    return selected;
                }),
            ]
        );
    }
}
