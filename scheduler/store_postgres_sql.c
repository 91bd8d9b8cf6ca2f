/* SPDX-License-Identifier: MIT
 *
 * All SQL of the PostgreSQL store: the schema's migrations and every statement.
 *
 * Format: `migrations` holds a row for each migration applied. They are numbered, only ever added
 * to, and never taken back. One is additive if a program that does not know it still reads and
 * writes correctly beside it (a new table, an index, a column with a default): a program goes on
 * with a database one additive migration newer than its own, so that two schedulers can be replaced
 * one after the other. Moments are little endian float64 as they came from the executor. Moments
 * and scores are cut into partitions by the day of their job's submission, and have no foreign key
 * to jobs: what writes them holds a batch or a job already, and a day is forgotten by DROP.
 * batches.closed is the attempt that last ended a lease with a report: that is how a repeated
 * result is known.
 *
 * Locks: the leader alone writes the queue, and its core alone decides what is leased, so a lease
 * is an UPDATE of a row that nobody else wants, and rows need not be fought for with SKIP LOCKED.
 * It serves the one thing that two schedulers do fight for, the lead. A turn holds that row FOR KEY
 * SHARE: renewing it does not wait for turns, since epoch is the key and does not change, but
 * taking it over does.
 *
 * Invariant: a migration that was released is never edited.
 */
#include "store_postgres.h"

#include <assert.h>

#include "embedded_views.h"

static const struct pg_migration migrations[] = {
    {"CREATE TABLE meta(key text PRIMARY KEY, value text NOT NULL);"
     "CREATE TABLE leader("
     " id bigint PRIMARY KEY CHECK(id = 1), epoch bigint NOT NULL UNIQUE, owner text NOT NULL,"
     " name text NOT NULL, expires timestamptz NOT NULL, pid bigint NOT NULL, began timestamptz);"
     "INSERT INTO leader VALUES(1, 0, '', '', '-infinity', 0, NULL);"
     "CREATE TABLE days(day bigint PRIMARY KEY);"
     "CREATE TABLE jobs("
     " seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, day bigint NOT NULL,"
     " id text NOT NULL UNIQUE, name text NOT NULL, state text NOT NULL, status text NOT NULL,"
     " detail text NOT NULL, units_total bigint NOT NULL, units_done bigint NOT NULL,"
     " batches_total bigint NOT NULL, batches_done bigint NOT NULL, submitted_ms bigint NOT NULL,"
     " finished_ms bigint NOT NULL, spec_bytes bigint NOT NULL, moments_version bigint NOT NULL,"
     " engine_version text NOT NULL, started_ms bigint NOT NULL, tenant text NOT NULL,"
     " priority bigint NOT NULL, resource text NOT NULL, memory_bytes bigint NOT NULL,"
     " not_before_ms bigint NOT NULL, start_by_ms bigint NOT NULL, run_ms bigint NOT NULL,"
     " schedule bigint NOT NULL, truth text NOT NULL, key text);"
     "CREATE INDEX jobs_live ON jobs(seq) WHERE state IN ('queued', 'planning', 'running');"
     "CREATE UNIQUE INDEX jobs_key ON jobs(tenant, key)"
     " WHERE key IS NOT NULL AND state NOT IN ('failed', 'cancelled');"
     "CREATE TABLE specs("
     " job bigint PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, spec text NOT NULL);"
     "CREATE TABLE plans("
     " job bigint PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, plan text NOT NULL);"
     "CREATE TABLE batches("
     " job bigint NOT NULL REFERENCES jobs ON DELETE CASCADE, number bigint NOT NULL,"
     " kind text NOT NULL, state text NOT NULL, first_unit bigint NOT NULL,"
     " n_units bigint NOT NULL, tries bigint NOT NULL, losses bigint NOT NULL, attempt text,"
     " session text, seq bigint NOT NULL, closed text, kills bigint NOT NULL,"
     " not_before_ms bigint NOT NULL, PRIMARY KEY(job, number),"
     " CHECK((state = 'leased') = (attempt IS NOT NULL)));"
     "CREATE INDEX batches_dead ON batches(job, number) WHERE state = 'dead';"
     "CREATE TABLE sessions("
     " session text PRIMARY KEY, executor text NOT NULL, boot text NOT NULL UNIQUE,"
     " device text NOT NULL, memory_bytes bigint NOT NULL, pid bigint NOT NULL);"
     "CREATE TABLE attempts("
     " number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
     " job bigint NOT NULL REFERENCES jobs ON DELETE CASCADE, batch bigint NOT NULL,"
     " at_ms bigint NOT NULL, executor text NOT NULL, status text NOT NULL,"
     " detail text NOT NULL);"
     "CREATE INDEX attempts_of_batch ON attempts(job, batch, number);"
     "CREATE TABLE schedules("
     " seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL UNIQUE,"
     " name text NOT NULL, cron text NOT NULL, zone text NOT NULL, due_ms bigint NOT NULL,"
     " is_paused bigint NOT NULL, is_owed bigint NOT NULL, spec text NOT NULL);"
     "CREATE TABLE forecasts("
     " job bigint NOT NULL REFERENCES jobs ON DELETE CASCADE, forecast bigint NOT NULL,"
     " id text NOT NULL, status text NOT NULL, detail text NOT NULL, PRIMARY KEY(job, forecast));"
     "CREATE TABLE warnings("
     " number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
     " job bigint NOT NULL REFERENCES jobs ON DELETE CASCADE, text text NOT NULL);"
     "CREATE INDEX warnings_of_job ON warnings(job, number);"
     "CREATE TABLE composites("
     " job bigint NOT NULL REFERENCES jobs ON DELETE CASCADE, forecast bigint NOT NULL,"
     " id text NOT NULL, profile text NOT NULL, composite text NOT NULL,"
     " PRIMARY KEY(job, forecast));"
     "CREATE TABLE results("
     " job bigint PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, document text NOT NULL);"
     "CREATE TABLE moments("
     " day bigint NOT NULL, job bigint NOT NULL, unit bigint NOT NULL, sums bytea NOT NULL,"
     " PRIMARY KEY(day, job, unit)) PARTITION BY RANGE(day);"
     "CREATE TABLE scores("
     " day bigint NOT NULL, job bigint NOT NULL, seq bigint NOT NULL, forecast text NOT NULL,"
     " variable text NOT NULL, level double precision, lead_time_s bigint NOT NULL,"
     " init_time_s bigint, valid_time_s bigint, region text NOT NULL, weighting text NOT NULL,"
     " metric text NOT NULL, value double precision, PRIMARY KEY(day, job, seq))"
     " PARTITION BY RANGE(day);"
     /* Sums hardly compress, and trying costs more than the disk. */
     "ALTER TABLE moments ALTER COLUMN sums SET STORAGE EXTERNAL;",
     false},
    {"CREATE INDEX jobs_of_day ON jobs(day);", true},
    {"CREATE TABLE standings("
     " job bigint NOT NULL REFERENCES jobs ON DELETE CASCADE, forecast bigint NOT NULL,"
     " id text NOT NULL, profile text NOT NULL, name text NOT NULL, score double precision,"
     " head text NOT NULL, PRIMARY KEY(job, forecast));"
     "CREATE INDEX standings_rank ON standings((score IS NULL), score DESC, job, forecast);",
     true},
    {"CREATE TABLE tokens("
     " id text PRIMARY KEY, name text NOT NULL, hash text NOT NULL UNIQUE, scope text NOT NULL,"
     " tenant text NOT NULL, created_ms bigint NOT NULL, expires_ms bigint NOT NULL);"
     "CREATE INDEX jobs_of_tenant ON jobs(tenant, seq);",
     true},
    {NULL, true}, /* views/gaia.sql, which is too long for a literal */
    {"ALTER TABLE sessions ADD COLUMN drained bigint NOT NULL DEFAULT 0;", true},
};

#define LIVE "state IN ('queued', 'planning', 'running')"

#define JOB_COLUMNS                                                                                \
    "jobs.seq, jobs.id, jobs.name, jobs.state, jobs.status, jobs.detail, jobs.units_total,"        \
    " jobs.units_done, jobs.batches_total, jobs.batches_done, jobs.submitted_ms,"                  \
    " jobs.finished_ms, jobs.spec_bytes, jobs.started_ms, jobs.tenant, jobs.priority,"             \
    " jobs.resource, jobs.memory_bytes, jobs.not_before_ms, jobs.start_by_ms, jobs.run_ms,"        \
    " jobs.schedule, jobs.truth, jobs.key"

#define BATCH_COLUMNS                                                                              \
    "batches.job, batches.number, batches.kind, batches.state, batches.first_unit,"                \
    " batches.n_units, batches.tries, batches.losses, batches.attempt, batches.session,"           \
    " batches.seq, batches.kills, batches.not_before_ms"

#define RESULT_UPDATE                                                                              \
    "UPDATE batches SET state = $5, closed = attempt, attempt = NULL, session = NULL"              \
    " WHERE job = $1 AND number = $2 AND attempt = $3 AND session = $4 AND state = 'leased'"       \
    " RETURNING 1"

#define EXPIRES "clock_timestamp() + $3 * interval '1 millisecond'"
#define BEGAN                                                                                      \
    "(SELECT backend_start FROM pg_stat_get_activity(pg_backend_pid()) WHERE pid ="                \
    " pg_backend_pid())"

static const char *const texts[PG_SQL_COUNT] = {
    [PG_BEGIN] = "BEGIN",
    [PG_COMMIT] = "COMMIT",
    [PG_ROLLBACK] = "ROLLBACK",
    /* Dividing by the rows found fails where there is none: the rest of the pipeline is then not
     * carried out, COMMIT included. */
    [PG_FENCE] = "SELECT 1 / count(*) FROM"
                 " (SELECT 1 FROM leader WHERE epoch = $1 FOR KEY SHARE) AS held",
    [PG_LEAD_RENEW] = "UPDATE leader SET expires = " EXPIRES ", name = $4,"
                      " pid = pg_backend_pid(), began = " BEGAN
                      " WHERE owner = $1 AND epoch = $2 RETURNING epoch",
    [PG_LEAD_READ] = "SELECT name, (expires <= clock_timestamp())::int::bigint FROM leader",
    [PG_LEAD_TERMINATE] =
        "SELECT pg_terminate_backend(leader.pid::int) FROM leader, pg_stat_activity AS old"
        " WHERE old.pid = leader.pid AND old.backend_start = leader.began"
        " AND old.pid <> pg_backend_pid()"
        " AND (leader.owner = $1 OR leader.expires <= clock_timestamp())",
    [PG_LEAD_TAKE] = "UPDATE leader SET epoch = epoch + 1, owner = $1, name = $2,"
                     " expires = " EXPIRES ", pid = pg_backend_pid(), began = " BEGAN
                     " WHERE expires <= clock_timestamp()"
                     " AND id IN (SELECT id FROM leader FOR UPDATE SKIP LOCKED) RETURNING epoch",
    [PG_LEAD_RELEASE] = "UPDATE leader SET expires = '-infinity' WHERE owner = $1 AND epoch = $2",
    [PG_DAY_ADD] = "INSERT INTO days VALUES($1) ON CONFLICT DO NOTHING",
    [PG_DAY_OLD] = "SELECT day FROM days WHERE day < $1 AND NOT EXISTS"
                   " (SELECT 1 FROM jobs WHERE jobs.day = days.day) ORDER BY day LIMIT 1",
    [PG_DAY_OF_JOB] = "SELECT day FROM jobs WHERE seq = $1",
    [PG_JOBS_FORGET] =
        "DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE day < $1"
        " AND state IN ('succeeded', 'failed', 'cancelled') ORDER BY day, seq LIMIT $2)",
    [PG_JOB_INSERT] =
        "WITH made AS (INSERT INTO jobs(day, id, name, state, status, detail, units_total,"
        " units_done, batches_total, batches_done, submitted_ms, finished_ms, spec_bytes,"
        " moments_version, engine_version, started_ms, tenant, priority, resource, memory_bytes,"
        " not_before_ms, start_by_ms, run_ms, schedule, truth, key)"
        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
        " $19, $20, $21, $22, $23, $24, $25, $26) RETURNING seq)"
        " INSERT INTO specs(job, spec) SELECT seq, $27 FROM made RETURNING job",
    [PG_JOB_UPDATE] = "UPDATE jobs SET state = $2, status = $3, detail = $4, units_total = $5,"
                      " units_done = $6, batches_total = $7, batches_done = $8, finished_ms = $9,"
                      " started_ms = $10 WHERE seq = $1",
    [PG_BATCH_PUT] =
        "INSERT INTO batches(job, number, kind, state, first_unit, n_units, tries, losses,"
        " attempt, session, seq, kills, not_before_ms)"
        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        " ON CONFLICT(job, number) DO UPDATE SET state = excluded.state, tries = excluded.tries,"
        " losses = excluded.losses, attempt = excluded.attempt, session = excluded.session,"
        " seq = excluded.seq, kills = excluded.kills, not_before_ms = excluded.not_before_ms",
    [PG_BATCHES_STOP] = "UPDATE batches SET state = 'cancelled', attempt = NULL, session = NULL"
                        " WHERE job = $1 AND state IN ('blocked', 'ready', 'leased')",
    [PG_JOB_REVIVE] =
        "WITH revived AS (UPDATE jobs SET state = CASE WHEN units_total > 0 THEN 'running'"
        " ELSE 'queued' END, status = 'ok', detail = '', finished_ms = 0, started_ms = 0,"
        " start_by_ms = 0 WHERE seq = $1 AND state = 'failed' RETURNING seq)"
        " UPDATE batches SET state = 'ready', tries = 0, losses = 0, kills = 0, not_before_ms = 0"
        " FROM revived WHERE job = revived.seq AND state IN ('failed', 'dead', 'cancelled')",
    [PG_ATTEMPT_ADD] = "INSERT INTO attempts(job, batch, at_ms, executor, status, detail)"
                       " VALUES($1, $2, $3, $4, $5, $6)",
    [PG_ATTEMPTS_TRIM] = "DELETE FROM attempts WHERE job = $1 AND batch = $2 AND number <="
                         " (SELECT number FROM attempts WHERE job = $1 AND batch = $2"
                         " ORDER BY number DESC LIMIT 1 OFFSET $3)",
    [PG_SCHEDULE_INSERT] = "INSERT INTO schedules(id, name, cron, zone, due_ms, is_paused,"
                           " is_owed, spec) VALUES($1, $2, $3, $4, $5, $6, $7, $8) RETURNING seq",
    [PG_SCHEDULE_UPDATE] = "UPDATE schedules SET due_ms = $2, is_paused = $3, is_owed = $4"
                           " WHERE seq = $1",
    [PG_SCHEDULE_DROP] = "DELETE FROM schedules WHERE seq = $1",
    [PG_TOKEN_ADD] = "INSERT INTO tokens(id, name, hash, scope, tenant, created_ms, expires_ms)"
                     " VALUES($1, $2, $3, $4, $5, $6, $7)",
    [PG_TOKEN_DROP] = "DELETE FROM tokens WHERE id = $1",
    [PG_TOKENS_READ] = "SELECT id, name, hash, scope, tenant, created_ms, expires_ms FROM tokens"
                       " ORDER BY id COLLATE \"C\"",
    [PG_SESSION_PUT] =
        "INSERT INTO sessions(session, executor, boot, device, memory_bytes, pid,"
        " drained) VALUES($1, $2, $3, $4, $5, $6, $7) ON CONFLICT(session) DO UPDATE SET"
        " executor = excluded.executor, device = excluded.device,"
        " memory_bytes = excluded.memory_bytes, pid = excluded.pid, drained = excluded.drained",
    [PG_SESSION_DROP] = "DELETE FROM sessions WHERE session = $1",
    /* Of a lease that this store knows to stand: fails if the database does not agree. */
    [PG_RESULT_TAKE] = "WITH taken AS (" RESULT_UPDATE ") SELECT 1 / count(*) FROM taken",
    [PG_RESULT_ASK] =
        "WITH taken AS (" RESULT_UPDATE ") SELECT CASE"
        " WHEN EXISTS(SELECT 1 FROM taken) THEN 0::bigint"
        " WHEN EXISTS(SELECT 1 FROM batches WHERE job = $1 AND number = $2 AND closed = $3)"
        " THEN 1 ELSE 2 END",
    [PG_PLAN_PUT] = "INSERT INTO plans(job, plan) VALUES($1, $2)",
    [PG_FORECAST_PUT] =
        "INSERT INTO forecasts(job, forecast, id, status, detail) VALUES($1, $2, $3, $4, $5)"
        " ON CONFLICT(job, forecast) DO UPDATE SET status = excluded.status,"
        " detail = excluded.detail WHERE forecasts.status = 'ok'",
    [PG_WARNING_ADD] = "INSERT INTO warnings(job, text) VALUES($1, $2)",
    [PG_SCORES_DELETE] = "DELETE FROM scores WHERE day = $1 AND job = $2 AND seq <"
                         " (SELECT min(seq) FROM scores WHERE day = $1 AND job = $2) + $3",
    [PG_COMPOSITE_PUT] =
        "INSERT INTO composites(job, forecast, id, profile, composite) VALUES($1, $2, $3, $4, $5)"
        " ON CONFLICT(job, forecast) DO UPDATE SET id = excluded.id, profile = excluded.profile,"
        " composite = excluded.composite",
    [PG_STANDING_PUT] =
        "INSERT INTO standings(job, forecast, id, profile, name, score, head)"
        " VALUES($1, $2, $3, $4, $5, $6, $7) ON CONFLICT(job, forecast) DO UPDATE SET"
        " id = excluded.id, profile = excluded.profile, name = excluded.name,"
        " score = excluded.score, head = excluded.head",
    [PG_STANDING_DROP] = "DELETE FROM standings WHERE job = $1 AND forecast = $2",
    [PG_DOCUMENT_PUT] = "INSERT INTO results(job, document) VALUES($1, $2)",
    [PG_SPEC_READ] = "SELECT spec FROM specs WHERE job = $1",
    [PG_PLAN_READ] = "SELECT plan FROM plans WHERE job = $1",
    [PG_DOCUMENT_READ] = "SELECT document FROM results WHERE job = $1",
    [PG_SCHEDULE_SPEC_READ] = "SELECT spec FROM schedules WHERE seq = $1",
    [PG_SESSIONS_READ] = "SELECT session, executor, boot, device, memory_bytes, pid, drained FROM"
                         " sessions ORDER BY session COLLATE \"C\"",
    [PG_SCHEDULES_READ] = "SELECT seq, id, name, cron, zone, due_ms, is_paused, is_owed"
                          " FROM schedules ORDER BY seq",
    [PG_JOBS_LIVE] = "SELECT " JOB_COLUMNS " FROM jobs WHERE " LIVE " AND seq > $1"
                     " ORDER BY seq LIMIT $2",
    [PG_BATCHES_LIVE] = "SELECT " BATCH_COLUMNS " FROM batches JOIN jobs ON jobs.seq = batches.job"
                        " WHERE jobs." LIVE " AND (batches.job, batches.number) > ($1, $2)"
                        " ORDER BY batches.job, batches.number LIMIT $3",
    [PG_JOB_LOAD] = "SELECT " JOB_COLUMNS " FROM jobs WHERE seq = $1 AND " LIVE,
    [PG_BATCHES_READ] = "SELECT " BATCH_COLUMNS " FROM batches WHERE job = $1 ORDER BY number",
    [PG_JOB_FIND] = "SELECT " JOB_COLUMNS " FROM jobs WHERE id = $1",
    [PG_JOB_SHOW] =
        "SELECT " JOB_COLUMNS ", more.kind, more.number, more.name, more.status, more.detail"
        " FROM jobs LEFT JOIN LATERAL (SELECT 0::bigint AS kind, forecast AS number, id AS name,"
        " status, detail FROM forecasts WHERE job = jobs.seq UNION ALL"
        " SELECT 1, number, text, '', '' FROM warnings WHERE job = jobs.seq) AS more ON true"
        " WHERE jobs.id = $1 ORDER BY more.kind, more.number",
    [PG_JOB_FIND_KEY] = "SELECT " JOB_COLUMNS " FROM jobs WHERE tenant = $1 AND key = $2"
                        " AND state NOT IN ('failed', 'cancelled')",
    [PG_BATCHES_LIST] = "SELECT " BATCH_COLUMNS ", jobs.id, jobs.name FROM batches"
                        " JOIN jobs ON jobs.seq = batches.job WHERE batches.state = $1"
                        " AND (batches.job, batches.number) > ($2, $3)"
                        " ORDER BY batches.job, batches.number LIMIT $4",
    [PG_BATCHES_DONE] = "SELECT job, number, kind, state, first_unit, n_units, tries, losses,"
                        " closed, session, seq, kills, not_before_ms FROM batches"
                        " WHERE job = $1 AND state = 'done' ORDER BY first_unit, number",
    [PG_ATTEMPTS_READ] = "SELECT job, batch, at_ms, executor, status, detail FROM attempts"
                         " WHERE job = $1 ORDER BY batch, number",
    [PG_JOBS_LIST] = "SELECT " JOB_COLUMNS " FROM jobs WHERE seq < $1"
                     " AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR name = $3)"
                     " ORDER BY seq DESC LIMIT $4",
    [PG_JOBS_LIST_OF] = "SELECT " JOB_COLUMNS " FROM jobs WHERE seq < $1"
                        " AND ($2 IS NULL OR state = $2) AND ($3 IS NULL OR name = $3)"
                        " AND tenant = $5 ORDER BY seq DESC LIMIT $4",
    [PG_FORECASTS_READ] = "SELECT forecast, id, status, detail FROM forecasts WHERE job = $1"
                          " ORDER BY forecast",
    [PG_MOMENTS_ADD] = "INSERT INTO moments(day, job, unit, sums) VALUES($1, $2, $3, $4)",
    [PG_WARNINGS_READ] = "SELECT text FROM warnings WHERE job = $1 ORDER BY number",
    [PG_MOMENTS_READ] = "SELECT unit, sums FROM moments WHERE day = $1 AND job = $2"
                        " AND unit >= $3 AND unit < $3 + $4 ORDER BY unit",
    [PG_SCORES_READ] =
        "SELECT seq, forecast, variable, level, lead_time_s, init_time_s, valid_time_s, region,"
        " weighting, metric, value FROM scores WHERE day = $1 AND job = $2 AND seq > $3"
        " ORDER BY seq LIMIT $4",
    [PG_COMPOSITES_READ] = "SELECT forecast, id, profile, composite FROM composites"
                           " WHERE job = $1 ORDER BY forecast",
    [PG_UNRANKED_LIST] =
        "SELECT composites.job, composites.forecast, composites.id, composites.profile, composite"
        " FROM composites LEFT JOIN standings ON standings.job = composites.job"
        " AND standings.forecast = composites.forecast WHERE standings.job IS NULL LIMIT $1",
    [PG_STANDINGS_LIST] =
        "SELECT jobs.id, jobs.name, jobs.tenant, jobs.finished_ms, head FROM standings"
        " JOIN jobs ON jobs.seq = standings.job WHERE jobs.state = 'succeeded' AND head <> ''"
        " AND ($1 IS NULL OR standings.name = $1 OR profile = $1)"
        " AND ($2 IS NULL OR jobs.tenant = $2) AND ($3 IS NULL OR jobs.name = $3)"
        " AND ($4 IS NULL OR standings.id = $4)"
        " ORDER BY score IS NULL, score DESC, standings.job, standings.forecast LIMIT $5",
};

const char *pg_sql_text(enum pg_sql sql)
{
    return texts[sql];
}

const char *pg_sql_name(enum pg_sql sql)
{
#define X(name) #name,
    static const char *const names[PG_SQL_COUNT] = {PG_MAP(X)};
#undef X
    return names[sql];
}

const char *pg_migration_text(const struct pg_migration *migration)
{
    assert(migration->text != NULL || embedded_views_count == 1);
    return migration->text != NULL ? migration->text : embedded_views[0].text;
}

const struct pg_migration *pg_migration(int64_t version)
{
    const int64_t count = (int64_t)(sizeof migrations / sizeof *migrations);
    return version >= 0 && version < count ? &migrations[version] : NULL;
}
