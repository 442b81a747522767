namespace Leadglass.Interop.Tests.Exposure;

/// <summary>One lab of products for all tests that audit them; they run one after the other, and beside nothing else.</summary>
[CollectionDefinition(nameof(ProductLabFixture), DisableParallelization = true)]
public sealed class ProductLabCollection : ICollectionFixture<ProductLabFixture>;

/// <summary>Starts the products once: all of them in the long form, one of each kind otherwise.</summary>
public sealed class ProductLabFixture : IAsyncLifetime
{
    private ProductLab? lab;
    private string? absent;

    /// <summary>The lab; skips the test where none can be made here.</summary>
    public ProductLab Lab
    {
        get
        {
            Assert.SkipWhen(absent is not null, absent ?? "");
            return lab ?? throw new InvalidOperationException("not started");
        }
    }

    public async ValueTask InitializeAsync()
    {
        absent = await ProductLab.WhyNotAsync();
        lab = absent is null ? await ProductLab.StartAsync(LongForm.IsAsked) : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (lab is not null)
        {
            await lab.DisposeAsync();
        }
    }
}
