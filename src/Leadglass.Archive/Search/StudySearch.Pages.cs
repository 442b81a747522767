using System.Runtime.CompilerServices;
using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <content>Pages of matches, in an order, with a count (PS3.18 8.3.4, 10.6).</content>
public sealed partial class StudySearch
{
    /// <summary>Rows that are opened for a count only; beyond it there is none.</summary>
    internal const int RowsCountedMax = 2000;

    /// <summary>
    /// Part of the matches of a query, in an order. Studies are put in order and left out by the search directory, so
    /// that of 100,000 studies no more rows are opened than a page shows.
    /// </summary>
    /// <param name="grant">Leave to query.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="page">Which part, in which order.</param>
    /// <exception cref="ArgumentOutOfRangeException">Offset or limit is beyond its bound.</exception>
    /// <exception cref="SearchRefusedException">The identifier is wrong, or the query looks at too much.</exception>
    /// <exception cref="AccessRefusedException">The grant does not hold, or the trail fails.</exception>
    public async ValueTask<SearchPage> PageAsync(
        AccessGrant grant,
        SearchRequest request,
        PageRequest page,
        CancellationToken cancellationToken
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegative(page.Offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(page.Offset, PageRequest.OffsetMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(page.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(page.Limit, PageRequest.LimitMax);
        if (grant.Operation is not Operation.Query)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        var plan = QueryPlan.Of(request, page.FuzzyNames);

        // The trail's flush and the search go on beside each other; nothing is given back before both are done.
        var recorded = grant.AuthorizeQueryAsync(InWords(request), cancellationToken).AsTask();
        SearchPage found;
        try
        {
            found = await FindPageAsync(new SearchWork(grant, plan, _options.RowsOpenedMax), page, cancellationToken);
        }
        finally
        {
            await recorded;
        }

        return found;
    }

    private async Task<SearchPage> FindPageAsync(SearchWork work, PageRequest page, CancellationToken cancellationToken)
    {
        var entries = await OrderedEntriesAsync(work, page.Order, cancellationToken);
        // Where the directory alone decides, neither what is passed over nor what is counted has to be opened.
        var isDecided =
            work.Plan.Level is QueryLevel.Study && work.Grant.ReachesEverything && StudyFilter.IsExact(work.Plan);
        var skipped = isDecided ? page.Offset : 0;
        List<DataSet> matches = [];
        var (seen, isCut, isCounted) = ((long)skipped, false, true);
        var answers = AnswersAsync(work, RowsOf(entries.Skip(skipped), cancellationToken), cancellationToken);
        await foreach (var answer in answers.WithCancellation(cancellationToken))
        {
            seen++;
            if (seen <= page.Offset)
            {
                continue;
            }

            if (matches.Count < page.Limit)
            {
                matches.Add(answer);
                continue;
            }

            isCut = true;
            if (!page.CountAll || isDecided || work.RowsOpened > RowsCountedMax)
            {
                isCounted = false;
                break;
            }
        }

        long? total =
            !page.CountAll ? null
            : isDecided && (isCut || skipped > 0) ? Count(work, entries)
            : isCounted ? seen
            : null;
        return new SearchPage(matches, total, isCut) { AllKeysSupported = work.Plan.AllKeysSupported };
    }

    private long Count(SearchWork work, IEnumerable<StudyEntry> entries) =>
        work.Plan.MatchersOf(QueryLevel.Patient).Count + work.Plan.MatchersOf(QueryLevel.Study).Count == 0
            ? _directory.Count
            : entries.LongCount();

    private async ValueTask<IEnumerable<StudyEntry>> OrderedEntriesAsync(
        SearchWork work,
        SearchOrder order,
        CancellationToken cancellationToken
    )
    {
        if (await NamedStudiesAsync(work.Plan, cancellationToken) is { } named)
        {
            return named.Select(_directory.Find).OfType<StudyEntry>().InOrder(order);
        }

        return StudyFilter.Candidates(work.Plan, _directory, order, ReachFilter.Of(work.Grant, _keys));
    }

    private async IAsyncEnumerable<StudyRow> RowsOf(
        IEnumerable<StudyEntry> entries,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await _index.FindStudyAsync(entry.Token, cancellationToken) is { } row)
            {
                yield return row;
            }
        }
    }
}
