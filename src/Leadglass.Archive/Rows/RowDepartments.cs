using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// The departments of a study's series, gathered in the study's row: a list of studies asks for its own department first.
/// </summary>
internal static class RowDepartments
{
    private const int DepartmentsMax = 16;

    public static void Set(DataSet row, IReadOnlyList<string> departments)
    {
        row.Remove(RowPrivates.Departments);
        if (departments.Count == 0)
        {
            return;
        }

        RowPrivates.SetCreator(row);
        try
        {
            row.SetText(RowPrivates.Departments, ValueRepresentation.LO, [.. departments.Take(DepartmentsMax)]);
        }
        catch (UnencodableTextException)
        {
            foreach (var element in RowText.ToUtf8(row))
            {
                row.Set(element);
            }

            row.SetText(RowPrivates.Departments, ValueRepresentation.LO, [.. departments.Take(DepartmentsMax)]);
        }
    }

    /// <summary>Adds that of a series; false if it is there or there is none.</summary>
    public static bool Add(DataSet row, string? department)
    {
        var known = row.GetStrings(RowPrivates.Departments);
        if (string.IsNullOrEmpty(department) || known.Contains(department) || known.Count >= DepartmentsMax)
        {
            return false;
        }

        Set(row, [.. known, department]);
        return true;
    }
}
