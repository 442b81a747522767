using Leadglass.Sealing;

namespace Leadglass.Archive.Sqlite;

/// <content>What is shown, hidden and removed, and what follows from that.</content>
internal sealed partial class SqliteIndexWriter
{
    private void RejectInstance(Token instance, RejectionReason? reason)
    {
        FlushCounts();
        if (
            Scalar("SELECT series FROM instance WHERE token = $0", instance.ToBytes()) is not { } series
            || Scalar("SELECT rejected FROM instance WHERE token = $0", instance.ToBytes()) is not { } former
        )
        {
            return;
        }

        var now = (long?)reason ?? 0;
        Run("UPDATE instance SET rejected = $1 WHERE token = $0", instance.ToBytes(), now);
        CountInstances(series, (now == 0 ? 1 : 0) - (former == 0 ? 1 : 0));
    }

    private void AddDecision(DecisionRow row) =>
        Run(
            """
            INSERT INTO decision (record, kind, study, key, sealed) VALUES ($0, $1, $2, $3, $4)
            ON CONFLICT (record) DO NOTHING
            """,
            row.Record.ToBytes(),
            (int)row.Kind,
            row.Study.ToBytes(),
            row.Key.ToBytes(),
            row.Sealed.ToArray()
        );

    private void PutMetadata(MetadataRow row)
    {
        FlushCounts();
        Run(
            """
            INSERT INTO metadata (series, instances, length, sealed)
            SELECT id, $2, $3, $4 FROM series WHERE token = $0 AND changes = $1
            ON CONFLICT (series) DO UPDATE
            SET instances = excluded.instances, length = excluded.length, sealed = excluded.sealed
            """,
            row.Series.ToBytes(),
            row.Changes,
            row.Instances,
            row.Length,
            row.Sealed.ToArray()
        );
    }

    private void ForgetMetadata(Token token)
    {
        FlushCounts();
        if (Scalar("SELECT id FROM study WHERE token = $0", token.ToBytes()) is { } study)
        {
            Run("DELETE FROM metadata WHERE series IN (SELECT id FROM series WHERE study = $0)", study);
            Run("UPDATE series SET changes = changes + 1 WHERE study = $0", study);
        }
    }

    private void RemoveInstance(Token instance)
    {
        FlushCounts();
        if (
            Scalar("SELECT series FROM instance WHERE token = $0", instance.ToBytes()) is not { } series
            || Scalar("SELECT rejected FROM instance WHERE token = $0", instance.ToBytes()) is not { } rejected
        )
        {
            return;
        }

        Run("DELETE FROM instance WHERE token = $0", instance.ToBytes());
        CountInstances(series, rejected == 0 ? -1 : 0);
        if (Scalar("SELECT id FROM instance WHERE series = $0 LIMIT 1", series) is not null)
        {
            return;
        }

        var study = Scalar("SELECT study FROM series WHERE id = $0", series)!;
        Run("DELETE FROM metadata WHERE series = $0", series);
        Run("DELETE FROM series WHERE id = $0", series);
        if (Scalar("SELECT id FROM series WHERE study = $0 LIMIT 1", study) is null)
        {
            Run("DELETE FROM decision WHERE study = (SELECT token FROM study WHERE id = $0)", study);
            Run("DELETE FROM study WHERE id = $0", study);
        }

        seriesIds.Clear();
    }

    private void RemoveStudy(Token token)
    {
        FlushCounts();
        if (Scalar("SELECT id FROM study WHERE token = $0", token.ToBytes()) is not { } study)
        {
            return;
        }

        Run("DELETE FROM metadata WHERE series IN (SELECT id FROM series WHERE study = $0)", study);
        Run("DELETE FROM instance WHERE series IN (SELECT id FROM series WHERE study = $0)", study);
        Run("DELETE FROM series WHERE study = $0", study);
        Run("DELETE FROM decision WHERE study = $0", token.ToBytes());
        Run("DELETE FROM study WHERE id = $0", study);
        seriesIds.Clear();
    }

    /// <summary>What a series shows changed: its count, perhaps whether it is shown at all, and its metadata is void.</summary>
    private void CountInstances(long series, int added)
    {
        var former = Scalar("SELECT instance_count FROM series WHERE id = $0", series) ?? 0;
        Run(
            "UPDATE series SET instance_count = instance_count + $1, changes = changes + 1 WHERE id = $0",
            series,
            added
        );
        Run("DELETE FROM metadata WHERE series = $0", series);
        Run(
            """
            UPDATE study SET instance_count = instance_count + $1, series_count = series_count + $2
            WHERE id = (SELECT study FROM series WHERE id = $0)
            """,
            series,
            added,
            (former + added > 0 ? 1 : 0) - (former > 0 ? 1 : 0)
        );
    }
}
