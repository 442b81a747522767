namespace Leadglass.Dicom;

/// <summary>What <see cref="DataSetTokenizer"/> found.</summary>
internal enum DataSetToken
{
    /// <summary>The window ends inside a header: come again with more.</summary>
    NeedMoreData,

    /// <summary>An element whose value of <see cref="DataSetTokenizer.ValueLength"/> bytes follows.</summary>
    Value,
    SequenceStart,
    ItemStart,
    ItemEnd,
    SequenceEnd,

    /// <summary>An element whose value is fragments (PS3.5 A.4).</summary>
    FragmentsStart,

    /// <summary>A fragment whose bytes follow; the first one is the basic offset table.</summary>
    Fragment,
    FragmentsEnd,

    /// <summary>The data set is complete.</summary>
    End,
}
