using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Leadglass.Access;
using Leadglass.Dicom;

namespace Leadglass.Archive;

/// <summary>
/// Finds patients, studies, series and instances (PS3.4 C.4.1). Answers are of what the grant covers only, and come after
/// the trail has a durable record of the query.
/// </summary>
public sealed partial class StudySearch
{
    private readonly IStudyIndex _index;
    private readonly ArchiveKeys _keys;
    private readonly StudyDirectory _directory;
    private readonly ContentOpener _opener;
    private readonly ArchiveOptions _options;

    internal StudySearch(
        IStudyIndex index,
        ArchiveKeys keys,
        StudyDirectory directory,
        ContentOpener opener,
        ArchiveOptions options
    ) => (_index, _keys, _directory, _opener, _options) = (index, keys, directory, opener, options);

    /// <summary>How many studies the archive holds.</summary>
    public int StudyCount => _directory.Count;

    /// <summary>The answers, one by one, as they are found.</summary>
    /// <param name="grant">Leave to query.</param>
    /// <param name="request">What is asked for.</param>
    /// <exception cref="SearchRefusedException">The identifier is wrong, or the query went beyond a limit.</exception>
    /// <exception cref="AccessRefusedException">The grant does not hold, or the trail fails.</exception>
    public async IAsyncEnumerable<SearchMatch> FindAsync(
        AccessGrant grant,
        SearchRequest request,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (grant.Operation is not Operation.Query)
        {
            throw new AccessRefusedException(RefusalReason.RightMissing);
        }

        var plan = QueryPlan.Of(request);
        await grant.AuthorizeQueryAsync(InWords(request), cancellationToken);
        var work = new SearchWork(grant, plan, _options.RowsOpenedMax);
        var answers = 0;
        await foreach (var answer in AnswersAsync(work, CandidatesAsync(work, cancellationToken), cancellationToken))
        {
            if (++answers > _options.AnswersMax)
            {
                throw new SearchRefusedException(QueryStatus.OutOfResources, "too many matches: narrow the query");
            }

            yield return new SearchMatch(answer, plan.AllKeysSupported);
        }
    }

    private async IAsyncEnumerable<DataSet> AnswersAsync(
        SearchWork work,
        IAsyncEnumerable<StudyRow> candidates,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var plan = work.Plan;
        HashSet<Sealing.Token> patients = [];
        await foreach (var study in StudiesAsync(work, candidates, cancellationToken))
        {
            switch (plan.Level)
            {
                case QueryLevel.Patient:
                    if (patients.Add(study.Row.Patient))
                    {
                        yield return Answer(plan, study.Content);
                    }

                    break;
                case QueryLevel.Study:
                    yield return Answer(plan, study.Content);
                    break;
                default:
                    await foreach (var answer in BelowAsync(work, study, cancellationToken))
                    {
                        yield return answer;
                    }

                    break;
            }
        }
    }

    private async IAsyncEnumerable<DataSet> BelowAsync(
        SearchWork work,
        OpenedStudy study,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var series in SeriesAsync(work, study, cancellationToken))
        {
            if (work.Plan.Level is QueryLevel.Series)
            {
                yield return Answer(work.Plan, study.Content, series.Content);
                continue;
            }

            await foreach (var instance in InstancesAsync(work, study, series, cancellationToken))
            {
                yield return Answer(work.Plan, study.Content, series.Content, instance);
            }
        }
    }

    /// <summary>The studies whose patient and study attributes match.</summary>
    private async IAsyncEnumerable<OpenedStudy> StudiesAsync(
        SearchWork work,
        IAsyncEnumerable<StudyRow> candidates,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await foreach (var row in candidates)
        {
            work.CountRow();
            if (_opener.OpenStudy(work.Grant, row) is not { } study)
            {
                continue;
            }

            ComputedAttributes.Add(work.Plan, study, _directory, work.Grant);
            if (
                work.Plan.Matches(QueryLevel.Patient, study.Content)
                && work.Plan.Matches(QueryLevel.Study, study.Content)
            )
            {
                yield return study;
            }
        }
    }

    private async IAsyncEnumerable<OpenedSeries> SeriesAsync(
        SearchWork work,
        OpenedStudy study,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var wanted = Tokens(work.Plan.Series, SeriesToken);
        await foreach (var row in _index.SeriesOfAsync(study.Row.Token, cancellationToken))
        {
            if (wanted is not null && !wanted.Contains(row.Token))
            {
                continue;
            }

            work.CountRow();
            if (ContentOpener.OpenSeries(work.Grant, study, row) is { } series)
            {
                series.Content.SetString(DicomTag.NumberOfSeriesRelatedInstances, row.InstanceCount.ToString());
                if (work.Plan.Matches(QueryLevel.Series, series.Content))
                {
                    yield return series;
                }
            }
        }
    }

    private async IAsyncEnumerable<DataSet> InstancesAsync(
        SearchWork work,
        OpenedStudy study,
        OpenedSeries series,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var wanted = Tokens(work.Plan.Instances, InstanceToken);
        await foreach (var row in _index.InstancesOfAsync(series.Row.Token, cancellationToken))
        {
            if (wanted is not null && !wanted.Contains(row.Token))
            {
                continue;
            }

            work.CountRow();
            var instance = ContentOpener.OpenInstance(study, row);
            if (work.Plan.Matches(QueryLevel.Image, instance))
            {
                yield return instance;
            }
        }
    }

    /// <summary>By UID from the index where the keys name one, else by a scan of the directory.</summary>
    private async IAsyncEnumerable<StudyRow> CandidatesAsync(
        SearchWork work,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (await NamedStudiesAsync(work.Plan, cancellationToken) is { } named)
        {
            foreach (var token in named)
            {
                if (await _index.FindStudyAsync(token, cancellationToken) is { } row)
                {
                    yield return row;
                }
            }

            yield break;
        }

        var entries = StudyFilter.Candidates(work.Plan, _directory, ReachFilter.Of(work.Grant, _keys));
        await foreach (var row in RowsOf(entries, cancellationToken))
        {
            yield return row;
        }
    }

    private async ValueTask<List<Sealing.Token>?> NamedStudiesAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        List<Sealing.Token> studies = [];
        if (plan.Studies.Count > 0 && plan.Level >= QueryLevel.Study)
        {
            foreach (var uid in plan.Studies)
            {
                if (StudyInstanceUid.TryParse(uid, out var study))
                {
                    studies.Add(_keys.Of(study));
                }
            }
        }
        else if (plan.Series.Count > 0 && plan.Level >= QueryLevel.Series)
        {
            foreach (var token in Tokens(plan.Series, SeriesToken)!)
            {
                if (await _index.FindSeriesAsync(token, cancellationToken) is { } series)
                {
                    studies.Add(series.Study);
                }
            }
        }
        else if (plan.Instances.Count > 0 && plan.Level is QueryLevel.Image)
        {
            foreach (var token in Tokens(plan.Instances, InstanceToken)!)
            {
                if (
                    await _index.FindInstanceAsync(token, cancellationToken) is { } instance
                    && await _index.FindSeriesAsync(instance.Series, cancellationToken) is { } series
                )
                {
                    studies.Add(series.Study);
                }
            }
        }
        else
        {
            return null;
        }

        return [.. studies.Distinct()];
    }

    private DataSet Answer(QueryPlan plan, params IReadOnlyList<DataSet> rows) =>
        AnswerWriter.Write(plan, rows, _options.RetrieveAeTitle);

    private Sealing.Token? SeriesToken(string uid) =>
        SeriesInstanceUid.TryParse(uid, out var series) ? _keys.Of(series) : null;

    private Sealing.Token? InstanceToken(string uid) =>
        SopInstanceUid.TryParse(uid, out var instance) ? _keys.Of(instance) : null;

    private static HashSet<Sealing.Token>? Tokens(IReadOnlyList<string> uids, Func<string, Sealing.Token?> token) =>
        uids.Count == 0 ? null : [.. uids.Select(token).OfType<Sealing.Token>()];

    /// <summary>
    /// The query for the trail, which seals it. Patient and study come first, and a digest of the whole stands at the end,
    /// so that padding hides neither whom a query is about nor that it is another one.
    /// </summary>
    private static string InWords(SearchRequest request)
    {
        var words = new StringBuilder($"{request.Model}");
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var element in request.Identifier.OrderBy(element => Precedence(element.Tag)))
        {
            var values = request.Identifier.GetStrings(element.Tag);
            whole.AppendData(Encoding.UTF8.GetBytes($"{element.Tag}={string.Join('\\', values)}\n"));
            if (words.Length < 2000 && element.Tag != DicomTag.SpecificCharacterSet)
            {
                words.Append(' ').Append(element.Tag).Append('=').AppendJoin('\\', values.Take(20));
            }
        }

        return $"{words.ToString(0, Math.Min(words.Length, 2000))} #{Convert.ToHexString(whole.GetHashAndReset())}";
    }

    private static int Precedence(DicomTag tag) =>
        tag.Group switch
        {
            0x0010 => 0,
            0x0020 => 1,
            _ => 2,
        };

    private sealed class SearchWork(AccessGrant grant, QueryPlan plan, int rowsMax)
    {
        private int _rows;

        public AccessGrant Grant { get; } = grant;
        public QueryPlan Plan { get; } = plan;
        public int RowsOpened => _rows;

        public void CountRow()
        {
            if (++_rows > rowsMax)
            {
                throw new SearchRefusedException(QueryStatus.OutOfResources, "the query looks at too much: narrow it");
            }
        }
    }
}
