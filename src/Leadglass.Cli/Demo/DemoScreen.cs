using System.Globalization;
using Leadglass.Cli.CommandLine;
using Spectre.Console;

namespace Leadglass.Cli.Demo;

/// <summary>How the demonstration looks: colours and a moving bar on a terminal, plain lines when piped.</summary>
internal sealed class DemoScreen(Terminal terminal)
{
    private const int MarkWidth = 7;

    private int _chapter;

    /// <summary>The title.</summary>
    public void Open()
    {
        if (!terminal.IsInteractive)
        {
            terminal.Console.WriteLine("Leadglass: a medical image archive that cannot stand open");
            return;
        }

        terminal.Console.WriteLine();
        terminal.Console.Write(
            new Panel(
                new Markup(
                    "[bold]L E A D G L A S S[/]\n[grey]a medical image archive that cannot stand open[/]"
                ).Centered()
            )
            {
                Border = BoxBorder.Double,
                BorderStyle = new Style(Color.SteelBlue1),
                Padding = new Padding(6, 0),
            }
        );
    }

    /// <summary>A new part of the story.</summary>
    public void Chapter(string title)
    {
        _chapter++;
        terminal.Console.WriteLine();
        if (terminal.IsInteractive)
        {
            terminal.Console.Write(
                new Rule($"[bold steelblue1]{_chapter}[/]  [bold]{Markup.Escape(title)}[/]")
                {
                    Justification = Justify.Left,
                    Style = new Style(Color.Grey37),
                }
            );
        }
        else
        {
            terminal.Console.WriteLine($"{_chapter}. {title}");
        }
    }

    /// <summary>Something went as it should.</summary>
    public void Good(string text, string? detail = null) => Mark("[green]✓[/]", "ok", text, detail);

    /// <summary>Something did not.</summary>
    public void Bad(string text, string? detail = null) => Mark("[bold red]✗[/]", "FAILED", text, detail);

    /// <summary>A remark.</summary>
    public void Note(string text)
    {
        if (terminal.IsInteractive)
        {
            terminal.Console.MarkupLine($"    [grey]{Markup.Escape(text)}[/]");
        }
        else
        {
            terminal.Console.WriteLine($"     {text}");
        }
    }

    /// <summary>Rows under headings.</summary>
    public void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = terminal.IsInteractive ? TableBorder.Rounded : TableBorder.Ascii2 };
        table.BorderColor(Color.Grey37);
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(new Markup($"[bold]{Markup.Escape(heading)}[/]")));
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        }

        terminal.Console.Write(new Padder(table, new Padding(4, 0, 0, 0)));
    }

    /// <summary>Runs work that counts up to a total.</summary>
    public async Task ProgressAsync(string text, int total, Func<Action, Task> work)
    {
        if (!terminal.IsInteractive)
        {
            await work(static () => { });
            return;
        }

        await terminal
            .Console.Progress()
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .AutoClear(true)
            .StartAsync(async progress =>
            {
                var task = progress.AddTask(Markup.Escape(text), maxValue: total);
                await work(() => task.Increment(1));
            });
    }

    /// <summary>A number of bytes as a person reads it.</summary>
    public static string Size(long bytes) =>
        bytes >= 1024 * 1024
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB");

    private void Mark(string colourful, string plain, string text, string? detail)
    {
        if (!terminal.IsInteractive)
        {
            terminal.Console.WriteLine($"  {plain}: {text}{(detail is null ? string.Empty : $" ({detail})")}");
            return;
        }

        // A detail that does not fit beside its text stands below it.
        var isLong = detail is not null && text.Length + detail.Length + MarkWidth > terminal.Console.Profile.Width;
        var tail = detail is null ? string.Empty : $"{(isLong ? "\n    " : "  ")}[grey]{Markup.Escape(detail)}[/]";
        terminal.Console.MarkupLine($"  {colourful} {Markup.Escape(text)}{tail}");
    }
}
