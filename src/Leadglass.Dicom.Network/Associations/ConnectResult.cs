namespace Leadglass.Dicom.Network;

/// <summary>What came of asking for an association.</summary>
/// <param name="Association">The association; null when there is none.</param>
/// <param name="Failure">Why there is none: rejected, aborted, closed or silent.</param>
public sealed record ConnectResult(DicomClientAssociation? Association, AssociationEnd? Failure);

/// <summary>How a C-GET or C-MOVE ended.</summary>
/// <param name="Status">The final status.</param>
/// <param name="Completed">Sub-operations that succeeded.</param>
/// <param name="Failed">Sub-operations that failed.</param>
/// <param name="Warnings">Sub-operations that gave a warning.</param>
/// <param name="FailedInstances">Failed SOP Instance UID List (0008,0058).</param>
public sealed record RetrieveOutcome(
    DimseStatus Status,
    int Completed,
    int Failed,
    int Warnings,
    IReadOnlyList<SopInstanceUid> FailedInstances
);

/// <summary>How far a C-GET or C-MOVE is.</summary>
public readonly record struct RetrieveProgress(int? Remaining, int Completed, int Failed, int Warnings);
