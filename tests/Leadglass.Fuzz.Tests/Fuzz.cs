namespace Leadglass.Fuzz.Tests;

/// <summary>One after the other, with nothing beside: some count what the whole process allocates.</summary>
[CollectionDefinition(nameof(Fuzz), DisableParallelization = true)]
public sealed class Fuzz;
