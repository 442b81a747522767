namespace Leadglass.Dicom.Network;

/// <summary>What a presentation data value is a fragment of (PS3.8 E.2).</summary>
[Flags]
internal enum MessageControlHeader : byte
{
    DataSet = 0,
    Command = 1,
    Last = 2,
}
