using System.IO.Pipelines;

namespace Leadglass.Archive;

/// <summary>Where the frames of one instance lie.</summary>
internal interface IFramePlaces
{
    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>Bytes of a frame, from 1, as it leaves.</summary>
    ValueTask<long> LengthAsync(int frame, CancellationToken cancellationToken);

    /// <summary>Writes a frame, from 1, and reads nothing else of the pixel data.</summary>
    ValueTask CopyAsync(int frame, PipeWriter sink, CancellationToken cancellationToken);
}

/// <summary>Bytes of the pixel data: the value of a native one, the items of an encapsulated one.</summary>
internal interface IPixelSource
{
    /// <summary>How many there are.</summary>
    long Length { get; }

    /// <summary>Fills the buffer from an offset.</summary>
    /// <exception cref="FrameUnavailableException">There are fewer bytes.</exception>
    ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken);
}
