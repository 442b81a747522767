using Leadglass.Testing;
using Leadglass.Tools.Dictionary;

namespace Leadglass.Dicom.Tests.Dictionary;

public sealed class GeneratedSourcesTests
{
    [Fact]
    public void The_generated_files_are_what_the_tables_give_today()
    {
        foreach (var (file, text) in GeneratedSources.FromCheckout(SharedData.CheckoutRoot))
        {
            Assert.True(
                text == File.ReadAllText(Path.Combine(SharedData.CheckoutRoot, file)),
                $"{file} differs: run dotnet run --project tools/Leadglass.Tools.Dictionary"
            );
        }
    }
}
