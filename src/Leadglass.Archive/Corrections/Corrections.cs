using System.Globalization;
using System.Runtime.CompilerServices;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>
/// Assigns studies to other patients. What is stored stays as it came; index, search, metadata and whatever leaves carry
/// the corrected patient, and instances of the study that still arrive with the former one follow.
/// </summary>
public sealed class Corrections
{
    /// <summary>Characters of a reason.</summary>
    public const int ReasonLengthMax = 1024;

    private const int TextLengthMax = 64;
    private const int NameLengthMax = 3 * 64;

    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;
    private readonly ContentOpener _opener;
    private readonly DecisionWriter _decisions;

    internal Corrections(IStudyIndex index, ArchiveKeys keys, ContentOpener opener, DecisionWriter decisions) =>
        (_index, _keys, _opener, _decisions) = (index, keys, opener, decisions);

    /// <summary>
    /// Assigns a study to a patient. Returns when that is durable and in effect; the trail then has the former patient,
    /// and the new one with the outcome.
    /// </summary>
    /// <param name="grant">Leave to correct.</param>
    /// <param name="reason">Why; sealed with the decision, not empty.</param>
    /// <returns>False: there is no such study that the grant covers.</returns>
    /// <exception cref="ArgumentException">An attribute is none that DICOM allows; the message names it, not its value.</exception>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    /// <exception cref="CommitFailedException">It could not be written.</exception>
    public async Task<bool> AssignAsync(
        AccessGrant grant,
        StudyInstanceUid study,
        PatientCorrection patient,
        string reason,
        CancellationToken cancellationToken
    )
    {
        RequireCorrect(grant);
        Check(patient);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(reason.Length, ReasonLengthMax);
        if (
            await _index.FindStudyAsync(_keys.Of(study), cancellationToken) is not { } row
            || _opener.OpenStudyForRecords(grant, row) is not { } opened
        )
        {
            return false;
        }

        await grant.AuthorizeAsync(opened.Facts, cancellationToken);
        await _decisions.DecideAsync(
            study,
            new Decision { Corrects = patient, Reason = reason },
            grant.Identity.Key,
            cancellationToken
        );
        var corrected = opened.Facts with { Patient = new PatientKey(patient.PatientId, patient.Issuer ?? "") };
        await grant.RecordOutcomeAsync(corrected, row.InstanceCount, 0, cancellationToken);
        return true;
    }

    /// <summary>The corrections that were made, oldest first; a study may have several, of which the last one counts.</summary>
    /// <param name="grant">Leave to correct.</param>
    /// <exception cref="AccessRefusedException">The grant is for something else or does not hold, or the trail fails.</exception>
    public async IAsyncEnumerable<CorrectedStudy> ListAsync(
        AccessGrant grant,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        RequireCorrect(grant);
        await grant.AuthorizeQueryAsync("corrections", cancellationToken);
        await foreach (var row in _index.DecisionsAsync(cancellationToken))
        {
            if (
                row.Kind is DecisionKind.Correction
                && await _index.FindStudyAsync(row.Study, cancellationToken) is { } study
                && _opener.OpenDecision(grant, row, study) is var (descriptor, facts)
                && descriptor.Decision?.Corrects is { } patient
            )
            {
                yield return new CorrectedStudy(
                    facts,
                    patient,
                    descriptor.Decision.Reason ?? "",
                    descriptor.Source,
                    descriptor.At
                );
            }
        }
    }

    private static void RequireCorrect(AccessGrant grant)
    {
        if (grant.Operation is not Operation.Correct)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }
    }

    private static void Check(PatientCorrection patient)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(patient.PatientId);
        CheckText(patient.PatientId, TextLengthMax, nameof(patient.PatientId));
        CheckText(patient.Issuer, TextLengthMax, nameof(patient.Issuer));
        CheckText(patient.Name, NameLengthMax, nameof(patient.Name));
        if (
            patient.BirthDate is { Length: > 0 } date
            && !DateOnly.TryParseExact(date, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        )
        {
            throw new ArgumentException("the birth date is no date of the form YYYYMMDD", nameof(patient));
        }

        if (patient.Sex is { Length: > 0 } and not ("M" or "F" or "O"))
        {
            throw new ArgumentException("the sex is none of M, F and O", nameof(patient));
        }
    }

    /// <summary>PS3.5 6.2: no backslash, no control characters, a length.</summary>
    private static void CheckText(string? text, int lengthMax, string attribute)
    {
        if (text is not null && (text.Length > lengthMax || text.Contains('\\') || text.Any(char.IsControl)))
        {
            throw new ArgumentException($"{attribute} is too long, or has a character that DICOM does not allow");
        }
    }
}

/// <summary>A correction that was made.</summary>
/// <param name="Study">The study as it is now.</param>
/// <param name="Patient">Whom it was assigned to.</param>
/// <param name="Reason">Why.</param>
/// <param name="DecidedBy">Who decided: an identity's key.</param>
/// <param name="At">When.</param>
public sealed record CorrectedStudy(
    StudyFacts Study,
    PatientCorrection Patient,
    string Reason,
    string DecidedBy,
    DateTimeOffset At
)
{
    /// <summary>Reveals nothing.</summary>
    public override string ToString() => "correction";
}
