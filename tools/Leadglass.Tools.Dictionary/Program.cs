using Leadglass.Tools.Dictionary;

var root = args.Length == 1 ? args[0] : Directory.GetCurrentDirectory();
if (!File.Exists(Path.Combine(root, "Leadglass.slnx")))
{
    await Console.Error.WriteLineAsync("usage: Leadglass.Tools.Dictionary [CHECKOUT]   (no Leadglass.slnx there)");
    return 2;
}

foreach (var (file, text) in GeneratedSources.FromCheckout(root))
{
    var path = Path.Combine(root, file);
    await File.WriteAllTextAsync(path, text);
    Console.WriteLine(path);
}

return 0;
