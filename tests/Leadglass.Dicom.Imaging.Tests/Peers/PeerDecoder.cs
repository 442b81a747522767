using Leadglass.Testing.Processes;

namespace Leadglass.Dicom.Imaging.Tests.Peers;

/// <summary>Has DCMTK or GDCM decode a file.</summary>
internal static class PeerDecoder
{
    public static bool IsInstalled => Tool.IsInstalled("dcmdjpeg") && Tool.IsInstalled("gdcmconv");

    /// <summary>The decoded data set, by DCMTK where it has a decoder, else by GDCM; null where both refuse.</summary>
    public static async Task<DataSet?> DecodeAsync(TransferSyntax syntax, string path, string target)
    {
        var (tool, arguments) = Command(syntax.Uid, path, target);
        return await RunAsync(tool, arguments, target) ?? await RunAsync("gdcmconv", ["--raw", path, target], target);
    }

    private static async Task<DataSet?> RunAsync(string tool, string[] arguments, string target)
    {
        File.Delete(target);
        var result = await Tool.RunAsync(tool, arguments);
        return result.ExitCode == 0 && File.Exists(target)
            ? DicomFile.Read(await File.ReadAllBytesAsync(target)).DataSet
            : null;
    }

    private static (string Tool, string[] Arguments) Command(string uid, string path, string target) =>
        uid switch
        {
            "1.2.840.10008.1.2.5" => ("dcmdrle", [path, target]),
            "1.2.840.10008.1.2.4.80" or "1.2.840.10008.1.2.4.81" => ("dcmdjpls", [path, target]),
            "1.2.840.10008.1.2.4.50"
            or "1.2.840.10008.1.2.4.51"
            or "1.2.840.10008.1.2.4.53"
            or "1.2.840.10008.1.2.4.55"
            or "1.2.840.10008.1.2.4.57"
            or "1.2.840.10008.1.2.4.70" => ("dcmdjpeg", [path, target]),
            _ => ("gdcmconv", ["--raw", path, target]),
        };
}
