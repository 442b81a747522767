using System.Collections.Immutable;

namespace Leadglass.Exposure;

/// <summary>One mistake in a scope: where, what is wrong, what to write instead.</summary>
/// <param name="Line">The line, from 1; 0 where no line can be named.</param>
/// <param name="Text">One sentence for a person.</param>
public readonly record struct ScopeMistake(int Line, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Line is > 0 and < int.MaxValue ? $"line {Line}: {Text}" : Text;

    /// <summary>Whether the scope is well but not begun, or over.</summary>
    public bool IsOutOfTime { get; init; }
}

/// <summary>A scope that cannot be used. It names every mistake, not only the first; nothing was probed.</summary>
public sealed class ScopeException : Exception
{
    internal ScopeException(string source, IEnumerable<ScopeMistake> mistakes)
        : this(source, [.. mistakes.OrderBy(mistake => mistake.Line)]) { }

    private ScopeException(string source, ImmutableArray<ScopeMistake> mistakes)
        : base(string.Join(Environment.NewLine, mistakes.Select(mistake => $"{source}: {mistake}")))
    {
        Mistakes = mistakes;
        Lines = [.. mistakes.Select(mistake => $"{source}: {mistake}")];
    }

    /// <summary>The mistakes, in the order of their lines.</summary>
    public ImmutableArray<ScopeMistake> Mistakes { get; }

    /// <summary>Whether the scope is well, but not begun or over.</summary>
    public bool IsOutOfTime => Mistakes.All(mistake => mistake.IsOutOfTime);

    /// <summary>The mistakes as lines for a person, each with the file's name.</summary>
    public ImmutableArray<string> Lines { get; }
}
