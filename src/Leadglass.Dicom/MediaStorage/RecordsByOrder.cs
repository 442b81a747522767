namespace Leadglass.Dicom;

/// <summary>Arranges records without usable links by their order: what follows a patient, study or series lies below it.</summary>
internal static class RecordsByOrder
{
    public static List<DirectoryRecord> Arrange(IEnumerable<DirectoryRecord> records)
    {
        var roots = new List<DirectoryRecord>();
        var above = new DirectoryRecord?[4];
        foreach (var record in records)
        {
            var level = LevelOf(record.Type);
            var parent = above.AsSpan(0, level).ToArray().LastOrDefault(candidate => candidate is not null);
            if (parent is null)
            {
                roots.Add(record);
            }
            else
            {
                parent.Add(record);
            }

            above[level] = record;
            above.AsSpan(level + 1).Clear();
        }

        return roots;
    }

    private static int LevelOf(string type) =>
        type switch
        {
            "PATIENT" => 0,
            "STUDY" => 1,
            "SERIES" => 2,
            _ => 3,
        };
}
