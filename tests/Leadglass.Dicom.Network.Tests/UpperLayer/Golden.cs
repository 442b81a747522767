using System.Globalization;

namespace Leadglass.Dicom.Network.Tests.UpperLayer;

/// <summary>Bytes written down with what they mean: hexadecimal digits, <c>'text'</c>, and <c>#</c> before a remark.</summary>
internal static class Golden
{
    public static byte[] Bytes(string annotated)
    {
        var bytes = new List<byte>();
        foreach (var line in annotated.Split('\n'))
        {
            var text = line.Split('#')[0];
            for (var i = 0; i < text.Length; i++)
            {
                if (text[i] == '\'')
                {
                    var end = text.IndexOf('\'', i + 1);
                    bytes.AddRange(text[(i + 1)..end].Select(character => (byte)character));
                    i = end;
                }
                else if (char.IsAsciiHexDigit(text[i]))
                {
                    bytes.Add(byte.Parse(text.AsSpan(i, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i++;
                }
            }
        }

        return [.. bytes];
    }
}
