namespace Leadglass.Dicom;

/// <summary>How many values an attribute may have (PS3.5 6.4): at least Minimum, at most Maximum, in steps.</summary>
/// <param name="Minimum">One or more.</param>
/// <param name="Maximum">Null where there is no upper bound ("n").</param>
/// <param name="Step">"2-2n" goes in steps of 2; else 1.</param>
public readonly record struct ValueMultiplicity(int Minimum, int? Maximum, int Step)
{
    /// <summary>True where more than one value is allowed.</summary>
    public bool IsMultiple => Maximum != 1;

    /// <summary>True when a count of values is allowed; zero values are never against the VM (PS3.5 7.4.2).</summary>
    public bool Allows(int count) =>
        count == 0
        || (count >= Minimum && (Maximum is not { } highest || count <= highest) && (count - Minimum) % Step == 0);

    /// <summary>As the standard writes it: 1, 1-n, 2-2n.</summary>
    public override string ToString() =>
        Maximum is { } highest ? (highest == Minimum ? $"{Minimum}" : $"{Minimum}-{highest}")
        : Step > 1 ? $"{Minimum}-{Step}n"
        : $"{Minimum}-n";
}
