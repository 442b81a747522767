using Leadglass.Server.SignIn.Browser;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Leadglass.Server.Pages;

/// <summary>What a page's form sent, within limits.</summary>
internal sealed class SentForm
{
    /// <summary>The most bytes of a form: pages have no file fields; files are uploaded one by one elsewhere.</summary>
    public const int BytesMax = Forms.BytesMax;

    private readonly IFormCollection _fields;

    private SentForm(IFormCollection fields) => _fields = fields;

    /// <summary>
    /// Reads it; null when it is no form of fields, or beyond a limit. That it comes from a page of ours was checked
    /// before: without that no form gets this far.
    /// </summary>
    public static async Task<SentForm?> ReadAsync(HttpContext context)
    {
        if (!Forms.IsForm(context.Request))
        {
            return null;
        }
        try
        {
            return new SentForm(await context.Request.ReadFormAsync(context.RequestAborted));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Whether it has a field of this name.</summary>
    public bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>The text of a field without spaces around it, cut to a length; empty where there is none.</summary>
    public string Text(string name, int lengthMax = 256)
    {
        var value = _fields.TryGetValue(name, out var values) && values.Count > 0 ? values[^1] ?? "" : "";
        value = value.Trim();
        return value.Length <= lengthMax ? value : value[..lengthMax];
    }

    /// <summary>All values of a field.</summary>
    public StringValues All(string name) => _fields.TryGetValue(name, out var values) ? values : StringValues.Empty;

    /// <summary>A date as date fields send it.</summary>
    public DateOnly? Date(string name) =>
        DateOnly.TryParseExact(Text(name), "yyyy-MM-dd", null, System.Globalization.DateTimeStyles.None, out var date)
            ? date
            : null;

    /// <summary>A number as it stands; null where there is none.</summary>
    public int? Number(string name) =>
        int.TryParse(Text(name), System.Globalization.NumberStyles.None, null, out var number) ? number : null;

    /// <summary>A value of an enumeration by its name; null where there is none such.</summary>
    public TEnum? Choice<TEnum>(string name)
        where TEnum : struct, Enum =>
        Enum.TryParse<TEnum>(Text(name), out var value) && Enum.IsDefined(value) ? value : null;

    /// <summary>All values of an enumeration by their names.</summary>
    public IEnumerable<TEnum> Choices<TEnum>(string name)
        where TEnum : struct, Enum
    {
        foreach (var text in All(name))
        {
            if (Enum.TryParse<TEnum>(text, out var value) && Enum.IsDefined(value))
            {
                yield return value;
            }
        }
    }

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "form";
}
