using System.Buffers;

namespace Leadglass.Dicom;

/// <summary>
/// Replaces text attributes of the outermost level of a data set while it streams past, and leaves others out; everything
/// else passes byte for byte. Memory is bounded by what is replaced, whatever the length.
/// </summary>
/// <remarks>
/// The texts are written in the character set of the data set. Where that cannot say them, it is extended by one that can
/// (PS3.5 6.1.2.5), so that all other text keeps its bytes; a default one becomes UTF-8.
/// </remarks>
public sealed class AttributeReplacement
{
    private const int CharacterSetBytesMax = 1024;

    private readonly TransferSyntax _syntax;
    private readonly DataSetTokenizer _tokenizer;
    private readonly IBufferWriter<byte> _output;
    private readonly Func<DicomTag, bool> _isLeftOut;
    private readonly Queue<KeyValuePair<DicomTag, string>> _waiting;
    private readonly string[] _texts;
    private readonly ArrayBufferWriter<byte> _characterSet = new();
    private readonly byte[] _carry = new byte[DataSetTokenizer.HeaderLengthMax * 2];
    private IReadOnlyList<string>? _terms;
    private int _carryLength;
    private Passage _passage;

    /// <param name="syntax">How the data set is encoded; not deflated.</param>
    /// <param name="texts">What is written, in place of what was there or beside it; an empty text is an empty value.</param>
    /// <param name="isLeftOut">Which attributes of the outermost level do not pass.</param>
    /// <exception cref="ArgumentException">The syntax is deflated.</exception>
    public AttributeReplacement(
        TransferSyntax syntax,
        IReadOnlyDictionary<DicomTag, string> texts,
        Func<DicomTag, bool> isLeftOut,
        IBufferWriter<byte> output,
        ReadLimits? limits = null
    )
    {
        if (syntax.IsDeflated)
        {
            throw new ArgumentException("A deflated data set is to be inflated first.", nameof(syntax));
        }

        (_syntax, _output) = (syntax, output);
        _waiting = new(texts.OrderBy(pair => pair.Key));
        _texts = [.. texts.Values];
        _isLeftOut = tag => texts.ContainsKey(tag) || isLeftOut(tag);
        _tokenizer = new DataSetTokenizer(syntax, limits ?? ReadLimits.Default, length: null);
    }

    private enum Passage
    {
        Passes,
        IsLeftOut,
        IsCharacterSet,
    }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="DicomFormatException">It is no data set, or exceeds a limit.</exception>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            if (_tokenizer.ValueRemaining > 0)
            {
                var piece = bytes[..(int)Math.Min(bytes.Length, _tokenizer.ValueRemaining)];
                _tokenizer.ConsumeValue(piece.Length);
                Pass(piece);
                bytes = bytes[piece.Length..];
                if (_tokenizer.ValueRemaining > 0)
                {
                    return;
                }
            }

            var carried = _carryLength;
            var window = bytes;
            if (carried > 0)
            {
                var count = Math.Min(bytes.Length, DataSetTokenizer.HeaderLengthMax);
                bytes[..count].CopyTo(_carry.AsSpan(carried));
                window = _carry.AsSpan(0, carried + count);
            }

            var before = _tokenizer.Position;
            var isOutermost = _tokenizer.Depth == 0;
            var token = _tokenizer.Read(window, isFinal: false);
            if (token == DataSetToken.NeedMoreData)
            {
                window.CopyTo(_carry);
                _carryLength = window.Length;
                return;
            }

            var header = window[..(int)(_tokenizer.Position - before)];
            if (isOutermost)
            {
                Begin(_tokenizer.Tag);
            }

            Pass(header);
            _carryLength = 0;
            bytes = bytes[(header.Length - carried)..];
        }
    }

    /// <summary>
    /// Says that nothing more comes, or nothing more that is to be replaced: writes what is still to be written.
    /// </summary>
    /// <exception cref="DicomFormatException">It ends in the middle of a value or header.</exception>
    public void Complete()
    {
        if (_tokenizer.ValueRemaining > 0 || _carryLength > 0)
        {
            throw _tokenizer.Malformed("The data set ends inside an attribute", "PS3.5 7.1.1");
        }

        WriteUpTo(new DicomTag(0xFFFF, 0xFFFF));
    }

    private void Begin(DicomTag tag)
    {
        WriteUpTo(tag);
        _passage =
            tag == DicomTag.SpecificCharacterSet && _terms is null ? Passage.IsCharacterSet
            : _isLeftOut(tag) || tag.IsGroupLength ? Passage.IsLeftOut
            : Passage.Passes;
    }

    private void Pass(ReadOnlySpan<byte> bytes)
    {
        switch (_passage)
        {
            case Passage.Passes:
                _output.Write(bytes);
                break;
            case Passage.IsCharacterSet when _characterSet.WrittenCount + bytes.Length <= CharacterSetBytesMax:
                _characterSet.Write(bytes);
                break;
            case Passage.IsCharacterSet:
                throw _tokenizer.Malformed("Specific Character Set is too long", "PS3.5 6.1.2.3");
            default:
                break;
        }
    }

    /// <summary>Writes what belongs before an attribute.</summary>
    private void WriteUpTo(DicomTag tag)
    {
        if (_terms is null && tag > DicomTag.SpecificCharacterSet)
        {
            WriteCharacterSet();
        }

        while (_waiting.TryPeek(out var next) && next.Key <= tag)
        {
            _waiting.Dequeue();
            Write(next.Key, next.Value);
        }
    }

    private void WriteCharacterSet()
    {
        var form = _tokenizer.IsTopLevelImplicit ? TransferSyntax.ImplicitVrLittleEndian : _syntax;
        var stored = DataSetReader.Read(new ReadOnlySequence<byte>(_characterSet.WrittenMemory), form);
        var terms = stored.CharacterSet.DefinedTerms;
        _terms = Extended(terms);
        if (ReferenceEquals(_terms, terms))
        {
            _output.Write(_characterSet.WrittenSpan);
        }
        else
        {
            var characterSet = new DataSet();
            characterSet.SetString(DicomTag.SpecificCharacterSet, [.. _terms]);
            DataSetWriter.Write(characterSet, form, _output);
        }
    }

    private void Write(DicomTag tag, string text)
    {
        var element = new DataSet();
        if (text.Length == 0)
        {
            element.SetEmpty(tag);
        }
        else
        {
            element.SetString(DicomTag.SpecificCharacterSet, [.. _terms!]);
            element.SetString(tag, CanSay(_terms!, text) ? text : Plain(text));
            element.Remove(DicomTag.SpecificCharacterSet);
        }

        DataSetWriter.Write(
            element,
            _tokenizer.IsTopLevelImplicit ? TransferSyntax.ImplicitVrLittleEndian : _syntax,
            _output
        );
    }

    /// <summary>The terms themselves where they can say all texts; else with one more.</summary>
    private IReadOnlyList<string> Extended(IReadOnlyList<string> terms)
    {
        if (CanSayAll(terms))
        {
            return terms;
        }

        if (terms.All(term => term.Length == 0))
        {
            return ["ISO_IR 192"];
        }

        string[] extensible =
        [
            .. terms.Select(term =>
                term.StartsWith("ISO_IR ", StringComparison.Ordinal) ? $"ISO 2022 IR {term["ISO_IR ".Length..]}" : term
            ),
        ];
        return Extensions
                .Select(number => (IReadOnlyList<string>)[.. extensible, $"ISO 2022 IR {number}"])
                .FirstOrDefault(CanSayAll)
            ?? terms;
    }

    // PS3.3 C.12.1.1.2, those with code extensions.
    private static IEnumerable<int> Extensions =>
        [100, 101, 109, 110, 203, 144, 126, 138, 127, 148, 166, 13, 87, 159, 149, 58];

    private bool CanSayAll(IReadOnlyList<string> terms) => Array.TrueForAll(_texts, text => CanSay(terms, text));

    private static bool CanSay(IReadOnlyList<string> terms, string text) =>
        SpecificCharacterSet.Parse(terms).TryEncode(text, ValueRepresentation.PN, out _);

    private static string Plain(string text) =>
        string.Concat(text.Select(letter => char.IsAscii(letter) ? letter : '?'));
}
