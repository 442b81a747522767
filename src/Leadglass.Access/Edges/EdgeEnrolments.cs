namespace Leadglass.Access;

/// <summary>
/// One-time codes by which edges get their first certificate. A code counts for an hour, once, and stands five wrong
/// proofs. Changes are durable when they return.
/// </summary>
public sealed class EdgeEnrolments(DeviceRegistry devices, TimeProvider clock)
{
    /// <summary>Wrong proofs after which a code is void.</summary>
    public const int AttemptsMax = 5;

    /// <summary>For how long a code counts.</summary>
    public static TimeSpan Validity { get; } = TimeSpan.FromHours(1);

    /// <summary>Enrols an edge, without a certificate as yet, and opens its code.</summary>
    /// <param name="edge">The edge.</param>
    /// <param name="codeId">By which the code is found.</param>
    /// <param name="code">The code.</param>
    /// <exception cref="EnrolmentException">Its name or AE title is taken, or it is not well-formed.</exception>
    public async ValueTask<EnrolmentSecret> AddAsync(
        Device edge,
        string codeId,
        string code,
        CancellationToken cancellationToken
    )
    {
        var secret = Create(codeId, code);
        await devices.AddAsync(
            edge with
            {
                Edge = new EdgeEnrolment { Id = Guid.NewGuid(), Code = secret },
            },
            cancellationToken
        );
        return secret;
    }

    /// <summary>Opens a further code for an edge; one that was open before is void.</summary>
    /// <exception cref="EnrolmentException">There is no such edge.</exception>
    public async ValueTask<EnrolmentSecret> OpenAsync(
        string edge,
        string codeId,
        string code,
        CancellationToken cancellationToken
    )
    {
        var secret = Create(codeId, code);
        await devices.ChangeAsync(
            edge,
            device =>
                device.Edge is { } enrolment
                    ? device with
                    {
                        Edge = enrolment with { Code = secret },
                    }
                    : throw new EnrolmentException($"{device.Name} is no edge"),
            cancellationToken
        );
        return secret;
    }

    /// <summary>An open code; null: there is none of this id, or it counts no more.</summary>
    /// <param name="codeId">The code's id, as a stranger says it.</param>
    public EnrolmentSecret? Find(string? codeId) =>
        EdgeOf(codeId) is { Edge.Code: { } code } && IsOpen(code) ? code : null;

    /// <summary>Takes note of a wrong proof. The fifth voids the code.</summary>
    public async ValueTask FailAsync(string codeId, CancellationToken cancellationToken)
    {
        if (EdgeOf(codeId) is not { } edge)
        {
            return;
        }
        await devices.ChangeAsync(
            edge.Name,
            device =>
                device.Edge is { Code: { } code } enrolment && code.Id == codeId
                    ? device with
                    {
                        Edge = enrolment with
                        {
                            Code = code.AttemptsLeft > 1 ? code with { AttemptsLeft = code.AttemptsLeft - 1 } : null,
                        },
                    }
                    : device,
            cancellationToken
        );
    }

    /// <summary>
    /// Uses a code up: its edge gets this certificate, and former ones are withdrawn, since whoever enrols anew has a new
    /// key.
    /// </summary>
    /// <param name="codeId">The code's id; its proof is the caller's to check.</param>
    /// <param name="issue">Issues the certificate for the edge.</param>
    /// <returns>The edge as it is now.</returns>
    /// <exception cref="EnrolmentException">The code is used or void by now, or the request is not fit to be signed.</exception>
    public async ValueTask<Device> RedeemAsync(
        string codeId,
        Func<Device, DeviceCertificate> issue,
        CancellationToken cancellationToken
    )
    {
        var edge = EdgeOf(codeId) ?? throw Void();
        await devices.ChangeAsync(
            edge.Name,
            device =>
                device.Edge is { Code: { } code } enrolment && code.Id == codeId && IsOpen(code)
                    ? device with
                    {
                        Edge = enrolment with { Code = null },
                        Certificates =
                        [
                            .. device.Certificates.Select(held => held with { IsRevoked = true }),
                            issue(device),
                        ],
                    }
                    : throw Void(),
            cancellationToken
        );
        return devices.Current.Find(edge.Name) ?? throw Void();
    }

    private static EnrolmentException Void() => new("the code is used, or counts no more");

    private EnrolmentSecret Create(string id, string code) => new(id, code, clock.GetUtcNow() + Validity, AttemptsMax);

    private bool IsOpen(EnrolmentSecret code) => code.AttemptsLeft > 0 && clock.GetUtcNow() < code.ValidUntil;

    private Device? EdgeOf(string? codeId) =>
        string.IsNullOrEmpty(codeId)
            ? null
            : devices.Current.All.FirstOrDefault(device =>
                device is { Enabled: true, Edge.Code: { } code } && code.Id == codeId
            );
}
