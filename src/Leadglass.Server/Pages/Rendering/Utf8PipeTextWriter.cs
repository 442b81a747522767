using System.Buffers;
using System.Text;

namespace Leadglass.Server.Pages.Rendering;

/// <summary>Writes text as UTF-8 into a buffer, without a string of the whole page in between.</summary>
internal sealed class Utf8PipeTextWriter(IBufferWriter<byte> buffer) : TextWriter
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly Encoder _encoder = Utf8.GetEncoder();

    public override Encoding Encoding => Utf8;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> value) => _encoder.Convert(value, buffer, flush: false, out _, out _);
}
