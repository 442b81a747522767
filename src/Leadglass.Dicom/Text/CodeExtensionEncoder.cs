using System.Buffers;

namespace Leadglass.Dicom;

/// <summary>Encodes text with code extensions: the counterpart of <see cref="CodeExtensionDecoder"/>, to the letter of PS3.5 6.1.2.5.3.</summary>
internal sealed class CodeExtensionEncoder
{
    private readonly IReadOnlyList<GraphicSet> sets;
    private readonly GraphicSet? initialG1;
    private readonly ValueRepresentation vr;
    private readonly ArrayBufferWriter<byte> output = new();
    private GraphicSet g0;
    private GraphicSet? g1;

    /// <param name="sets">The declared sets; the first is the lower half that is active at first.</param>
    public CodeExtensionEncoder(IReadOnlyList<GraphicSet> sets, GraphicSet? initialG1, ValueRepresentation vr)
    {
        (this.sets, this.initialG1, this.vr) = (sets, initialG1, vr);
        (g0, g1) = (sets[0], initialG1);
    }

    public bool TryEncode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        foreach (var character in text)
        {
            if (EndsExtension(character))
            {
                Reset();
                output.Write([(byte)character]);
            }
            else if (character == '\x1B' || !TryWrite(character))
            {
                return false;
            }
        }

        Reset();
        bytes = output.WrittenSpan.ToArray();
        return true;
    }

    // A set that has the very character comes before one that reads its code as a similar one.
    private bool TryWrite(char character)
    {
        if (character == ' ' && !g0.IsDouble)
        {
            output.Write(" "u8);
            return true;
        }

        return TryWrite(character, isExact: true) || TryWrite(character, isExact: false);
    }

    private bool TryWrite(char character, bool isExact)
    {
        Span<byte> encoded = stackalloc byte[2];
        foreach (var set in (ReadOnlySpan<GraphicSet?>)[g0, g1, .. sets])
        {
            if (
                set is null
                || !set.TryEncode(character, encoded, out var length)
                || (isExact && set.Decode(encoded[0], encoded[1]) != character)
            )
            {
                continue;
            }

            if (set != g0 && set != g1)
            {
                Designate(set);
            }

            output.Write(encoded[..length]);
            return true;
        }

        return false;
    }

    private void Designate(GraphicSet set)
    {
        output.Write(set.Escape);
        if (set.IsG1)
        {
            g1 = set;
        }
        else
        {
            g0 = set;
        }
    }

    // PS3.5 6.1.2.5.3: the sets of the first term are active before line ends, other control characters, the end of a value
    // and the delimiters of names. Where it names no upper set, one that was designated counts as gone.
    private void Reset()
    {
        if (g0 != sets[0])
        {
            Designate(sets[0]);
        }

        if (initialG1 is null)
        {
            g1 = null;
        }
        else if (g1 != initialG1)
        {
            Designate(initialG1);
        }
    }

    private bool EndsExtension(char character) =>
        (character < ' ' && character != '\x1B')
        || (character == '\\' && vr.IsMultiValuedText)
        || (character is '^' or '=' && vr == ValueRepresentation.PN);
}
