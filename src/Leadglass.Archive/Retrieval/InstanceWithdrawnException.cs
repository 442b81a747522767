namespace Leadglass.Archive;

/// <summary>An instance was rejected, or its study became one that the grant does not cover, after it had been selected.</summary>
public sealed class InstanceWithdrawnException()
    : Exception("the instance was withdrawn after it had been selected: ask again for what there is");
