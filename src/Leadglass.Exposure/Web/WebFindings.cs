namespace Leadglass.Exposure;

/// <summary>What has been found at an endpoint so far.</summary>
internal sealed class WebFindings(ProbeTarget target, TimeProvider time)
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
    public List<string> FoundRoots { get; } = [];

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

    /// <summary>Keeps a sign, made short and printable; the first of a kind stays.</summary>
    public void Sign(string kind, string? value)
    {
        var printable = string.Concat((value ?? "").Where(static letter => !char.IsControl(letter))).Trim();
        if (printable.Length > 0)
        {
            var kept = printable.Length > WebLimits.SignLengthMax ? printable[..WebLimits.SignLengthMax] : printable;
            _signs.TryAdd(kind, kept);
        }
    }

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
