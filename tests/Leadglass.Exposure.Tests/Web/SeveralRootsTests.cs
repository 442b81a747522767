using static Leadglass.Exposure.Tests.Web.WebDouble;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>One port, several roots, and not the same answer at each.</summary>
public sealed class SeveralRootsTests
{
    private const string OrthancRealm = "WWW-Authenticate: Basic realm=\"Orthanc Secure Area\"\r\n";

    [Fact]
    public async Task AnArchiveThatRefusesIsClosedThoughAGuessedPathFails()
    {
        await using var server = Of(request =>
            request.Path switch
            {
                "/" => Response(401, fields: OrthancRealm),
                "/dicom-web/studies" => Response(401),
                "/rs/studies" => Response(503),
                _ => NotFound,
            }
        );
        Assert.False((await FindingAsync(server)).QueryOpen);
    }

    [Fact]
    public async Task AnArchiveWhoseOwnRootFailsIsUnknownThoughAnotherPathRefuses()
    {
        await using var server = Of(request =>
            request.Path switch
            {
                "/" => Response(401, fields: OrthancRealm),
                "/dicom-web/studies" => Response(503),
                "/rs/studies" => Response(401),
                _ => NotFound,
            }
        );
        Assert.Null((await FindingAsync(server)).QueryOpen);
    }

    [Fact]
    public async Task ARefusedQueryBesideTotalsThatAreToldShowsNoRecord()
    {
        await using var server = Of(request =>
            request.Path switch
            {
                "/" => Response(401, fields: OrthancRealm),
                "/dicom-web/studies" => Response(401),
                "/statistics" => Response(
                    200,
                    "application/json",
                    """{"CountStudies":1200,"CountInstances":90000,"CountPatients":800,"CountSeries":5000}"""
                ),
                _ => NotFound,
            }
        );
        var finding = await FindingAsync(server, Rung.CountEndpoints);
        Assert.Contains(finding.Records!.Totals, total => total is { Unit: CountUnit.Studies, Value: 1200 });
        Assert.Equal((false, false), (finding.QueryOpen, finding.RecordsVisible));
        Assert.NotEqual("query", finding.Severity.Basis);
        Assert.DoesNotContain("could list", finding.Sentence.En, StringComparison.Ordinal);
    }

    private static async Task<Finding> FindingAsync(WebDouble server, Rung highest = Rung.NullQuery)
    {
        var seen = await WebTesting.ObserveAsync(server.Target, highest);
        var system = new ExposedSystem(server.Target.Address, [], [seen]);
        return Assert.IsType<Finding>(
            system.ToFinding(Products.BuiltIn.Identify(dicom: null, seen), null, isDevice: false)
        );
    }
}
