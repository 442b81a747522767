using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Leadglass.Server.Pages;

/// <summary>How pages are mapped: a service of the pages' part, and what it does with a request.</summary>
internal static class PageRoutes
{
    extension(IEndpointRouteBuilder endpoints)
    {
        /// <summary>A page that is looked at.</summary>
        public IEndpointConventionBuilder MapPage<TPage>(
            [System.Diagnostics.CodeAnalysis.StringSyntax("Route")] string pattern,
            Func<TPage, HttpContext, Task> answer
        )
            where TPage : notnull =>
            endpoints.MapGet(pattern, context => answer(context.RequestServices.GetRequiredService<TPage>(), context));

        /// <summary>A form that is sent, with its token checked.</summary>
        public IEndpointConventionBuilder MapForm<TPage>(
            [System.Diagnostics.CodeAnalysis.StringSyntax("Route")] string pattern,
            Func<TPage, HttpContext, SentForm, Task> answer
        )
            where TPage : notnull =>
            endpoints
                .MapPost(
                    pattern,
                    async context =>
                    {
                        if (await SentForm.ReadAsync(context) is { } form)
                        {
                            await answer(context.RequestServices.GetRequiredService<TPage>(), context, form);
                            return;
                        }
                        await WebPages.AnswerErrorAsync(context, StatusCodes.Status400BadRequest);
                    }
                )
                .BodyUpTo(SentForm.BytesMax);
    }
}
