using System.Text.RegularExpressions;
using Leadglass.Testing;
using static Leadglass.Exposure.Tests.Web.WebDouble;

namespace Leadglass.Exposure.Tests.Web;

/// <summary>The table of requests in the documentation is what the probe asks for, at those rungs and no lower ones.</summary>
public sealed partial class WebRequestTableTests
{
    private const string Orthanc = "{\"ApiVersion\":16,\"DicomAet\":\"ORTHANC\",\"Version\":\"1.10.1\"}";

    [Theory]
    [InlineData("orthanc", true)]
    [InlineData("orthanc", false)]
    [InlineData("dcm4chee", true)]
    [InlineData("viewer", true)]
    [InlineData("anything", true)]
    [InlineData("refusing", true)]
    public async Task EveryRequestStandsInTheTable(string kind, bool hasDicomWeb)
    {
        var rows = Rows();
        foreach (
            var highest in (Rung[])[Rung.Identify, Rung.Echo, Rung.NullQuery, Rung.NullRetrieve, Rung.CountEndpoints]
        )
        {
            await using var server = Of(request => Play(kind, hasDicomWeb, request));
            await WebTesting.ObserveAsync(server.Target, highest);
            Assert.NotEmpty(server.Requests);
            Assert.All(
                server.Requests,
                request =>
                    Assert.Contains(
                        rows,
                        row =>
                            row.Rung <= (int)highest
                            && row.Method == request.Method
                            && row.Path.IsMatch(request.PathAndQuery)
                    )
            );
        }
    }

    private static string Play(string kind, bool hasDicomWeb, SeenRequest request) =>
        (kind, request.PathAndQuery) switch
        {
            ("orthanc", "/") => Response(301, fields: "Location: app/explorer.html\r\n"),
            ("orthanc", "/system") => Response(200, "application/json", Orthanc),
            ("orthanc", "/statistics") => Response(200, "application/json", "{\"CountStudies\":1}"),
            ("orthanc", "/studies?since=4294967295&limit=1") => Response(200, "application/json", "[]"),
            ("dcm4chee", "/dcm4chee-arc/aets") => Response(200, "application/json", "[{\"dicomAETitle\":\"A\"}]"),
            ("viewer", "/") => Response(200, "text/html", "<script src=app-config.js></script>"),
            ("viewer", "/app-config.js") => Response(200, "text/javascript", "qidoRoot: \"/x/y\""),
            ("anything", _) => Response(200, "application/dicom+json", "[]"),
            ("refusing", _) => Response(401),
            _ when hasDicomWeb && request.Path.EndsWith("/studies", StringComparison.Ordinal) => Response(
                200,
                "application/dicom+json",
                "[]"
            ),
            _ => NotFound,
        };

    private static List<(int Rung, string Method, Regex Path)> Rows()
    {
        List<(int, string, Regex)> rows = [];
        foreach (var line in File.ReadLines(Path.Combine(SharedData.CheckoutRoot, "docs", "auditing.md")))
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length < 5 || !RungCell().IsMatch(cells[1]) || !cells[2].Contains('`', StringComparison.Ordinal))
            {
                continue;
            }

            var method = cells[2].StartsWith("HEAD", StringComparison.Ordinal) ? "HEAD" : "GET";
            foreach (Match path in Quoted().Matches(cells[2]))
            {
                rows.Add((cells[1][0] - '0', method, Pattern(path.Groups["path"].Value, cells[2])));
            }
        }

        Assert.True(rows.Count >= 15);
        return rows;
    }

    private static Regex Pattern(string path, string cell)
    {
        var any = cell.Contains("where it leads", StringComparison.Ordinal) ? "(app/explorer\\.html)?" : "";
        var text = Regex.Escape(path).Replace("RANDOM", "[0-9a-f-]+", StringComparison.Ordinal);
        return new Regex(
            $"^{text.Replace("ROOT", "(/[A-Za-z0-9_-]+)+", StringComparison.Ordinal)}{any}$",
            RegexOptions.None,
            TimeSpan.FromSeconds(5)
        );
    }

    [GeneratedRegex("^[0-6]a?$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex RungCell();

    [GeneratedRegex("`(?<path>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Quoted();
}
