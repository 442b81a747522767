namespace Leadglass.Interop.Tests;

/// <summary>
/// Some proofs have a short form, which every run of the tests takes, and a long one: <c>LEADGLASS_LONG=1 ./test</c>.
/// </summary>
public static class LongForm
{
    public static bool IsAsked { get; } = Environment.GetEnvironmentVariable("LEADGLASS_LONG") == "1";

    public static int Choose(int shortForm, int longForm) => IsAsked ? longForm : shortForm;
}
