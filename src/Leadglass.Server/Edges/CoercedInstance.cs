using System.Buffers;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Server.Edges;

/// <summary>
/// An instance of a device with coercion rules: Institution Name and Station Name are set while it streams past, everything
/// else goes on byte for byte. The trail has what was set and what had been there before anything is acknowledged.
/// </summary>
internal sealed class CoercedInstance : IIncomingInstance, IDisposable
{
    // As ingest reads, so that whatever it takes passes here.
    private static readonly ReadLimits Limits = new() { HeldBytesMax = 16 << 20, TotalBytesMax = 64L << 30 };

    private readonly IIncomingInstance _inner;
    private readonly AccessPolicy _policy;
    private readonly AccessGrant _grant;
    private readonly CoercionRules _rules;
    private readonly CoercionNotes _notes;
    private readonly InstanceReader _original;
    private readonly ArrayBufferWriter<byte> _coerced = new();
    private readonly AttributeReplacement _replacement;
    private DimseStatus? _refusal;

    /// <param name="syntax">How the data set is encoded; not deflated.</param>
    public CoercedInstance(
        IIncomingInstance inner,
        AccessPolicy policy,
        AccessGrant grant,
        CoercionRules rules,
        TransferSyntax syntax,
        CoercionNotes notes
    )
    {
        (_inner, _policy, _grant, _rules, _notes) = (inner, policy, grant, rules, notes);
        _original = new InstanceReader(syntax, Limits);
        _replacement = new AttributeReplacement(syntax, Texts(rules), _ => false, _coerced, Limits);
    }

    public async ValueTask WriteAsync(ReadOnlySequence<byte> fragment, CancellationToken cancellationToken)
    {
        foreach (var part in fragment)
        {
            if (_refusal is null)
            {
                Try(() => Feed(part.Span));
            }
        }

        await PassOnAsync(cancellationToken);
    }

    public async ValueTask<DimseStatus> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_refusal is null)
        {
            Try(() =>
            {
                _replacement.Complete();
                if (_original.Header is null)
                {
                    _original.Complete();
                }
            });
        }

        await PassOnAsync(cancellationToken);
        if (_refusal is { } refused)
        {
            await AbandonAsync();
            return refused;
        }

        var header = _original.Header!;
        _ = StudyInstanceUid.TryParse(header.GetString(DicomTag.StudyInstanceUID), out var study);
        try
        {
            await _notes.RecordAsync(_policy, _grant, study, Describe(header), cancellationToken);
        }
        catch (AccessRefusedException failure)
        {
            await AbandonAsync();
            return failure.Reason is RefusalReason.TrailUnavailable
                ? DimseStatus.OutOfResources
                : DimseStatus.NotAuthorized;
        }

        Dispose();
        return await _inner.CompleteAsync(cancellationToken);
    }

    public ValueTask AbandonAsync()
    {
        Dispose();
        return _inner.AbandonAsync();
    }

    public void Dispose() => _original.Dispose();

    private void Feed(ReadOnlySpan<byte> bytes)
    {
        _replacement.Feed(bytes);
        if (_original.Header is null)
        {
            _original.Feed(bytes);
        }
    }

    private void Try(Action read)
    {
        try
        {
            read();
        }
        catch (DicomFormatException failure)
        {
            _refusal = DimseStatus.CannotUnderstand with { Comment = $"data set broken at byte {failure.Position}" };
            _coerced.Clear();
        }
    }

    private async ValueTask PassOnAsync(CancellationToken cancellationToken)
    {
        if (_coerced.WrittenCount > 0)
        {
            await _inner.WriteAsync(new ReadOnlySequence<byte>(_coerced.WrittenMemory), cancellationToken);
            _coerced.ResetWrittenCount();
        }
    }

    private string Describe(DataSet header)
    {
        var set = Texts(_rules)
            .Select(rule =>
                $"{rule.Key} set to \"{rule.Value}\", was "
                + (header.GetString(rule.Key) is { Length: > 0 } former ? $"\"{former}\"" : "empty or absent")
            );
        return $"coercion rule: {string.Join("; ", set)}";
    }

    private static Dictionary<DicomTag, string> Texts(CoercionRules rules)
    {
        var texts = new Dictionary<DicomTag, string>();
        if (rules.Institution is { } institution)
        {
            texts.Add(DicomTag.InstitutionName, institution);
        }

        if (rules.Station is { } station)
        {
            texts.Add(DicomTag.StationName, station);
        }

        return texts;
    }
}

/// <summary>What the trail was told of coercions on one association: once for each study and content, not per slice.</summary>
internal sealed class CoercionNotes
{
    private const int KeptMax = 1_000;

    private readonly HashSet<(string Device, StudyInstanceUid Study, string Detail)> _recorded = [];
    private readonly Lock _gate = new();

    /// <summary>Returns when the trail has it.</summary>
    /// <exception cref="AccessRefusedException">The grant does not hold, or the trail fails.</exception>
    public async ValueTask RecordAsync(
        AccessPolicy policy,
        AccessGrant grant,
        StudyInstanceUid study,
        string detail,
        CancellationToken cancellationToken
    )
    {
        var key = (grant.Identity.Key, study, detail);
        lock (_gate)
        {
            if (_recorded.Contains(key))
            {
                return;
            }
        }

        // The instance may have taken longer to arrive than its grant holds.
        var fresh = policy.Renew(grant) switch
        {
            AccessDecision.Granted granted => granted.Grant,
            AccessDecision.Refused refused => throw new AccessRefusedException(refused.Reason),
            _ => throw new AccessRefusedException(RefusalReason.AccessWithdrawn),
        };
        await AccessPolicy.RecordCoercionAsync(fresh, study, detail, cancellationToken);
        lock (_gate)
        {
            if (_recorded.Count >= KeptMax)
            {
                _recorded.Clear();
            }

            _recorded.Add(key);
        }
    }
}
