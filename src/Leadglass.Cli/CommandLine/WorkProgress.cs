using Spectre.Console;

namespace Leadglass.Cli.CommandLine;

/// <summary>How long work shows how far it is: a live line on a terminal, else a plain one every few seconds.</summary>
internal static class WorkProgress
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);

    /// <summary>Runs work that reports texts.</summary>
    /// <param name="isQuiet">Shows nothing, as for <c>--json</c>.</param>
    public static Task<T> RunAsync<T>(Terminal terminal, string what, bool isQuiet, Func<Action<string>, Task<T>> work)
    {
        if (isQuiet)
        {
            return work(static _ => { });
        }

        return terminal.IsInteractive
            ? terminal
                .Console.Status()
                .Spinner(Spinner.Known.Dots)
                .StartAsync(
                    Markup.Escape(what),
                    status => work(text => status.Status = Markup.Escape($"{what}: {text}"))
                )
            : work(Plain(terminal, what));
    }

    /// <summary>Hands values on where they are reported, without a thread of its own.</summary>
    public static IProgress<T> Of<T>(Action<T> report) => new Direct<T>(report);

    private static Action<string> Plain(Terminal terminal, string what)
    {
        var last = terminal.Clock.GetTimestamp();
        return text =>
        {
            if (terminal.Clock.GetElapsedTime(last) >= PlainInterval)
            {
                last = terminal.Clock.GetTimestamp();
                terminal.Error.WriteLine($"{what}: {text}");
            }
        };
    }

    private sealed class Direct<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
