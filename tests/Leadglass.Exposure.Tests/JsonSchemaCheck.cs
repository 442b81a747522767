using Leadglass.Testing;
using Leadglass.Testing.Processes;

namespace Leadglass.Exposure.Tests;

/// <summary>npm's ajv, an independent validator, over the schemas in <c>docs/</c>.</summary>
internal static class JsonSchemaCheck
{
    private static string Modules => Path.Combine(SharedData.CheckoutRoot, "artifacts", "npm");

    /// <summary>Fails the test with what the validator says where a document does not keep to its schema.</summary>
    /// <param name="schema">The file's name in <c>docs/</c>.</param>
    public static async Task AssertValidAsync(string schema, params string[] documents)
    {
        var result = await RunAsync(schema, documents);
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    /// <summary>Validates documents; exit code 1 and the mistakes on standard output where one is wrong.</summary>
    public static Task<ToolResult> RunAsync(string schema, params string[] documents)
    {
        if (!Directory.Exists(Path.Combine(Modules, "node_modules", "ajv")))
        {
            Assert.Skip("npm's ajv is not installed: tools/install-npm-peers.sh");
        }
        return Tool.RunAsync(
            "node",
            [
                Path.Combine(AppContext.BaseDirectory, "Peers", "ajv-validate.mjs"),
                Modules,
                Path.Combine(SharedData.CheckoutRoot, "docs", schema),
                .. documents,
            ]
        );
    }
}
