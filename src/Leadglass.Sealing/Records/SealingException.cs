namespace Leadglass.Sealing;

/// <summary>Something sealed cannot be opened. Messages name positions and ids, never contents.</summary>
public abstract class SealingException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// What was sealed is not what is there: a bit flipped, a part cut off, moved, or put together from others.
/// </summary>
public sealed class SealBrokenException(string message, Exception? inner = null) : SealingException(message, inner);

/// <summary>The bytes are not of this format or of a version that this program does not know.</summary>
public sealed class SealedFormatException(string message) : SealingException(message);

/// <summary>The master key given is not the one that this was sealed under.</summary>
public sealed class WrongMasterKeyException(KeyId expected, KeyId given)
    : SealingException(
        $"sealed under master key {expected}, but the key given is {given}: give the folder of the right keys with --keys"
    )
{
    /// <summary>The master key that is needed.</summary>
    public KeyId Expected { get; } = expected;

    /// <summary>The master key that was given.</summary>
    public KeyId Given { get; } = given;
}

/// <summary>The keyring does not hold this key: it was destroyed, or never made here.</summary>
public sealed class KeyUnavailableException(KeyId id, bool destroyed)
    : SealingException(
        destroyed
            ? $"key {id} was destroyed: what it sealed is erased"
            : $"key {id} is not in the keyring: the keyring is older than the packs, or of another archive"
    )
{
    /// <summary>The key asked for.</summary>
    public KeyId Id { get; } = id;

    /// <summary>Whether it was destroyed on purpose.</summary>
    public bool IsDestroyed { get; } = destroyed;
}
