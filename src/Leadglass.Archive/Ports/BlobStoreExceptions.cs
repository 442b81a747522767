namespace Leadglass.Archive;

/// <summary>The storage has no room for a write. Nothing of the write is kept; it may be tried again.</summary>
public sealed class BlobStoreFullException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>
/// A flush failed, so what reached the disk is unknown: the store takes nothing more until it is opened again and has
/// read back what is there.
/// </summary>
public sealed class BlobStorePoisonedException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>Bytes that were committed are missing or not what was written.</summary>
public sealed class BlobDamagedException(string message, Exception? inner = null) : IOException(message, inner);
