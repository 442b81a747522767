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
        List<DataSet> matches = [];
        var (seen, isCut, isCounted) = (0L, false, true);
        await foreach (var answer in OrderedAnswersAsync(work, page.Order, cancellationToken))
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
            if (!page.CountAll || work.RowsOpened > RowsCountedMax)
            {
                isCounted = false;
                break;
            }
        }

        return new SearchPage(matches, page.CountAll && isCounted ? seen : null, isCut)
        {
            AllKeysSupported = work.Plan.AllKeysSupported,
        };
    }

    private async IAsyncEnumerable<DataSet> OrderedAnswersAsync(
        SearchWork work,
        SearchOrder order,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var named = await NamedStudiesAsync(work.Plan, cancellationToken);
        var entries = named is null
            ? StudyFilter.Candidates(work.Plan, _directory, order)
            : named.Select(_directory.Find).OfType<StudyEntry>().InOrder(order);
        await foreach (var answer in AnswersAsync(work, RowsOf(entries, cancellationToken), cancellationToken))
        {
            yield return answer;
        }
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
