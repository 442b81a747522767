using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace Leadglass.Server.Pages;

/// <summary>What a page's form sent, within limits.</summary>
internal sealed class SentForm
{
    /// <summary>The most bytes of a form: pages have no file fields; files are uploaded one by one elsewhere.</summary>
    public const int BytesMax = 64 * 1024;

    private const int FieldsMax = 256;
    private readonly IFormCollection _fields;

    private SentForm(IFormCollection fields) => _fields = fields;

    /// <summary>Reads it; null when it is none of ours: without the token that the page gave, or beyond a limit.</summary>
    public static async Task<SentForm?> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
        {
            return null;
        }
        // Whoever found out who is asking has read it already, to see the token.
        if (context.Features.Get<IFormFeature>()?.Form is null)
        {
            context.Features.Set<IFormFeature>(
                new FormFeature(
                    context.Request,
                    new FormOptions
                    {
                        ValueCountLimit = FieldsMax,
                        KeyLengthLimit = 128,
                        ValueLengthLimit = BytesMax,
                        BufferBodyLengthLimit = BytesMax,
                        MultipartBodyLengthLimit = BytesMax,
                    }
                )
            );
        }
        try
        {
            if (context.RequestServices.GetService<IAntiforgery>() is { } antiforgery)
            {
                await antiforgery.ValidateRequestAsync(context);
            }
            return new SentForm(await context.Request.ReadFormAsync(context.RequestAborted));
        }
        catch (Exception refused) when (refused is AntiforgeryValidationException or InvalidDataException)
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

    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "form";
}
