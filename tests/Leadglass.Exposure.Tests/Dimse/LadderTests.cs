using System.Runtime.CompilerServices;
using Leadglass.Dicom;
using Leadglass.Dicom.Network;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>Every personality that an archive shows a stranger, and the verdict on it.</summary>
public sealed class LadderTests
{
    private static readonly Func<string, bool> EchoOnly = uid => uid == ProbeProposal.Verification;

    [Fact]
    public async Task AnOpenArchiveIsOpenOnEveryRungAndTakesTwoAssociations()
    {
        await using var scp = new ScpDouble(new Personality { ImplementationClassUid = "1.2.40.0.13.1.3" });
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.True(seen.SpeaksDicom);
        Assert.False(seen.IsTls);
        foreach (var rung in Enum.GetValues<Rung>().Where(rung => rung <= Rung.NullRetrieve))
        {
            Assert.Equal(Answer.Open, seen.At(rung).Answer);
        }

        Assert.Equal("0000", seen.At(Rung.NullQuery).Response);
        Assert.Equal(AeTitleCheck.None, seen.AeTitleCheck);
        Assert.Equal("LEADGLASS-ANY", seen.CalledAeTitle);
        Assert.Equal("1.2.40.0.13.1.3", seen.ImplementationClassUid);
        Assert.Equal("SCPDOUBLE", seen.ImplementationVersionName);
        Assert.Null(seen.RecordsVisible);
        Assert.Empty(seen.Oddities);
        Assert.Equal(["LEADGLASS-AUDIT", "LEADGLASS-AUD2"], scp.Requests.Select(request => request.CallingAeTitle));
        Assert.Equal([AssociationEndKind.Released, AssociationEndKind.Released], await scp.EndsAsync());
    }

    [Theory]
    [InlineData(Rung.Identify, 1)]
    [InlineData(Rung.Echo, 2)]
    [InlineData(Rung.NullQuery, 5)]
    public async Task NothingAboveTheHighestRungIsProposedOrTried(Rung highest, int contextsProposed)
    {
        await using var scp = new ScpDouble(new Personality());
        var seen = await Probing.ObserveAsync(scp.Target, Probing.Plan(highest));
        Assert.Equal(highest, seen.Rungs.Max(answer => answer.Rung));
        Assert.All(scp.Requests, request => Assert.Equal(contextsProposed, request.PresentationContexts.Count));
    }

    [Fact]
    public async Task ATitleOfTheScopeOpensWhatItOpens()
    {
        await using var scp = new ScpDouble(new Personality { CalledAeTitle = "RAD1" });
        var seen = await Probing.ObserveAsync(scp.Target, Probing.Plan(Rung.NullRetrieve, "RAD1"));
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal("RAD1", seen.CalledAeTitle);
        Assert.Equal(AeTitleCheck.Called, seen.AeTitleCheck);
    }

    [Fact]
    public async Task ATitleThatIsRequiredAndNotKnownIsUnknownNeverClosed()
    {
        await using var scp = new ScpDouble(new Personality { CalledAeTitle = "RAD1" });
        var seen = await Probing.ObserveAsync(scp.Target, Probing.Plan(Rung.NullRetrieve, "OTHER"));
        Assert.True(seen.SpeaksDicom);
        Assert.Equal(AeTitleCheck.Called, seen.AeTitleCheck);
        Assert.Null(seen.CalledAeTitle);
        Assert.Equal(Answer.Unknown, seen.At(Rung.NullQuery).Answer);
        Assert.Equal("reject 1/1/7", seen.At(Rung.NullQuery).Response);
        Assert.Equal(["OTHER", "LEADGLASS-ANY"], scp.Requests.Select(request => request.CalledAeTitle).Take(2));
    }

    [Fact]
    public async Task APublishedTitleIsTriedOnlyWhereTheScopeAllowsIt()
    {
        await using var scp = new ScpDouble(new Personality { CalledAeTitle = "DCM4CHEE" });
        var hint = new ProductHint("dcm4chee", ["DCM4CHEE"]);
        var without = await Probing.ObserveAsync(scp.Target, Probing.Plan(), hint);
        Assert.Equal(Answer.Unknown, without.At(Rung.NullQuery).Answer);
        Assert.Null(without.CalledAeTitle);

        var with = await Probing.ObserveAsync(scp.Target, Probing.Plan() with { TriesPublishedTitles = true }, hint);
        Assert.Equal(Answer.Open, with.At(Rung.NullQuery).Answer);
        Assert.Equal("DCM4CHEE", with.CalledAeTitle);
        Assert.Equal(AeTitleCheck.Called, with.AeTitleCheck);
    }

    [Fact]
    public async Task AnUnknownCallingTitleThatIsRefusedIsClosed()
    {
        await using var scp = new ScpDouble(new Personality { CallingAeTitle = "CT1" });
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(AeTitleCheck.Calling, seen.AeTitleCheck);
        Assert.Equal(Answer.Closed, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(["LEADGLASS-AUDIT", "LEADGLASS-AUD2"], scp.Requests.Select(request => request.CallingAeTitle));
    }

    [Fact]
    public async Task AnArchiveThatKnowsOurTitleShowsIt()
    {
        await using var scp = new ScpDouble(new Personality { CallingAeTitle = "LEADGLASS-AUDIT" });
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(AeTitleCheck.Calling, seen.AeTitleCheck);
    }

    [Theory]
    [InlineData(1, 1, Answer.Unknown)]
    [InlineData(2, 2, Answer.Unknown)]
    public async Task RejectionsThatSayNothingOfStrangersAreUnknown(byte result, byte reason, Answer expected)
    {
        var reject = new AAssociateReject((RejectResult)result, RejectSource.ServiceUser, reason);
        await using var scp = new ScpDouble(new Personality { Rejects = _ => reject });
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.True(seen.SpeaksDicom);
        Assert.Equal(expected, seen.At(Rung.NullQuery).Answer);
    }

    [Fact]
    public async Task ARejectionWithoutReasonUnderARightTitleIsClosed()
    {
        await using var scp = new ScpDouble(new Personality { Rejects = _ => AAssociateReject.NoReason });
        var plan = Probing.Plan(Rung.NullRetrieve, "RAD1");
        var own = await Probing.ObserveAsync(scp.Target, plan with { OwnAeTitles = ["RAD1"] });
        Assert.Equal(Answer.Closed, own.At(Rung.NullQuery).Answer);

        // It may be a neighbour's, and this host's another one.
        var ofTheNetwork = await Probing.ObserveAsync(scp.Target, plan);
        Assert.Equal(Answer.Unknown, ofTheNetwork.At(Rung.NullQuery).Answer);
    }

    [Fact]
    public async Task AServerWithoutRoomJustNowIsAskedOnceMore()
    {
        var asked = 0;
        await using var scp = new ScpDouble(
            new Personality { Rejects = _ => asked++ == 0 ? AAssociateReject.LocalLimitExceeded : null }
        );
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
    }

    [Fact]
    public async Task AServerThatFellSilentIsDialledOnceMore()
    {
        await using var scp = new ScpDouble(
            new Personality { Find = (association, _, _) => Aborting(association), Get = AbortingGet }
        );
        var dialer = new StutteringDialer(Probing.Dialer(), silentAt: 2);
        var probe = new DicomProbe(dialer, TimeProvider.System, Probing.Times, () => null);
        var seen = await probe.ObserveAsync(scp.Target, Probing.Plan(), null, TestContext.Current.CancellationToken);
        Assert.Equal(Answer.Closed, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(Answer.Closed, seen.At(Rung.NullRetrieve).Answer);
    }

    [Fact]
    public async Task AnAuditThatStopsAbortsWhatIsUnderWay()
    {
        using var stop = new CancellationTokenSource();
        await using var scp = new ScpDouble(
            new Personality
            {
                Find = (_, _, cancel) =>
                {
                    stop.Cancel();
                    return Never(cancel);
                },
            }
        );
        var probe = new DicomProbe(Probing.Dialer(), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await probe.ObserveAsync(scp.Target, Probing.Plan(), null, stop.Token)
        );
        Assert.Equal([AssociationEndKind.AbortedByPeer], await scp.EndsAsync());
    }

    [Fact]
    public async Task WhatWasProvedStandsWhenTheScopeEnds()
    {
        await using var scp = new ScpDouble(new Personality());
        var dials = 0;
        var dialer = new ProbeDialer(
            (_, _) => ++dials > 1 ? "expired" : null,
            new ConnectionLimits(),
            TimeProvider.System
        );
        var probe = new DicomProbe(dialer, TimeProvider.System, Probing.Times, () => null);
        var plan = Probing.Plan(Rung.IdentifyingFields);
        var seen = await probe.ObserveAsync(scp.Target, plan, null, TestContext.Current.CancellationToken);
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(Answer.Unknown, seen.At(Rung.CountRecords).Answer);
        Assert.Equal("the scope does not allow it any more", seen.At(Rung.CountRecords).Reason);
        Assert.Single(scp.Requests);
    }

    [Fact]
    public async Task WhatOnlyEchoesIsClosedAbove()
    {
        await using var scp = new ScpDouble(new Personality { Offers = EchoOnly });
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Open, seen.At(Rung.Echo).Answer);
        Assert.Equal(Answer.Closed, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(Answer.Closed, seen.At(Rung.NullRetrieve).Answer);
        Assert.Equal([ProbeProposal.Verification], seen.AcceptedSopClasses);
    }

    [Fact]
    public async Task AnArchiveOfThePatientRootAloneIsAskedThere()
    {
        var roots = new[] { ProbeProposal.PatientRootFind, ProbeProposal.PatientRootGet };
        var asked = new List<string>();
        await using var scp = new ScpDouble(
            new Personality
            {
                Offers = uid => EchoOnly(uid) || roots.Contains(uid, StringComparer.Ordinal),
                Find = (_, identifier, _) =>
                {
                    asked.Add(identifier.GetString(DicomTag.QueryRetrieveLevel) ?? "");
                    return AsyncEnumerable.Empty<CFindResponse>();
                },
            }
        );
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(Answer.Open, seen.At(Rung.NullRetrieve).Answer);
        Assert.Contains("PATIENT", asked);
    }

    [Fact]
    public async Task AnArchiveThatAbortsTheStudyRootIsAskedInThePatientRoot()
    {
        await using var scp = new ScpDouble(
            new Personality
            {
                Find = (association, identifier, _) =>
                    identifier.GetString(DicomTag.QueryRetrieveLevel) == "STUDY"
                        ? Aborting(association)
                        : AsyncEnumerable.Empty<CFindResponse>(),
                Get = (association, identifier) =>
                    identifier.GetString(DicomTag.QueryRetrieveLevel) == "STUDY"
                        ? AbortingGet(association, identifier)
                        : new RetrievePlan(),
            }
        );
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(Answer.Open, seen.At(Rung.NullRetrieve).Answer);

        // Two more for what was aborted, and one to compare titles.
        Assert.Equal(4, scp.Requests.Count);
    }

    [Fact]
    public async Task AnAbortOfTheStudyRootAloneIsAskedNoMoreWhereThePatientRootIsNotOffered()
    {
        await using var scp = new ScpDouble(
            new Personality
            {
                Offers = uid => uid is ProbeProposal.Verification or ProbeProposal.StudyRootFind,
                Find = (association, _, _) => Aborting(association),
            }
        );
        var seen = await Probing.ObserveAsync(scp.Target, Probing.Plan(Rung.NullQuery));
        Assert.Equal(Answer.Closed, seen.At(Rung.NullQuery).Answer);
        Assert.Single(scp.Requests);
    }

    [Fact]
    public async Task ARefusalInOneRootBesideSilenceInTheOtherIsUnknown()
    {
        await using var scp = new ScpDouble(
            new Personality
            {
                Find = (_, identifier, cancel) =>
                    identifier.GetString(DicomTag.QueryRetrieveLevel) == "STUDY"
                        ? AsyncEnumerable.Repeat(CFindResponse.Final(new DimseStatus(0x0124)), 1)
                        : Never(cancel),
            }
        );
        var seen = await Probing.ObserveAsync(
            scp.Target,
            Probing.Plan(Rung.NullQuery),
            times: Probing.Times with
            {
                Response = TimeSpan.FromMilliseconds(500),
            }
        );
        Assert.Equal((Answer.Unknown, "time-out"), (seen.At(Rung.NullQuery).Answer, seen.At(Rung.NullQuery).Response));
    }

    [Fact]
    public async Task AnAbortAtTheQueryAfterAGoodEchoIsClosed()
    {
        await using var scp = new ScpDouble(
            new Personality { Find = (association, _, _) => Aborting(association), Get = AbortingGet }
        );
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Open, seen.At(Rung.Echo).Answer);
        Assert.Equal(Answer.Closed, seen.At(Rung.NullQuery).Answer);
        Assert.Equal("A-ABORT 0/0", seen.At(Rung.NullQuery).Response);
        Assert.Equal(Answer.Closed, seen.At(Rung.NullRetrieve).Answer);

        // C-ECHO with the study root's query, the patient root's query, the retrieval.
        Assert.Equal(3, scp.Requests.Count);
    }

    [Fact]
    public async Task AnAbortAtEverythingIsUnknown()
    {
        await using var scp = new ScpDouble(
            new Personality
            {
                Echo = association =>
                {
                    association.Abort();
                    return DimseStatus.Success;
                },
                Find = (association, _, _) => Aborting(association),
                Get = AbortingGet,
            }
        );
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Unknown, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(Answer.Unknown, seen.At(Rung.NullRetrieve).Answer);
    }

    [Fact]
    public async Task AQueryThatIsOpenAndARetrievalThatIsAbortedAreToldApart()
    {
        await using var scp = new ScpDouble(new Personality { Get = AbortingGet });
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(Answer.Closed, seen.At(Rung.NullRetrieve).Answer);
    }

    [Theory]
    [InlineData(0x0124, Answer.Closed, Answer.Closed)]
    [InlineData(0xA700, Answer.Unknown, Answer.Unknown)]
    [InlineData(0xA900, Answer.Unknown, Answer.Unknown)]
    [InlineData(0xC000, Answer.Unknown, Answer.Open)]
    [InlineData(0xA702, Answer.Unknown, Answer.Open)]
    [InlineData(0xB000, Answer.Open, Answer.Open)]
    public async Task AStatusMeansWhatTheTableSays(int code, Answer query, Answer retrieve)
    {
        var status = new DimseStatus((ushort)code);
        await using var scp = new ScpDouble(
            new Personality
            {
                Find = (_, _, _) => AsyncEnumerable.Repeat(CFindResponse.Final(status), 1),
                Get = (_, _) => RetrievePlan.Refused(status),
            }
        );
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(query, seen.At(Rung.NullQuery).Answer);
        Assert.Equal(retrieve, seen.At(Rung.NullRetrieve).Answer);
        Assert.Equal($"{code:X4}", seen.At(Rung.NullQuery).Response);
    }

    [Fact]
    public async Task AnArchiveThatIgnoresKeysIsCancelledAtItsFirstMatch()
    {
        var given = 0;
        await using var scp = new ScpDouble(new Personality { Find = (_, _, _) => Endless(() => given++) });
        var seen = await Probing.ObserveAsync(scp.Target, Probing.Plan(Rung.NullQuery));
        Assert.Equal(Answer.Open, seen.At(Rung.NullQuery).Answer);
        Assert.Equal("FF00", seen.At(Rung.NullQuery).Response);
        Assert.True(seen.RecordsVisible);
        Assert.Contains("ignores-keys", seen.Oddities);
        Assert.All(await scp.EndsAsync(), end => Assert.Equal(AssociationEndKind.Released, end));
    }

    [Fact]
    public async Task AnArchiveThatSendsWhatNobodyAskedForIsAbortedBeforeItsDataSet()
    {
        var written = 0L;
        await using var scp = new ScpDouble(
            new Personality
            {
                Get = (_, _) =>
                    new RetrievePlan
                    {
                        SubOperations = 1_000,
                        Instances = AsyncEnumerable
                            .Range(0, 1_000)
                            .Select(_ => (IOutgoingInstance)new Image(n => written += n)),
                    },
            }
        );
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Equal(Answer.Open, seen.At(Rung.NullRetrieve).Answer);
        Assert.Equal("C-STORE-RQ", seen.At(Rung.NullRetrieve).Response);
        Assert.True(seen.RecordsVisible);
        Assert.Contains("ignores-keys", seen.Oddities);
        Assert.Contains(AssociationEndKind.AbortedByPeer, await scp.EndsAsync());
    }

    [Fact]
    public async Task WhoeverAcceptsAnInventedSopClassIsOdd()
    {
        await using var scp = new ScpDouble(new Personality { Offers = _ => true });
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.Contains("accepts-invented-sop-class", seen.Oddities);
        Assert.DoesNotContain(ProbeProposal.Invented, seen.AcceptedSopClasses);
    }

    [Fact]
    public async Task AStorageClassIsListedOnlyWhenAStrangerCouldSend()
    {
        await using var scp = new ScpDouble(
            new Personality { Offers = uid => uid is not (ProbeProposal.StorageAsSender or ProbeProposal.Invented) }
        );
        var seen = await Probing.ObserveAsync(scp.Target);
        Assert.DoesNotContain(
            seen.AcceptedSopClasses,
            uid => uid.StartsWith("1.2.840.10008.5.1.4.1.1.", StringComparison.Ordinal)
        );
    }

    private static RetrievePlan AbortingGet(IAssociation association, DataSet identifier)
    {
        association.Abort();
        return new RetrievePlan();
    }

    private static async IAsyncEnumerable<CFindResponse> Aborting(IAssociation association)
    {
        association.Abort();
        await Task.Yield();
        yield break;
    }

    private static async IAsyncEnumerable<CFindResponse> Never([EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Delay(Timeout.Infinite, cancel);
        yield break;
    }

    private static async IAsyncEnumerable<CFindResponse> Endless(Action given)
    {
        while (true)
        {
            given();
            var match = new DataSet();
            match.SetString(DicomTag.StudyInstanceUID, "1.2.3");
            yield return CFindResponse.Match(match);
            await Task.Yield();
        }
    }

    /// <summary>A dialer to which one dial, counted from 1, brings no answer.</summary>
    private sealed class StutteringDialer(IProbeDialer inner, int silentAt) : IProbeDialer
    {
        private int _dials;

        public ValueTask<Dialled> DialAsync(ProbeTarget target, Rung rung, CancellationToken cancel) =>
            ++_dials == silentAt ? new(new Dialled(DialOutcome.Silent, null)) : inner.DialAsync(target, rung, cancel);
    }

    private sealed class Image(Action<long> written) : IOutgoingInstance
    {
        public SopClassUid SopClass { get; } = SopClassUid.Parse(ProbeProposal.StorageAsReceiver);

        public SopInstanceUid SopInstance { get; } = SopInstanceUid.Parse("1.2.3.4.5");

        public IReadOnlyList<TransferSyntax> TransferSyntaxes { get; } = [TransferSyntax.ExplicitVrLittleEndian];

        public async ValueTask CopyDataSetAsync(
            System.IO.Pipelines.PipeWriter sink,
            TransferSyntax transferSyntax,
            CancellationToken cancellationToken
        )
        {
            await sink.WriteAsync(new byte[1024], cancellationToken);
            written(1024);
        }
    }
}
