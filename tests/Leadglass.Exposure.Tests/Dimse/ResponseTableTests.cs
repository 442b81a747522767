using Leadglass.Dicom.Network;
using Leadglass.Testing;

namespace Leadglass.Exposure.Tests.Dimse;

/// <summary>The table of responses: whole, and the same in the code and in docs/auditing.md.</summary>
public sealed class ResponseTableTests
{
    [Fact]
    public void TheDocumentHoldsTheTableOfTheCode()
    {
        var document = File.ReadAllLines(Path.Combine(SharedData.CheckoutRoot, "docs", "auditing.md"));
        var missing = Rows().Where(row => !document.Contains(row, StringComparer.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void EveryStatusEveryEndingAndEveryContextResultHasAnAnswer()
    {
        foreach (var rung in new[] { Rung.Echo, Rung.NullQuery, Rung.NullRetrieve })
        {
            for (var code = 0; code <= 0xFFFF; code++)
            {
                Assert.NotEmpty(ResponseTable.Of(rung, DimseOutcome.OfStatus((ushort)code), false).Reason);
            }

            foreach (var ending in Enum.GetValues<DimseEnding>())
            {
                Assert.NotEmpty(ResponseTable.Of(rung, new DimseOutcome(ending), true).Reason);
                Assert.NotEmpty(ResponseTable.Of(rung, new DimseOutcome(ending, 99), false).Reason);
            }
        }

        for (var bits = 0; bits < 1 << 16; bits++)
        {
            var reject = new AAssociateReject((RejectResult)(bits >> 12), (RejectSource)((bits >> 8) & 15), (byte)bits);
            Assert.NotEqual(Answer.Open, ResponseTable.Of(reject, isTitleKnown: true).Answer);
        }
    }

    [Fact]
    public void OnlyWhatWasCarriedOutIsAnOpenQuery()
    {
        var open = Enumerable
            .Range(0, 0x10000)
            .Where(code =>
                ResponseTable.Of(Rung.NullQuery, DimseOutcome.OfStatus((ushort)code), true).Answer == Answer.Open
            );
        Assert.All(
            open,
            code =>
                Assert.True(
                    new DimseStatus((ushort)code).Class
                        is DimseStatusClass.Success
                            or DimseStatusClass.Warning
                            or DimseStatusClass.Pending
                )
        );
    }

    [Fact]
    public void ATitleThatIsWantingNeverCloses()
    {
        var reject = AAssociateReject.CalledAeTitleNotRecognized;
        Assert.Equal(Answer.Unknown, ResponseTable.Of(reject, isTitleKnown: true).Answer);
        Assert.Equal(Answer.Unknown, ResponseTable.Of(reject, isTitleKnown: false).Answer);
    }

    /// <summary>The rows as the document has them.</summary>
    internal static IEnumerable<string> Rows()
    {
        foreach (var row in ResponseTable.Statuses)
        {
            var codes = row.From == row.To ? $"{row.From:X4}" : $"{row.From:X4}-{row.To:X4}";
            yield return $"| {codes} | {Word(row.Echo)} | {Word(row.Query)} | {Word(row.Retrieve)} | {row.Reason} |";
        }

        foreach (var row in ResponseTable.Endings)
        {
            var response = new DimseOutcome(row.Ending).Response;
            var name = row.Ending == DimseEnding.Aborted ? "A-ABORT" : response;
            yield return $"| {name} | {Word(row.Echo)} | {Word(row.Query)} | {Word(row.Retrieve)} | {row.Reason} |";
        }

        foreach (var row in ResponseTable.Contexts)
        {
            yield return $"| context {(byte)row.Result} | {Word(row.Answer)} | {row.Reason} |";
        }

        foreach (var row in ResponseTable.Rejections)
        {
            var name = $"{Code((byte?)row.Result)}/{Code((byte?)row.Source)}/{Code(row.ReasonCode)}";
            yield return $"| reject {name} | {Word(row.AtKnownTitle)} | {Word(row.AtUnknownTitle)} | {row.Reason} |";
        }
    }

    private static string Code(byte? value) => value is { } code ? $"{code}" : "any";

    private static string Word(Answer answer) =>
        answer switch
        {
            Answer.Open => "open",
            Answer.Closed => "closed",
            _ => "unknown",
        };
}
