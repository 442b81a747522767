using System.Collections.Concurrent;
using System.Security.Cryptography;
using Leadglass.Access;
using Leadglass.Dicom;
using Leadglass.Sealing;

namespace Leadglass.Archive;

/// <summary>Everything the archive derives from its master key, and the ring of study keys.</summary>
internal sealed class ArchiveKeys : IDisposable
{
    private const int RowSealersMax = 8192;

    private readonly Tokenizer[] _tokenizers;
    private readonly byte[] _digestKey = GC.AllocateArray<byte>(32, pinned: true);
    private readonly ConcurrentDictionary<KeyId, RowSealer> _rows = [];

    public ArchiveKeys(MasterKey master, KeyRing ring)
    {
        Ring = ring;
        Archive = master.DeriveDataKey(KeyPurpose.Archive);
        master.Derive(KeyPurpose.Digests, _digestKey);
        _tokenizers = [.. Domains.Select(domain => new Tokenizer(master, domain))];
    }

    private enum Domain
    {
        Study,
        Series,
        Instance,
        InstanceAndClass,
        Patient,
        PatientWithoutId,
        Device,
        QuarantinedContent,
    }

    // In the order of the enumeration; the texts are part of the storage format.
    private static string[] Domains { get; } =
    [
        "study",
        "series",
        "instance",
        "instance and SOP class",
        "patient",
        "patient of a study without Patient ID",
        "device",
        "quarantined content",
    ];

    /// <summary>The study keys.</summary>
    public KeyRing Ring { get; }

    /// <summary>Seals records that belong to the archive as a whole: decisions.</summary>
    public DataKey Archive { get; }

    public Token Of(StudyInstanceUid study) => For(Domain.Study).Compute(study.Value);

    public Token Of(SeriesInstanceUid series) => For(Domain.Series).Compute(series.Value);

    public Token Of(SopInstanceUid instance) => For(Domain.Instance).Compute(instance.Value);

    /// <summary>Lets a storage commitment compare the SOP class without opening anything.</summary>
    public Token Of(SopInstanceUid instance, SopClassUid sopClass) =>
        For(Domain.InstanceAndClass).Compute(instance.Value, sopClass.Value);

    /// <summary>A patient; without a Patient ID it is a patient of its own for the study.</summary>
    public Token OfPatient(PatientKey? patient, StudyInstanceUid study) =>
        patient is null
            ? For(Domain.PatientWithoutId).Compute(study.Value)
            : For(Domain.Patient).Compute(patient.PatientId, patient.Issuer);

    public Token OfDevice(string source) => For(Domain.Device).Compute(source);

    /// <summary>The identity of quarantined content: the same conflict sent again is kept once.</summary>
    public Token OfContent(SopInstanceUid instance, ContentDigest digest) =>
        For(Domain.QuarantinedContent)
            .Compute(instance.Value, $"{digest.Attributes:x32}{digest.PixelData:x32}{digest.Form}");

    /// <summary>A running keyed digest.</summary>
    public IncrementalHash BeginDigest() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _digestKey);

    /// <summary>Seals and opens the rows under a study's key.</summary>
    /// <exception cref="KeyUnavailableException">The key was destroyed or was never here.</exception>
    public RowSealer RowsOf(KeyId key)
    {
        if (_rows.TryGetValue(key, out var sealer))
        {
            return sealer;
        }

        if (_rows.Count >= RowSealersMax)
        {
            _rows.Clear();
        }

        return _rows.GetOrAdd(key, id => new RowSealer(Ring.Find(id)));
    }

    public void Dispose()
    {
        foreach (var tokenizer in _tokenizers)
        {
            tokenizer.Dispose();
        }

        Archive.Dispose();
        CryptographicOperations.ZeroMemory(_digestKey);
    }

    private Tokenizer For(Domain domain) => _tokenizers[(int)domain];
}
