namespace Leadglass.Fuzz.Tests;

/// <summary>One after the other: some count what the whole process allocates.</summary>
[CollectionDefinition(nameof(Fuzz))]
public sealed class Fuzz;
