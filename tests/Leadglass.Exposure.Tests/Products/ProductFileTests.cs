namespace Leadglass.Exposure.Tests;

public sealed class ProductFileTests
{
    [Fact]
    public void EveryProductThatIsOneHasAdviceInBothLanguages()
    {
        Assert.All(
            AdviceFile.BuiltIn.All,
            advice =>
            {
                Assert.NotEmpty(advice.Steps);
                Assert.NotEmpty(advice.Logs);
                Assert.All(advice.Steps, step => Assert.NotEqual(step.Text.In("en"), step.Text.In("de")));
                Assert.All(advice.Logs, log => Assert.NotEqual(log.Text.In("en"), log.Text.In("de")));
            }
        );
        var archives = FingerprintFile
            .BuiltIn.Products.Where(one => one.Kind == ProductKind.Archive)
            .Select(one => one.Id);
        Assert.Subset(AdviceFile.BuiltIn.All.Select(one => one.ProductId).ToHashSet(), archives.ToHashSet());
        Assert.Equal("generic", AdviceFile.BuiltIn.For(ProductIdentification.Unknown).ProductId);
    }

    [Fact]
    public void AdviceNamesFingerprintsThatExist()
    {
        var known = FingerprintFile.BuiltIn.Products.Select(one => one.Id).Append("generic").ToHashSet();
        Assert.All(AdviceFile.BuiltIn.All, advice => Assert.Contains(advice.ProductId, known));
        Assert.All(
            FingerprintFile.BuiltIn.Products.Where(one => one.BuiltOn is not null),
            one => Assert.Contains(one.BuiltOn!, known)
        );
    }

    [Fact]
    public void AUsersFileAddsAndOverrides()
    {
        var file = FingerprintFile.Parse(
            """
            format: 1
            roots: [/images/web]
            products:
              - id: orthanc
                name: Orthanc of the ward
                kind: archive
                source: our own
                signs: [{ kind: title, equals: Ward images, weight: 0.9 }]
              - id: ours
                name: Ours
                kind: archive
                source: our own
                ae-titles: [OURS]
                signs: [{ kind: dicom-version, prefix: OURS_, weight: 0.9, version: true }]
            """,
            "ours.yaml",
            FingerprintFile.BuiltIn
        );
        Assert.Equal(FingerprintFile.BuiltIn.Products.Count + 1, file.Products.Count);
        Assert.Equal("Orthanc of the ward", file.Products.Single(one => one.Id == "orthanc").Name);
        Assert.Contains("/images/web", file.Roots);
        var told = new Products(file).Identify(
            new DicomObservation
            {
                Target = new ProbeTarget(System.Net.IPAddress.Loopback, 104),
                SpeaksDicom = true,
                ImplementationVersionName = "OURS_2.1",
            },
            web: null
        );
        Assert.Equal(("Ours", "2.1"), (told.Product, told.Version));
        Assert.Equal(["OURS"], new Products(file).HintFor(told)!.PublishedAeTitles);
    }

    [Fact]
    public void AllMistakesAreToldWithTheirLines()
    {
        var mistaken = Assert.Throws<ProductFileException>(() =>
            FingerprintFile.Parse(
                """
                format: 2
                colour: red
                roots: [no-slash, /a/../b]
                products:
                  - id: Has Blanks
                    name: X
                    kind: fridge
                    source: s
                    ae-titles: [A TITLE THAT IS FAR TOO LONG]
                    signs:
                      - { kind: smell, equals: x, weight: 0.5 }
                      - { kind: title, equals: x, prefix: y, weight: 0.5 }
                      - { kind: title, equals: x, weight: 7 }
                      - { kind: title, equals: x, weight: 0.5, version: true }
                """,
                "mistaken.yaml",
                below: null
            )
        );
        Assert.Equal(
            new[] { "2", "1", "3", "3", "5", "7", "9", "11", "12", "13", "14" }.Order(StringComparer.Ordinal),
            mistaken.Mistakes.Select(one => one.Split(' ', ':')[1]).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("[")]
    [InlineData("a: &x 1\nb: *x")]
    [InlineData("a: !!binary aGVsbG8=")]
    [InlineData("format: 1\nformat: 1")]
    [InlineData("format: 1\n---\nformat: 1")]
    [InlineData("- just\n- a list")]
    [InlineData("? [a]\n: b")]
    public void WhatIsNoSuchFileIsAMistakeAndNothingElse(string text) =>
        Assert.NotEmpty(
            Assert.Throws<ProductFileException>(() => FingerprintFile.Parse(text, "x.yaml", below: null)).Mistakes
        );

    [Fact]
    public void DepthIsBounded() =>
        Assert.NotEmpty(
            Assert
                .Throws<ProductFileException>(() =>
                    FingerprintFile.Parse(new string('[', 20_000), "x.yaml", below: null)
                )
                .Mistakes
        );

    [Fact]
    public void AFileThatIsNotThereSaysSo() =>
        Assert.Contains(
            "cannot be read",
            Assert.Throws<ProductFileException>(() => FingerprintFile.Read("/nonexistent/x.yaml")).Message,
            StringComparison.Ordinal
        );
}
