using System.Buffers;

namespace Leadglass.Dicom.Web;

/// <summary>
/// What may part the parts (RFC 2046 5.1.1, which allows 70 characters). Orthanc's DICOMweb plug-in sends 73, so up to 128
/// are read; ours have fewer than 70.
/// </summary>
internal static class MultipartBoundary
{
    public const int LengthMax = 128;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'()+_,-./:=? "
    );

    public static bool IsValid(ReadOnlySpan<char> boundary) =>
        boundary.Length is > 0 and <= LengthMax && boundary[^1] != ' ' && boundary.IndexOfAnyExcept(Allowed) < 0;
}
