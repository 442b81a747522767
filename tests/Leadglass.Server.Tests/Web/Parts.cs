using System.Text;

namespace Leadglass.Server.Tests.Web;

/// <summary>A multipart body taken apart by its boundary: an own reader, so that the server's does not judge itself.</summary>
internal sealed record Part(string Headers, byte[] Body)
{
    public static async Task<IReadOnlyList<Part>> OfAsync(HttpResponseMessage answer)
    {
        var boundary = answer
            .Content.Headers.ContentType!.Parameters.Single(p => p.Name == "boundary")
            .Value!.Trim('"');
        return Of(await answer.Content.ReadAsByteArrayAsync(), boundary);
    }

    private static List<Part> Of(byte[] body, string boundary)
    {
        var delimiter = Encoding.ASCII.GetBytes($"--{boundary}");
        var parts = new List<Part>();
        var place = body.AsSpan().IndexOf(delimiter);
        Assert.Equal(0, place);
        while (true)
        {
            place += delimiter.Length;
            if (body.AsSpan(place).StartsWith("--"u8))
            {
                Assert.Equal("--\r\n", Encoding.ASCII.GetString(body.AsSpan(place)));
                return parts;
            }

            Assert.True(body.AsSpan(place).StartsWith("\r\n"u8));
            var headers = body.AsSpan(place).IndexOf("\r\n\r\n"u8);
            var start = place + headers + 4;
            var length = body.AsSpan(start).IndexOf([.. "\r\n"u8, .. delimiter]);
            Assert.True(length >= 0, "a part does not end");
            parts.Add(
                new Part(Encoding.ASCII.GetString(body.AsSpan(place + 2, headers)), body[start..(start + length)])
            );
            place = start + length + 2;
        }
    }
}
