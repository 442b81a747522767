using System.Net;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Edge;

/// <summary>The scanners that the archive listed, as last heard; kept on disk so that the edge works without a link.</summary>
internal sealed class ScannerDirectory
{
    private const string FileName = "scanners.json";
    private readonly IDurableFolder _folder;
    private volatile ScannerList _list;

    public ScannerDirectory(IDurableFolder folder)
    {
        _folder = folder;
        var content = EdgeFiles.Read(folder, FileName);
        try
        {
            _list = content is null
                ? ScannerList.Empty
                : WireJson.Read(content, WireJson.Default.ScannerList).Checked();
        }
        catch (EdgeWireException damage)
        {
            throw new EdgeConfigurationException(
                $"{FileName} is damaged: delete it, the archive sends it again",
                damage
            );
        }
    }

    /// <summary>The list now.</summary>
    public ScannerList Current => _list;

    /// <summary>Whether anybody listed calls from there.</summary>
    public bool IsListed(IPAddress address) => _list.Scanners.Any(scanner => scanner.CallsFrom(address));

    /// <summary>The scanner that calls from there under this title; null when none does.</summary>
    public ScannerEntry? Find(IPAddress address, AeTitle title) =>
        _list.Scanners.FirstOrDefault(scanner =>
            scanner.AeTitles.Contains(title.Value, StringComparer.Ordinal) && scanner.CallsFrom(address)
        );

    /// <summary>The entry of this name; null when it is not listed any more.</summary>
    public ScannerEntry? Find(string name) => _list.Scanners.FirstOrDefault(scanner => scanner.Name == name);

    /// <summary>Takes a new list from the archive, durably.</summary>
    /// <exception cref="EdgeWireException">It makes no sense; the one before stays.</exception>
    public void Replace(ScannerList list)
    {
        Save(_folder, list.Checked());
        _list = list;
    }

    public static void Save(IDurableFolder folder, ScannerList list) =>
        EdgeFiles.Replace(folder, FileName, WireJson.Write(list, WireJson.Default.ScannerList));
}
