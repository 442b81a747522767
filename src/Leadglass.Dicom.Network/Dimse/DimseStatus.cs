namespace Leadglass.Dicom.Network;

/// <summary>What kind of answer a status is (PS3.7 C).</summary>
public enum DimseStatusClass
{
    Success,
    Pending,
    Cancel,
    Warning,
    Failure,
}

/// <summary>The status of a DIMSE response (PS3.7 annex C, PS3.4 for each service).</summary>
/// <param name="Code">The value of Status (0000,0900).</param>
/// <param name="Comment">Error Comment (0000,0902), up to 64 characters of ASCII; must not bear patient data.</param>
public readonly record struct DimseStatus(ushort Code, string? Comment = null)
{
    public static DimseStatus Success => new(0x0000);

    /// <summary>PS3.7 C.5.25: no such attribute.</summary>
    public static DimseStatus NoSuchAttribute => new(0x0105);

    public static DimseStatus InvalidAttributeValue => new(0x0106);

    public static DimseStatus ProcessingFailure => new(0x0110);

    public static DimseStatus DuplicateSopInstance => new(0x0111);

    public static DimseStatus NoSuchSopInstance => new(0x0112);

    public static DimseStatus NoSuchEventType => new(0x0113);

    public static DimseStatus NoSuchArgument => new(0x0114);

    public static DimseStatus InvalidArgumentValue => new(0x0115);

    public static DimseStatus InvalidSopInstance => new(0x0117);

    public static DimseStatus NoSuchSopClass => new(0x0118);

    public static DimseStatus SopClassNotSupported => new(0x0122);

    public static DimseStatus NoSuchActionType => new(0x0123);

    public static DimseStatus NotAuthorized => new(0x0124);

    public static DimseStatus DuplicateInvocation => new(0x0210);

    public static DimseStatus UnrecognizedOperation => new(0x0211);

    public static DimseStatus MistypedArgument => new(0x0212);

    public static DimseStatus ResourceLimitation => new(0x0213);

    /// <summary>PS3.4 B.2.3, C.4: nothing was kept for lack of room.</summary>
    public static DimseStatus OutOfResources => new(0xA700);

    /// <summary>PS3.4 C.4.2: the number of matches cannot be told.</summary>
    public static DimseStatus UnableToCalculateNumberOfMatches => new(0xA701);

    /// <summary>PS3.4 C.4.2: the sub-operations cannot be carried out.</summary>
    public static DimseStatus UnableToPerformSubOperations => new(0xA702);

    /// <summary>PS3.4 C.4.2: nobody of that name is known.</summary>
    public static DimseStatus MoveDestinationUnknown => new(0xA801);

    /// <summary>PS3.4 B.2.3, C.4: the data set or identifier is not of this SOP class.</summary>
    public static DimseStatus DataSetDoesNotMatchSopClass => new(0xA900);

    /// <summary>PS3.4 C.4: sub-operations complete, one or more failed; in C-STORE: elements were coerced.</summary>
    public static DimseStatus WarningSubOperationsFailed => new(0xB000);

    public static DimseStatus CoercionOfDataElements => new(0xB000);

    public static DimseStatus ElementsDiscarded => new(0xB006);

    public static DimseStatus WarningDataSetDoesNotMatchSopClass => new(0xB007);

    /// <summary>PS3.4 B.2.3: cannot understand; C.4: unable to process.</summary>
    public static DimseStatus CannotUnderstand => new(0xC000);

    public static DimseStatus Cancel => new(0xFE00);

    /// <summary>Matches continue; all optional keys are supported as asked.</summary>
    public static DimseStatus Pending => new(0xFF00);

    /// <summary>Matches continue; some optional keys are not supported (PS3.4 C.4.1).</summary>
    public static DimseStatus PendingWithUnsupportedKeys => new(0xFF01);

    /// <summary>The class of the code (PS3.7 C.1 to C.5).</summary>
    public DimseStatusClass Class =>
        Code switch
        {
            0x0000 => DimseStatusClass.Success,
            0xFF00 or 0xFF01 => DimseStatusClass.Pending,
            0xFE00 => DimseStatusClass.Cancel,
            0x0001 or 0x0107 or 0x0116 or (>= 0xB000 and <= 0xBFFF) => DimseStatusClass.Warning,
            _ => DimseStatusClass.Failure,
        };

    public bool IsSuccess => Code == 0;

    public bool IsPending => Class == DimseStatusClass.Pending;

    public bool IsFailure => Class == DimseStatusClass.Failure;

    /// <summary>Success, or a warning: the operation was carried out.</summary>
    public bool IsDone => Class is DimseStatusClass.Success or DimseStatusClass.Warning;

    /// <summary>The code and its class.</summary>
    public override string ToString() => $"{Code:X4} {Class}";
}
