namespace Leadglass.Exposure;

/// <summary>What has been found at an endpoint so far.</summary>
internal sealed class WebFindings(ProbeTarget target, FingerprintFile fingerprints, TimeProvider time)
{
    private readonly Dictionary<string, string> _signs = new(StringComparer.Ordinal);
    private readonly List<RungAnswer> _rungs = [];
    private readonly List<string> _oddities = [];

    public ProbeTarget Target => target;

    public bool SpeaksHttp { get; set; }

    public bool SpeaksDicomWeb { get; set; }

    public string? Root { get; set; }

    public bool IsTls { get; set; }

    public TlsFacts? Tls { get; set; }

    public bool? RecordsVisible { get; set; }

    public bool IsAdministrationOpen { get; set; }

    public ExposedRecords? Records { get; set; }

    public IReadOnlyList<string> IdentifyingFields { get; set; } = [];

    /// <summary>Roots that pages of the endpoint named.</summary>
    public List<WebRoot> FoundRoots { get; } = [];

    public IReadOnlyDictionary<string, string> Signs => _signs;

    /// <summary>The highest rung noted.</summary>
    public Rung Highest => _rungs.Count == 0 ? Rung.Connect : _rungs.Max(one => one.Rung);

    /// <summary>Notes what a rung showed.</summary>
    public void Note(Rung rung, Answer answer, string response, string reason) =>
        _rungs.Add(new RungAnswer(rung, answer, response, reason, time.GetUtcNow()));

    /// <summary>What a rung showed; unknown where it was not tried.</summary>
    public Answer AnswerOf(Rung rung) =>
        _rungs.Exists(one => one.Rung == rung && one.Answer == Answer.Open) ? Answer.Open
        : _rungs.Exists(one => one.Rung == rung && one.Answer == Answer.Closed) ? Answer.Closed
        : Answer.Unknown;

    /// <summary>Keeps what a fingerprint knows of a server's text, and whether that text speaks of a demonstration; the first of a kind stays.</summary>
    public void Sign(string kind, string? value)
    {
        var printable = string.Concat((value ?? "").Where(static letter => !char.IsControl(letter))).Trim();
        var known = printable.Length > 0 ? KnownSign.Of(fingerprints, kind, printable) : null;
        if (known is not null)
        {
            OwnSign(kind, known);
        }

        if (kind is WebSigns.Title or WebSigns.Name or WebSigns.Realm && KnownSign.SaysDemo(printable))
        {
            var before = _signs.GetValueOrDefault(WebSigns.SaysDemo);
            _signs[WebSigns.SaysDemo] =
                before is null ? kind
                : before.Split(' ').Contains(kind, StringComparer.Ordinal) ? before
                : $"{before} {kind}";
        }
    }

    /// <summary>Keeps a sign whose text is ours; the first of a kind stays.</summary>
    public void OwnSign(string kind, string value) =>
        _signs.TryAdd(kind, value.Length > WebLimits.SignLengthMax ? value[..WebLimits.SignLengthMax] : value);

    /// <summary>Notes a behaviour that no honest archive shows.</summary>
    public void Odd(string code)
    {
        if (!_oddities.Contains(code, StringComparer.Ordinal))
        {
            _oddities.Add(code);
        }
    }

    public WebObservation ToObservation() =>
        new()
        {
            Target = target,
            SpeaksHttp = SpeaksHttp,
            SpeaksDicomWeb = SpeaksDicomWeb,
            Root = Root,
            IsTls = IsTls,
            Tls = Tls,
            Signs = _signs,
            Rungs = _rungs,
            RecordsVisible = RecordsVisible,
            IsAdministrationOpen = IsAdministrationOpen,
            Records = Records,
            IdentifyingFields = IdentifyingFields,
            Oddities = _oddities,
        };
}
