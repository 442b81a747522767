using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>Empty value matching (PS3.4 C.2.2.2.7): keys of two quotation marks.</summary>
internal static class EmptyKeys
{
    private const string Mark = "\"\"";

    /// <summary>The request without such keys, which are universal now, and what they match.</summary>
    public static (SearchRequest Request, IReadOnlyList<AttributeMatcher> Matchers) TakeFrom(SearchRequest request)
    {
        List<AttributeMatcher> matchers = [];
        var keys = new DataSet();
        foreach (var element in request.Identifier)
        {
            if (element is ValueElement && request.Identifier.GetStrings(element.Tag) is [Mark])
            {
                keys.SetEmpty(element.Tag);
                matchers.Add(new EmptyMatcher(element.Tag));
            }
            else
            {
                keys.Set(element);
            }
        }

        return matchers.Count == 0 ? (request, []) : (request with { Identifier = keys }, matchers);
    }

    private sealed class EmptyMatcher(DicomTag tag) : AttributeMatcher(tag)
    {
        public override bool Matches(DataSet entity) =>
            entity.Find(Tag) switch
            {
                null or { IsEmpty: true } => true,
                // Nothing but padding is no value either.
                ValueElement => entity.GetString(Tag) is null,
                _ => false,
            };
    }
}
