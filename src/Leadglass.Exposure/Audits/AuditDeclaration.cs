namespace Leadglass.Exposure;

/// <summary>What a document repeats of the scope under which it was made.</summary>
internal static class AuditDeclaration
{
    public static AuditScope Of(ScanScope scope) =>
        new(
            scope.Name,
            scope.Digest,
            scope.Authorisation.By,
            scope.Authorisation.Basis,
            scope.Authorisation.Contact,
            scope.Authorisation.RecordsBasis,
            RungLabel.Of(scope.HighestRung),
            scope.ValidFrom,
            scope.ValidUntil
        );
}
