using System.Runtime.CompilerServices;
using System.Text;

namespace Leadglass.Interop.Tests;

internal static class CodePages
{
    /// <summary>Test instances are written in character sets that only the code pages provider has.</summary>
    [ModuleInitializer]
    internal static void Register() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
}
