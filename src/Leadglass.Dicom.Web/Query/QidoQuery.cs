using System.Globalization;

namespace Leadglass.Dicom.Web;

/// <summary>A search, read from its query string (PS3.18 8.3.4, 10.6.1).</summary>
public sealed class QidoQuery
{
    // Read by others: the choice of representation, and what browsers' scripts add against caches.
    private static readonly HashSet<string> Foreign = ["accept", "charset", "_"];

    private readonly List<AttributePath> _includeFields = [];
    private readonly HashSet<string> _seen = [];

    private QidoQuery(QidoLevel level)
    {
        Level = level;
        Keys.SetString(DicomTag.SpecificCharacterSet, "ISO_IR 192");
    }

    /// <summary>What is searched.</summary>
    public QidoLevel Level { get; }

    /// <summary>What to match, in UTF-8; empty for what is only to be returned.</summary>
    public DataSet Keys { get; } = new();

    /// <summary>What to return beside the tables of PS3.18 10.6.3.3.</summary>
    public IReadOnlyList<AttributePath> IncludeFields => _includeFields;

    /// <summary>includefield=all: everything that the archive keeps of the level.</summary>
    public bool IncludesAll { get; private set; }

    /// <summary>How many answers at most; null when the query does not say.</summary>
    public int? Limit { get; private set; }

    /// <summary>How many answers to leave out first.</summary>
    public int Offset { get; private set; }

    /// <summary>Names match in looser ways (PS3.4 C.2.2.2.1.1).</summary>
    public bool FuzzyMatching { get; private set; }

    /// <summary>Two quotation marks match what is absent or empty (PS3.4 C.2.2.2.7).</summary>
    public bool EmptyValueMatching { get; private set; }

    /// <summary>Several values of a key match each by itself (PS3.4 C.2.2.2.8).</summary>
    public bool MultipleValueMatching { get; private set; }

    /// <summary>Reads the query.</summary>
    /// <param name="level">What is searched.</param>
    /// <param name="rawQuery">As it stands in the request line: only so are encoded and plain characters told apart.</param>
    /// <exception cref="DicomWebException">400 or 414: names the parameter and what is wrong with it, never its value.</exception>
    public static QidoQuery Parse(QidoLevel level, string? rawQuery)
    {
        var query = new QidoQuery(level);
        foreach (var parameter in QueryParameters.Parse(rawQuery).All)
        {
            query.Take(parameter);
        }

        return query;
    }

    /// <summary>
    /// What an index is to be asked: the keys, and empty what else is to be returned. The caller adds the level and the
    /// UIDs of the path.
    /// </summary>
    /// <param name="required">Of <see cref="QidoAttributes.Required"/>.</param>
    public DataSet ToIdentifier(IReadOnlyList<DicomTag> required)
    {
        foreach (var path in _includeFields)
        {
            AddEmpty(path.In(Keys), path.Tag);
        }

        foreach (var tag in required)
        {
            AddEmpty(Keys, tag);
        }

        return Keys;
    }

    /// <summary>How many keys, and nothing of their values.</summary>
    public override string ToString() => $"{Level} query of {Keys.Count} keys";

    internal static DicomWebException Bad(QueryParameter parameter, string problem, Exception? inner = null) =>
        DicomWebException.BadRequest($"The query parameter {NameOf(parameter)} {problem}.", inner);

    /// <summary>Its name where that can only be one; else its place, since a stranger's text may be anything.</summary>
    private static string NameOf(QueryParameter parameter) =>
        parameter.Name.Length is > 0 and <= 200
        && parameter.Name.All(character => char.IsAsciiLetterOrDigit(character) || character == '.')
            ? parameter.Name
            : $"at place {parameter.Place}";

    private static void AddEmpty(DataSet keys, DicomTag tag)
    {
        if (!keys.Contains(tag))
        {
            keys.SetEmpty(tag);
        }
    }

    private void Take(QueryParameter parameter)
    {
        switch (parameter.Name)
        {
            case "limit":
                Limit = Number(parameter);
                break;
            case "offset":
                Offset = Number(parameter);
                break;
            case "fuzzymatching":
                FuzzyMatching = Flag(parameter);
                break;
            case "emptyvaluematching":
                EmptyValueMatching = Flag(parameter);
                break;
            case "multiplevaluematching":
                MultipleValueMatching = Flag(parameter);
                break;
            case "includefield":
                Include(parameter);
                break;
            default:
                TakeKey(parameter);
                break;
        }
    }

    private void TakeKey(QueryParameter parameter)
    {
        if (Foreign.Contains(parameter.Name))
        {
            return;
        }

        if (!AttributePath.TryParse(parameter.Name, out var path))
        {
            throw Bad(parameter, "names no attribute of the dictionary");
        }

        QidoKey.Set(Keys, path, parameter);
    }

    private void Include(QueryParameter parameter)
    {
        foreach (var name in parameter.Value.Split(',', StringSplitOptions.TrimEntries))
        {
            if (name == "all")
            {
                IncludesAll = true;
            }
            else if (name.Length > 0)
            {
                _includeFields.Add(
                    AttributePath.TryParse(name, out var path)
                        ? path
                        : throw Bad(parameter, "names something that is no attribute of the dictionary")
                );
            }

            if (_includeFields.Count > 1024)
            {
                throw Bad(parameter, "names more than 1024 attributes");
            }
        }
    }

    private int Number(QueryParameter parameter)
    {
        RefuseTwice(parameter);
        return int.TryParse(parameter.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Bad(parameter, "is no whole number from 0");
    }

    private bool Flag(QueryParameter parameter)
    {
        RefuseTwice(parameter);
        return parameter.Value switch
        {
            "true" => true,
            "false" => false,
            _ => throw Bad(parameter, "is neither true nor false"),
        };
    }

    private void RefuseTwice(QueryParameter parameter)
    {
        if (!_seen.Add(parameter.Name))
        {
            throw Bad(parameter, "is there twice");
        }
    }
}
