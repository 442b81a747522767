using System.Buffers;
using System.Runtime.InteropServices;

namespace Leadglass.Dicom.Imaging.Workers;

/// <summary>Memory of a worker that goes back to the system at once.</summary>
internal sealed unsafe class NativeBuffer(int length) : MemoryManager<byte>
{
    private void* _bytes = NativeMemory.Alloc((nuint)Math.Max(1, length));

    public override Span<byte> GetSpan() => new(_bytes, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)_bytes + elementIndex);

    public override void Unpin() { }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }
}
