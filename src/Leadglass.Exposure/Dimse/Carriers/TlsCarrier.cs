namespace Leadglass.Exposure;

/// <summary>
/// The process that does TLS for the auditor at the rungs where a server shows records. TLS leaves what it deciphers in
/// buffers of the framework and of its library, which nobody can clear: so they are in a process that ends with the
/// connection, and the auditor gets the bytes in memory that it clears.
/// </summary>
public static class TlsCarrier
{
    /// <summary>The argument that makes the program this process.</summary>
    public const string Verb = "carry-exposed-tls";

    /// <summary>Carries between standard input and output until either ends. Exit code 3: it could not be confined.</summary>
    public static async Task<int> RunAsync(Stream standardInput, Stream standardOutput) =>
        ConfinedProcess.TryConfine() ? await RunAsync(standardInput, standardOutput, TimeProvider.System) : 3;

    /// <summary>The same over any two streams.</summary>
    internal static async Task<int> RunAsync(Stream input, Stream output, TimeProvider time)
    {
        await using var carriage = new TlsCarriage(input, output, time);
        return await carriage.RunAsync() ? 0 : 2;
    }
}
