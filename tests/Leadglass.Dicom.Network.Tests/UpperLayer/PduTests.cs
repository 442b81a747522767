using System.Buffers;
using CsCheck;

namespace Leadglass.Dicom.Network.Tests.UpperLayer;

/// <summary>PDUs against bytes written down from PS3.8 9.3, and there and back again.</summary>
public sealed class PduTests
{
    private const string RequestBytes = """
        01 00 000000EF                           # A-ASSOCIATE-RQ, reserved, length 239
        0001 0000                                # protocol version 1, reserved
        'ARCHIVE         ' 'SCANNER         '    # called, calling
        00000000000000000000000000000000 00000000000000000000000000000000
        10 00 0015 '1.2.840.10008.3.1.1.1'       # application context
        20 00 002E 01 00 00 00                   # proposed presentation context 1
          30 00 0011 '1.2.840.10008.1.1'         #   abstract syntax: verification
          40 00 0011 '1.2.840.10008.1.2'         #   transfer syntax: implicit
        50 00 005C                               # user information
          51 00 0004 00004000                    #   maximum length 16384
          52 00 0003 '1.2'                       #   implementation class
          53 00 0004 0003 0001                   #   asynchronous operations window 3, 1
          54 00 0007 0003 '1.3' 01 00            #   role selection: SCU
          56 00 0008 0003 '1.3' 010203           #   extended negotiation
          57 00 0011 0003 '1.4' 0003 '1.5' 0005 0003 '1.6'  # common extended negotiation
          55 00 0004 'LEAD'                      #   implementation version name
          58 00 000D 02 01 0004 'user' 0003 'abc'  # user identity with passcode, response wanted
        """;

    private static readonly AAssociateRequest Request = new()
    {
        CalledAeTitle = "ARCHIVE",
        CallingAeTitle = "SCANNER",
        PresentationContexts = [new ProposedPresentationContext(1, "1.2.840.10008.1.1", ["1.2.840.10008.1.2"])],
        UserInformation = new UserInformation
        {
            PduLengthBytesMax = 16384,
            ImplementationClassUid = "1.2",
            ImplementationVersionName = "LEAD",
            AsynchronousOperationsWindow = new AsynchronousOperationsWindow(3, 1),
            RoleSelections = [new RoleSelection("1.3", RequestorIsScu: true, RequestorIsScp: false)],
            ExtendedNegotiations = [new ExtendedNegotiation("1.3", new byte[] { 1, 2, 3 })],
            CommonExtendedNegotiations = [new CommonExtendedNegotiation("1.4", "1.5", ["1.6"])],
            UserIdentity = new UserIdentity
            {
                Type = UserIdentityType.UsernameAndPasscode,
                PositiveResponseRequested = true,
                PrimaryField = "user"u8.ToArray(),
                SecondaryField = "abc"u8.ToArray(),
            },
        },
    };

    [Fact]
    public void ARequestIsWrittenAsTheStandardHasIt() =>
        Assert.Equal(Convert.ToHexString(Golden.Bytes(RequestBytes)), Convert.ToHexString(Write(Request)));

    [Fact]
    public void ARequestIsReadAsItWasWritten()
    {
        var read = Assert.IsType<AAssociateRequest>(Read(Golden.Bytes(RequestBytes)));

        Assert.Equal(("ARCHIVE", "SCANNER"), (read.CalledAeTitle, read.CallingAeTitle));
        Assert.Equal("1.2.840.10008.3.1.1.1", read.ApplicationContextName);
        var context = Assert.Single(read.PresentationContexts);
        Assert.Equal((1, "1.2.840.10008.1.1"), (context.Id, context.AbstractSyntaxUid));
        Assert.Equal(["1.2.840.10008.1.2"], context.TransferSyntaxUids);
        var information = read.UserInformation;
        Assert.Equal(16384u, information.PduLengthBytesMax);
        Assert.Equal(new AsynchronousOperationsWindow(3, 1), information.AsynchronousOperationsWindow);
        Assert.Equal(
            [new RoleSelection("1.3", RequestorIsScu: true, RequestorIsScp: false)],
            information.RoleSelections
        );
        Assert.Equal([1, 2, 3], information.ExtendedNegotiations[0].ServiceClassApplicationInformation.ToArray());
        Assert.Equal(["1.6"], information.CommonExtendedNegotiations[0].RelatedGeneralSopClassUids);
        Assert.Equal("user"u8.ToArray(), information.UserIdentity!.PrimaryField.ToArray());
        Assert.Equal("abc"u8.ToArray(), information.UserIdentity.SecondaryField.ToArray());
        Assert.True(information.UserIdentity.PositiveResponseRequested);
    }

    [Fact]
    public void AnAcceptIsWrittenAsTheStandardHasIt()
    {
        var accept = new AAssociateAccept
        {
            CalledAeTitle = "ARCHIVE",
            CallingAeTitle = "SCANNER",
            PresentationContexts =
            [
                new AnsweredPresentationContext(1, PresentationContextResult.Acceptance, "1.2.840.10008.1.2"),
                new AnsweredPresentationContext(3, PresentationContextResult.AbstractSyntaxNotSupported, "1.2"),
            ],
            UserInformation = new UserInformation
            {
                PduLengthBytesMax = 131072,
                ImplementationClassUid = "1.2",
                UserIdentityResponse = "ok"u8.ToArray(),
            },
        };
        var expected = """
            02 00 000000A4
            0001 0000 'ARCHIVE         ' 'SCANNER         '
            00000000000000000000000000000000 00000000000000000000000000000000
            10 00 0015 '1.2.840.10008.3.1.1.1'
            21 00 0019 01 00 00 00 40 00 0011 '1.2.840.10008.1.2'    # accepted
            21 00 000B 03 00 03 00 40 00 0003 '1.2'                  # abstract syntax not supported
            50 00 0017
              51 00 0004 00020000
              52 00 0003 '1.2'
              59 00 0004 0002 'ok'                                   # user identity response
            """;

        Assert.Equal(Convert.ToHexString(Golden.Bytes(expected)), Convert.ToHexString(Write(accept)));
        var read = Assert.IsType<AAssociateAccept>(Read(Golden.Bytes(expected)));
        Assert.Equal("1.2.840.10008.1.2", read.PresentationContexts[0].TransferSyntaxUid);
        Assert.Equal(PresentationContextResult.AbstractSyntaxNotSupported, read.PresentationContexts[1].Result);
        Assert.Equal("ok"u8.ToArray(), read.UserInformation.UserIdentityResponse!.Value.ToArray());
    }

    public static TheoryData<string, Pdu> ShortPdus() =>
        new()
        {
            {
                "03 00 00000004 00 01 01 07  # called AE title not recognized",
                AAssociateReject.CalledAeTitleNotRecognized
            },
            { "03 00 00000004 00 02 03 02  # local limit exceeded", AAssociateReject.LocalLimitExceeded },
            { "05 00 00000004 00000000", new AReleaseRequest() },
            { "06 00 00000004 00000000", new AReleaseResponse() },
            {
                "07 00 00000004 00 00 02 06  # provider, invalid PDU parameter value",
                new AAbort(AbortSource.ServiceProvider, AbortReason.InvalidPduParameterValue)
            },
        };

    [Theory]
    [MemberData(nameof(ShortPdus))]
    public void ShortPdusAreWrittenAndReadAsTheStandardHasThem(string bytes, Pdu pdu)
    {
        Assert.Equal(Golden.Bytes(bytes), Write(pdu));
        Assert.Equal(pdu, Read(Golden.Bytes(bytes)));
    }

    [Fact]
    public void UnknownItemsArePassedOver()
    {
        var bytes = Write(Request).ToList();
        bytes.AddRange(Golden.Bytes("77 00 0003 AABBCC"));
        bytes[5] += 7;

        var read = Assert.IsType<AAssociateRequest>(Read([.. bytes]));

        Assert.Single(read.PresentationContexts);
    }

    [Fact]
    public void APasscodeIsNotPrinted()
    {
        Assert.DoesNotContain("abc", $"{Request} {Request.UserInformation} {Request.UserInformation.UserIdentity}");
        Assert.DoesNotContain("user", $"{Request.UserInformation.UserIdentity}");
    }

    [Fact]
    public void WhatIsWrittenIsReadAndWrittenTheSame() =>
        GenRequest.Sample(request =>
        {
            var bytes = Write(request);
            Assert.Equal(bytes, Write(Read(bytes)));
        });

    /// <summary>Every length in a PDU cut or raised gives an error of the protocol, whatever the segments.</summary>
    [Fact]
    public void BrokenPdusGiveProtocolErrorsOnly() =>
        Gen.Select(GenRequest, Gen.Int[0, 10_000], Gen.Byte, Gen.Int[0, 10_000])
            .Sample(broken =>
            {
                var bytes = Write(broken.Item1);
                bytes[broken.Item2 % bytes.Length] = broken.Item3;
                bytes = bytes[..Math.Max(0, bytes.Length - (broken.Item4 % 3))];
                try
                {
                    Read(bytes);
                }
                catch (DicomProtocolException error)
                {
                    Assert.InRange(error.Position, 0, bytes.Length);
                }
            });

    [Theory]
    [InlineData("00 00 00000004 00000000", AbortReason.UnrecognizedPdu)]
    [InlineData("08 00 00000004 00000000", AbortReason.UnrecognizedPdu)]
    [InlineData("01 00 FFFFFFFF", AbortReason.InvalidPduParameterValue)]
    [InlineData("01 00 00000010", AbortReason.InvalidPduParameterValue)]
    [InlineData("04 00 FFFFFFFF", AbortReason.InvalidPduParameterValue)]
    [InlineData("04 00 00000000", AbortReason.InvalidPduParameterValue)]
    [InlineData("05 00 00000005 0000000000", AbortReason.InvalidPduParameterValue)]
    [InlineData("07 00 7FFFFFFF", AbortReason.InvalidPduParameterValue)]
    [InlineData("04 00 00000008 00000007 01 03 0000", AbortReason.InvalidPduParameterValue)]
    [InlineData("04 00 00000008 00000001 01 03 0000", AbortReason.InvalidPduParameterValue)]
    [InlineData("04 00 0000000B 00000004 01 03 0000 000000", AbortReason.InvalidPduParameterValue)]
    public void LengthsThatLieAreRefusedBeforeTheBodyComes(string bytes, AbortReason reason)
    {
        var reader = new PduStreamReader(PduLimits.Default);
        var input = new ReadOnlySequence<byte>(Golden.Bytes(bytes));

        var error = Assert.Throws<DicomProtocolException>(() =>
        {
            while (reader.TryRead(ref input, out _)) { }
        });

        Assert.Equal(reason, error.Reason);
        Assert.Contains("PS3.8", error.Message);
    }

    [Fact]
    public void FragmentsComeOutAsTheyWentInHoweverTheBytesArrive() =>
        Gen.Select(Gen.Int[0, 300].Array[1, 6], Gen.Int[1, 50])
            .Sample(given =>
            {
                var (lengths, step) = given;
                var random = new Random(step);
                var stream = new List<byte>();
                var sent = new List<byte>();
                foreach (var length in lengths)
                {
                    var fragment = new byte[length];
                    random.NextBytes(fragment);
                    sent.AddRange(fragment);
                    var header = new byte[12];
                    PduWriter.WritePDataTfHeader(header, 7, MessageControlHeader.Last, length);
                    stream.AddRange(header);
                    stream.AddRange(fragment);
                }

                Assert.Equal(sent, Receive([.. stream], step, lengths.Length));
            });

    private static readonly Gen<string> GenUid = Gen.Int[1, 9999].Array[1, 10].Select(parts => string.Join('.', parts));

    private static readonly Gen<byte[]> GenBytes = Gen.Byte.Array[0, 40];

    private static readonly Gen<UserInformation> GenInformation = Gen.Select(
        Gen.UInt,
        GenUid,
        Gen.Char['0', 'Z'].Array[0, 16].Select(text => new string(text)),
        Gen.UShort,
        Gen.Select(GenUid, Gen.Bool, Gen.Bool, (uid, scu, scp) => new RoleSelection(uid, scu, scp)).Array[0, 5],
        Gen.Select(GenUid, GenBytes, (uid, bytes) => new ExtendedNegotiation(uid, bytes)).Array[0, 5],
        Gen.Select(
            GenUid,
            GenUid,
            GenUid.Array[0, 4],
            (uid, service, related) => new CommonExtendedNegotiation(uid, service, related)
        ).Array[0, 5],
        Gen.Select(GenBytes, GenBytes, Gen.Bool)
            .Select(
                (primary, secondary, wanted) =>
                    new UserIdentity
                    {
                        Type = UserIdentityType.Saml,
                        PositiveResponseRequested = wanted,
                        PrimaryField = primary,
                        SecondaryField = secondary,
                    }
            ),
        (max, uid, version, window, roles, extended, common, identity) =>
            new UserInformation
            {
                PduLengthBytesMax = max,
                ImplementationClassUid = uid,
                ImplementationVersionName = version,
                AsynchronousOperationsWindow = new AsynchronousOperationsWindow(window, window),
                RoleSelections = roles,
                ExtendedNegotiations = extended,
                CommonExtendedNegotiations = common,
                UserIdentity = identity,
            }
    );

    private static readonly Gen<AAssociateRequest> GenRequest = Gen.Select(
        Gen.Char['A', 'Z'].Array[1, 16].Select(text => new string(text)),
        Gen.Select(GenUid, GenUid.Array[1, 6]).Array[0, 128],
        GenInformation,
        (title, contexts, information) =>
            new AAssociateRequest
            {
                CalledAeTitle = title,
                CallingAeTitle = title,
                PresentationContexts =
                [
                    .. contexts.Select(
                        (context, i) =>
                            new ProposedPresentationContext((byte)((2 * i) + 1), context.Item1, context.Item2)
                    ),
                ],
                UserInformation = information,
            }
    );

    private static byte[] Write(Pdu pdu)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Equal(PduWriter.Write(pdu, output), output.WrittenCount);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a PDU; one that is not whole is an error of its own.</summary>
    private static Pdu Read(byte[] bytes)
    {
        var reader = new PduStreamReader(PduLimits.Default);
        var input = Segments.Of(bytes, 7);
        return reader.TryRead(ref input, out var piece) && piece.Pdu is { } pdu
            ? pdu
            : throw new DicomProtocolException(bytes.Length, "test", "more bytes are wanted");
    }

    private static List<byte> Receive(byte[] stream, int step, int fragments)
    {
        var reader = new PduStreamReader(PduLimits.Default);
        var received = new List<byte>();
        var held = Array.Empty<byte>();
        var ended = 0;
        for (var at = 0; at < stream.Length; at += step)
        {
            held = [.. held, .. stream[at..Math.Min(stream.Length, at + step)]];
            var input = new ReadOnlySequence<byte>(held);
            while (reader.TryRead(ref input, out var piece))
            {
                received.AddRange(piece.Bytes.ToArray());
                ended += piece.Kind == PduPieceKind.Fragment && piece.EndsFragment ? 1 : 0;
            }

            held = input.ToArray();
        }

        Assert.Empty(held);
        Assert.Equal(fragments, ended);
        Assert.True(reader.IsBetweenPdus);
        return received;
    }
}
