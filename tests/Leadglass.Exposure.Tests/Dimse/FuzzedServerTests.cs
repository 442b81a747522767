using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using CsCheck;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>Whole probes against servers whose bytes were damaged at random: each ends in an observation, in bounded time.</summary>
public sealed class FuzzedServerTests
{
    private static readonly ProbeTarget Target = new(IPAddress.Loopback, 104);

    [Fact]
    public async Task AnyBytesEndInAnObservation() =>
        await Gen.Select(Gen.Byte.Array[0, 64], Gen.Int[0, 400], Gen.Int[0, 2])
            .SampleAsync(
                async (damage, at, kind) =>
                {
                    var bytes = Damaged(damage, at, kind);
                    var dialer = new CannedDialer(bytes);
                    var probe = new DicomProbe(dialer, TimeProvider.System, Probing.Times, () => null);
                    var seen = await probe.ObserveAsync(
                        Target,
                        Probing.Plan(Rung.IdentifyingFields),
                        null,
                        CancellationToken.None
                    );
                    Assert.Equal(Target, seen.Target);
                    Assert.InRange(dialer.Dials, 1, 40);
                    Assert.Equal(0, dialer.Open);
                },
                iter: 3_000
            );

    /// <summary>An accept, an answered C-ECHO, and matches without end, with bytes replaced, put in or cut off.</summary>
    private static byte[] Damaged(byte[] damage, int at, int kind)
    {
        var whole = Honest;
        at = Math.Min(at, whole.Length);
        return kind switch
        {
            0 => [.. whole[..at], .. damage, .. whole[Math.Min(at + damage.Length, whole.Length)..]],
            1 => [.. whole[..at], .. damage, .. whole[at..]],
            _ => [.. whole[..at], .. damage],
        };
    }

    private static byte[] Honest { get; } = MakeHonest();

    private static byte[] MakeHonest()
    {
        var request = ProbeProposal.UpTo(Rung.NullRetrieve, DicomProbe.CallingAeTitle, DicomProbe.UnknownCalledAeTitle);
        var output = new ArrayBufferWriter<byte>();
        PduWriter.Write(
            new AAssociateAccept
            {
                CalledAeTitle = request.CalledAeTitle,
                CallingAeTitle = request.CallingAeTitle,
                PresentationContexts =
                [
                    .. request.PresentationContexts.Select(context => new AnsweredPresentationContext(
                        context.Id,
                        PresentationContextResult.Acceptance,
                        ProbeProposal.ImplicitVrLittleEndian
                    )),
                ],
                UserInformation = new UserInformation { PduLengthBytesMax = 16384, ImplementationClassUid = "1.2.3" },
            },
            output
        );
        output.Write(RawServerConnection.Command(1, 0x8030, 1, 0));
        for (var i = 0; i < 3; i++)
        {
            output.Write(RawServerConnection.Command(3, 0x8020, 2, 0xFF00, hasDataSet: true));
            output.Write(RawServerConnection.Data(3, 2, new byte[40]));
        }

        output.Write(RawServerConnection.Command(3, 0x8020, 2, 0));
        return output.WrittenSpan.ToArray();
    }

    private sealed class CannedDialer(byte[] bytes) : IProbeDialer
    {
        public int Dials { get; private set; }

        public int Open { get; set; }

        public ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel)
        {
            Dials++;
            Open++;
            return new(new Dialled(DialOutcome.Connected, new CannedConnection(this, target, bytes)));
        }
    }

    private sealed class CannedConnection(CannedDialer dialer, ProbeTarget target, byte[] bytes) : ProbeConnection
    {
        private bool _isDisposed;

        public override ProbeTarget Target => target;

        public override Stream Stream { get; } = new CannedStream(bytes);

        public override IDuplexPipe Pipe => throw new NotSupportedException();

        public override ValueTask DisposeAsync()
        {
            dialer.Open -= _isDisposed ? 0 : 1;
            _isDisposed = true;
            return default;
        }
    }

    private sealed class CannedStream(byte[] bytes) : ForwardOnlyStream
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(Math.Min(buffer.Length, 7), bytes.Length - _at);
            bytes.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return new(count);
        }

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => default;
    }
}
