using Leadglass.Access;
using Leadglass.Server.Pages.Layout;
using Leadglass.Server.Pages.Rendering;
using Leadglass.Server.Pages.Texts;
using Leadglass.Server.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Leadglass.Server.Pages.Administration;

/// <summary>Programs, devices and shares for administrators; no patient data.</summary>
internal sealed class AdminEndpoints(AccessPolicy policy, ArchiveHost host, TimeProvider clock, PageNotices notices)
{
    private const string Programs = "/admin/clients";
    private const string Program = Programs + "/{client}";
    private const string Devices = "/admin/devices";
    private const string Edges = "/admin/edges";
    private const string Shares = "/admin/shares";

    /// <summary>Where it answers.</summary>
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints
            .MapPage<AdminEndpoints>(Programs, (page, context) => page.ListProgramsAsync(context))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<AdminEndpoints>(Programs, (page, context, form) => page.RegisterAsync(context, form))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<AdminEndpoints>(Program + "/secret", (page, context, _) => page.RenewSecretAsync(context))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<AdminEndpoints>(Program + "/enabled", (page, context, form) => page.EnableAsync(context, form))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<AdminEndpoints>(Program + "/confirm", (page, context, _) => page.ConfirmAsync(context))
            .RequireCaller(Operation.Confirm);
        endpoints
            .MapPage<AdminEndpoints>(Devices, (page, context) => page.ListDevicesAsync(context))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<AdminEndpoints>(Devices + "/{device}/disable", (page, context, _) => page.DisableAsync(context))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapPage<AdminEndpoints>(Edges, (page, context) => page.ListEdgesAsync(context))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapPage<AdminEndpoints>(Shares, (page, context) => page.ListSharesAsync(context))
            .RequireCaller(Operation.Administer);
        endpoints
            .MapForm<AdminEndpoints>(Shares + "/end", (page, context, form) => page.EndShareAsync(context, form))
            .RequireCaller(Operation.Administer);
    }

    private Task ListProgramsAsync(HttpContext context) =>
        context.RenderAsync<ProgramsPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(ProgramsPage.Programs)] = policy.Registries.Programs.All.ToList(),
            }
        );

    private Task RegisterAsync(HttpContext context, SentForm form) =>
        ShowSecretAsync(
            context,
            () =>
                policy.Registries.Programs.RegisterAsync(
                    context.Grant(),
                    new RegisteredProgram
                    {
                        ClientId = form.Text("client", 64),
                        Rights = form.Choices<ProgramRights>("right")
                            .Aggregate(ProgramRights.None, (all, one) => all | one),
                    },
                    withSecret: true,
                    context.RequestAborted
                )
        );

    private Task RenewSecretAsync(HttpContext context) =>
        ShowSecretAsync(
            context,
            () =>
                policy.Registries.Programs.RenewSecretAsync(context.Grant(), ClientId(context), context.RequestAborted)
        );

    private async Task ShowSecretAsync(HttpContext context, Func<ValueTask<ProgramRegistration>> register)
    {
        ProgramRegistration? made = null;
        var notice = await PageNotices.AttemptAsync(async () =>
        {
            made = await register();
            return new PageNotice(AdminTexts.Changed);
        });
        if (made is not { Secret: { } secret })
        {
            await notices.CarryOutAsync(context, Programs, () => Task.FromResult(notice));
            return;
        }
        await context.RenderAsync<OncePage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(OncePage.Title)] = AdminTexts.Shown,
                [nameof(OncePage.Lead)] = AdminTexts.SecretLead.In(PagePreferences.Of(context.Request).Language),
                [nameof(OncePage.Items)] = new[]
                {
                    KeyValuePair.Create(AdminTexts.ClientId, made.Program.ClientId),
                    KeyValuePair.Create(AdminTexts.Secret, secret),
                },
                [nameof(OncePage.BackPath)] = Programs,
                [nameof(OncePage.BackText)] = AdminTexts.BackToPrograms,
            }
        );
    }

    private Task EnableAsync(HttpContext context, SentForm form) =>
        notices.CarryOutAsync(
            context,
            Programs,
            async () =>
            {
                await policy.Registries.Programs.SetEnabledAsync(
                    context.Grant(),
                    ClientId(context),
                    form.Text("enabled") == "yes",
                    context.RequestAborted
                );
                return new PageNotice(AdminTexts.Changed);
            }
        );

    private Task ConfirmAsync(HttpContext context) =>
        notices.CarryOutAsync(
            context,
            Programs,
            async () =>
            {
                await policy.Registries.Programs.ConfirmAsync(
                    context.Grant(),
                    ClientId(context),
                    context.RequestAborted
                );
                return new PageNotice(AdminTexts.Confirmed);
            }
        );

    private Task ListDevicesAsync(HttpContext context) =>
        context.RenderAsync<DevicesPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(DevicesPage.Devices)] = policy
                    .Devices.Current.All.OrderBy(device => device.Name, StringComparer.OrdinalIgnoreCase)
                    .ToList(),
                [nameof(DevicesPage.Now)] = clock.GetUtcNow(),
            }
        );

    private Task ListEdgesAsync(HttpContext context) =>
        context.RenderAsync<EdgesPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(EdgesPage.Edges)] = EdgeModel.AllOf(host),
                [nameof(EdgesPage.Now)] = clock.GetUtcNow(),
            }
        );

    private Task DisableAsync(HttpContext context) =>
        notices.CarryOutAsync(
            context,
            Devices,
            async () =>
            {
                await policy.DisableDeviceAsync(
                    context.Grant(),
                    context.GetRouteValue("device") as string ?? "",
                    context.RequestAborted
                );
                return new PageNotice(AdminTexts.Changed);
            }
        );

    private Task ListSharesAsync(HttpContext context) =>
        context.RenderAsync<SharesPage>(
            Visitors.Of(context),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                [nameof(SharesPage.Shares)] = policy.Registries.Shares.All.ToList(),
                [nameof(SharesPage.Now)] = clock.GetUtcNow(),
            }
        );

    private Task EndShareAsync(HttpContext context, SentForm form) =>
        notices.CarryOutAsync(
            context,
            Shares,
            async () =>
            {
                await policy.Registries.Shares.RevokeAsync(context.Grant(), form.Text("share"), context.RequestAborted);
                return new PageNotice(AdminTexts.ShareEnded);
            }
        );

    private static string ClientId(HttpContext context) => context.GetRouteValue("client") as string ?? "";
}
