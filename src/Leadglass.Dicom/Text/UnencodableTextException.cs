namespace Leadglass.Dicom;

/// <summary>A text has characters that the data set's character sets lack. Does not say which: text may be a name.</summary>
public sealed class UnencodableTextException : Exception
{
    public UnencodableTextException(ValueRepresentation vr, IReadOnlyList<string> definedTerms)
        : base(
            vr.UsesSpecificCharacterSet
                ? $"A value of VR {vr.Code} has characters that {Describe(definedTerms)} cannot write; "
                    + "ISO_IR 192 can (PS3.3 C.12.1.1.2)."
                : $"A value of VR {vr.Code} has characters beyond ASCII (PS3.5 6.2)."
        )
    {
        Vr = vr;
        DefinedTerms = definedTerms;
    }

    public ValueRepresentation Vr { get; }

    /// <summary>The sets that were to hold it.</summary>
    public IReadOnlyList<string> DefinedTerms { get; }

    private static string Describe(IReadOnlyList<string> definedTerms)
    {
        var known = definedTerms.Where(term => CharacterSetTerm.Parse(term) is not null).ToList();
        return known.Count == 0 ? "the default repertoire" : string.Join('\\', known);
    }
}
