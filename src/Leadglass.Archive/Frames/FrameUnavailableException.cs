namespace Leadglass.Archive;

/// <summary>
/// A frame cannot be given by itself: the fragments of a compressed stream do not say where it begins, or the pixel data
/// is shorter than its attributes say.
/// </summary>
public sealed class FrameUnavailableException(string message) : Exception(message);
