/* SPDX-License-Identifier: MIT
 *
 * All SQL of the embedded store: the schema's migrations and every statement, for store_sqlite.c
 * and store_sqlite_read.c.
 *
 * Format: user_version counts the migrations applied; they are only ever added to. A migration is
 * additive if a program that does not know it still reads and writes correctly beside it (a new
 * table, an index, a column with a default): meta.additive_schema is the newest one's number if it
 * is, and a program goes on with a database one such migration newer than its own. Moments are
 * little endian float64 as they came from the executor, one blob for a job and unit. A score's
 * value is of type ANY because a REAL column would lose the sign of zero; NaN is NULL.
 * batches.closed is the attempt that last ended a lease with a report: that is how a repeated
 * result is known.
 *
 * Invariant: a migration that was released is never edited.
 */
#include "store_sqlite.h"

static const struct sql_migration migrations[] = {
    {"CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
     "CREATE TABLE jobs("
     " seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
     " state TEXT NOT NULL, status TEXT NOT NULL, detail TEXT NOT NULL,"
     " units_total INTEGER NOT NULL, units_done INTEGER NOT NULL,"
     " batches_total INTEGER NOT NULL, batches_done INTEGER NOT NULL,"
     " submitted_ms INTEGER NOT NULL, finished_ms INTEGER NOT NULL,"
     " spec_bytes INTEGER NOT NULL, moments_version INTEGER NOT NULL,"
     " engine_version TEXT NOT NULL) STRICT;"
     "CREATE INDEX jobs_live ON jobs(seq) WHERE state IN ('queued', 'planning', 'running');"
     "CREATE TABLE specs(job INTEGER PRIMARY KEY REFERENCES jobs, spec TEXT NOT NULL) STRICT;"
     "CREATE TABLE plans(job INTEGER PRIMARY KEY REFERENCES jobs, plan TEXT NOT NULL) STRICT;"
     "CREATE TABLE batches("
     " job INTEGER NOT NULL REFERENCES jobs, number INTEGER NOT NULL, kind TEXT NOT NULL,"
     " state TEXT NOT NULL, first_unit INTEGER NOT NULL, n_units INTEGER NOT NULL,"
     " tries INTEGER NOT NULL, losses INTEGER NOT NULL, attempt TEXT, session TEXT,"
     " seq INTEGER NOT NULL, closed TEXT, PRIMARY KEY(job, number),"
     " CHECK((state = 'leased') = (attempt IS NOT NULL))) STRICT, WITHOUT ROWID;"
     "CREATE TABLE sessions("
     " session TEXT PRIMARY KEY, executor TEXT NOT NULL, boot TEXT NOT NULL UNIQUE,"
     " device TEXT NOT NULL, memory_bytes INTEGER NOT NULL, pid INTEGER NOT NULL)"
     " STRICT, WITHOUT ROWID;"
     "CREATE TABLE moments("
     " job INTEGER NOT NULL REFERENCES jobs, unit INTEGER NOT NULL, sums BLOB NOT NULL,"
     " PRIMARY KEY(job, unit)) STRICT;"
     "CREATE TABLE forecasts("
     " job INTEGER NOT NULL REFERENCES jobs, forecast INTEGER NOT NULL, id TEXT NOT NULL,"
     " status TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY(job, forecast))"
     " STRICT, WITHOUT ROWID;"
     "CREATE TABLE warnings("
     " number INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES jobs, text TEXT NOT NULL)"
     " STRICT;"
     "CREATE INDEX warnings_of_job ON warnings(job, number);"
     "CREATE TABLE scores("
     " job INTEGER NOT NULL REFERENCES jobs, seq INTEGER NOT NULL, forecast TEXT NOT NULL,"
     " variable TEXT NOT NULL, level REAL, lead_time_s INTEGER NOT NULL, init_time_s INTEGER,"
     " valid_time_s INTEGER, region TEXT NOT NULL, weighting TEXT NOT NULL, metric TEXT NOT NULL,"
     " value ANY CHECK(typeof(value) IN ('real', 'null')), PRIMARY KEY(job, seq))"
     " STRICT, WITHOUT ROWID;",
     false},
    {"CREATE TABLE composites("
     " job INTEGER NOT NULL REFERENCES jobs, forecast INTEGER NOT NULL, id TEXT NOT NULL,"
     " profile TEXT NOT NULL, composite TEXT NOT NULL, PRIMARY KEY(job, forecast)) STRICT;",
     false},
    {"CREATE TABLE results("
     " job INTEGER PRIMARY KEY REFERENCES jobs, document TEXT NOT NULL) STRICT;",
     false},
    {"ALTER TABLE jobs ADD COLUMN tenant TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE jobs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN resource TEXT NOT NULL DEFAULT 'any';"
     "ALTER TABLE jobs ADD COLUMN memory_bytes INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN not_before_ms INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN start_by_ms INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN run_ms INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN schedule INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN truth TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE jobs ADD COLUMN started_ms INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE jobs ADD COLUMN key TEXT;"
     "CREATE UNIQUE INDEX jobs_key ON jobs(tenant, key)"
     " WHERE key IS NOT NULL AND state NOT IN ('failed', 'cancelled');"
     "ALTER TABLE batches ADD COLUMN kills INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE batches ADD COLUMN not_before_ms INTEGER NOT NULL DEFAULT 0;"
     "CREATE INDEX batches_dead ON batches(job, number) WHERE state = 'dead';"
     "CREATE TABLE attempts("
     " number INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES jobs, batch INTEGER NOT NULL,"
     " at_ms INTEGER NOT NULL, executor TEXT NOT NULL, status TEXT NOT NULL,"
     " detail TEXT NOT NULL) STRICT;"
     "CREATE INDEX attempts_of_batch ON attempts(job, batch, number);"
     "CREATE TABLE schedules("
     " seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
     " cron TEXT NOT NULL, zone TEXT NOT NULL, due_ms INTEGER NOT NULL,"
     " is_paused INTEGER NOT NULL, is_owed INTEGER NOT NULL, spec TEXT NOT NULL) STRICT;",
     false},
    {"CREATE INDEX jobs_submitted ON jobs(submitted_ms);", true},
    {"CREATE TABLE standings("
     " job INTEGER NOT NULL REFERENCES jobs, forecast INTEGER NOT NULL, id TEXT NOT NULL,"
     " profile TEXT NOT NULL, name TEXT NOT NULL, score REAL, head TEXT NOT NULL,"
     " PRIMARY KEY(job, forecast)) STRICT;"
     "CREATE INDEX standings_rank ON standings(score IS NULL, score DESC, job, forecast);",
     true},
    {"CREATE TABLE tokens("
     " id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, scope TEXT NOT NULL,"
     " tenant TEXT NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL)"
     " STRICT, WITHOUT ROWID;"
     "CREATE INDEX jobs_of_tenant ON jobs(tenant, seq);",
     true},
    {"ALTER TABLE sessions ADD COLUMN drained INTEGER NOT NULL DEFAULT 0;", true},
};

#define JOB_COLUMNS                                                                                \
    "seq, id, name, state, status, detail, units_total, units_done, batches_total, batches_done,"  \
    " submitted_ms, finished_ms, spec_bytes, started_ms, tenant, priority, resource,"              \
    " memory_bytes, not_before_ms, start_by_ms, run_ms, schedule, truth, key"

#define BATCH_COLUMNS                                                                              \
    "batches.job, batches.number, batches.kind, batches.state, batches.first_unit,"                \
    " batches.n_units, batches.tries, batches.losses, batches.attempt, batches.session,"           \
    " batches.seq, batches.kills, batches.not_before_ms"

static const char *const texts[SQL_COUNT] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_JOB_INSERT] = "INSERT INTO jobs(id, name, state, status, detail, units_total, units_done,"
                       " batches_total, batches_done, submitted_ms, finished_ms, spec_bytes,"
                       " moments_version, engine_version, started_ms, tenant, priority, resource,"
                       " memory_bytes, not_before_ms, start_by_ms, run_ms, schedule, truth, key)"
                       " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                       " ?, ?, ?)",
    [SQL_SPEC_INSERT] = "INSERT INTO specs(job, spec) VALUES(?, ?)",
    [SQL_JOB_UPDATE] = "UPDATE jobs SET state = ?2, status = ?3, detail = ?4, units_total = ?5,"
                       " units_done = ?6, batches_total = ?7, batches_done = ?8,"
                       " finished_ms = ?9, started_ms = ?10 WHERE seq = ?1",
    [SQL_BATCH_PUT] =
        "INSERT INTO batches(job, number, kind, state, first_unit, n_units, tries, losses,"
        " attempt, session, seq, kills, not_before_ms)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(job, number) DO UPDATE SET state = excluded.state, tries = excluded.tries,"
        " losses = excluded.losses, attempt = excluded.attempt, session = excluded.session,"
        " seq = excluded.seq, kills = excluded.kills, not_before_ms = excluded.not_before_ms",
    [SQL_BATCHES_STOP] = "UPDATE batches SET state = 'cancelled', attempt = NULL, session = NULL"
                         " WHERE job = ? AND state IN ('blocked', 'ready', 'leased')",
    [SQL_BATCHES_REVIVE] = "UPDATE batches SET state = 'ready', tries = 0, losses = 0, kills = 0,"
                           " not_before_ms = 0 WHERE job = ?"
                           " AND state IN ('failed', 'dead', 'cancelled')",
    [SQL_JOB_REVIVE] = "UPDATE jobs SET state = CASE WHEN units_total > 0 THEN 'running'"
                       " ELSE 'queued' END, status = 'ok', detail = '', finished_ms = 0,"
                       " started_ms = 0, start_by_ms = 0 WHERE seq = ? AND state = 'failed'",
    [SQL_ATTEMPT_ADD] = "INSERT INTO attempts(job, batch, at_ms, executor, status, detail)"
                        " VALUES(?, ?, ?, ?, ?, ?)",
    [SQL_ATTEMPTS_TRIM] = "DELETE FROM attempts WHERE job = ?1 AND batch = ?2 AND number <="
                          " (SELECT number FROM attempts WHERE job = ?1 AND batch = ?2"
                          " ORDER BY number DESC LIMIT 1 OFFSET ?3)",
    [SQL_SCHEDULE_INSERT] = "INSERT INTO schedules(id, name, cron, zone, due_ms, is_paused,"
                            " is_owed, spec) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_SCHEDULE_UPDATE] = "UPDATE schedules SET due_ms = ?2, is_paused = ?3, is_owed = ?4"
                            " WHERE seq = ?1",
    [SQL_SCHEDULE_DROP] = "DELETE FROM schedules WHERE seq = ?",
    [SQL_TOKEN_ADD] = "INSERT INTO tokens(id, name, hash, scope, tenant, created_ms, expires_ms)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?)",
    [SQL_TOKEN_DROP] = "DELETE FROM tokens WHERE id = ?",
    [SQL_TOKENS_READ] = "SELECT id, name, hash, scope, tenant, created_ms, expires_ms FROM tokens"
                        " ORDER BY id",
    [SQL_SESSION_PUT] =
        "INSERT INTO sessions(session, executor, boot, device, memory_bytes, pid,"
        " drained) VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(session) DO UPDATE SET"
        " executor = excluded.executor, device = excluded.device,"
        " memory_bytes = excluded.memory_bytes, pid = excluded.pid, drained = excluded.drained",
    [SQL_SESSION_DROP] = "DELETE FROM sessions WHERE session = ?",
    [SQL_RESULT_FENCE] =
        "UPDATE batches SET state = ?5, closed = attempt, attempt = NULL, session = NULL"
        " WHERE job = ?1 AND number = ?2 AND attempt = ?3 AND session = ?4 AND state = 'leased'",
    [SQL_RESULT_CLOSED] = "SELECT 1 FROM batches WHERE job = ? AND number = ? AND closed = ?",
    [SQL_MOMENTS_PUT] = "INSERT INTO moments(job, unit, sums) VALUES(?, ?, ?)",
    [SQL_PLAN_PUT] = "INSERT INTO plans(job, plan) VALUES(?, ?)",
    [SQL_FORECAST_PUT] =
        "INSERT INTO forecasts(job, forecast, id, status, detail) VALUES(?, ?, ?, ?, ?)"
        " ON CONFLICT(job, forecast) DO UPDATE SET status = excluded.status,"
        " detail = excluded.detail WHERE forecasts.status = 'ok'",
    [SQL_WARNING_ADD] = "INSERT INTO warnings(job, text) VALUES(?, ?)",
    [SQL_SCORE_ADD] =
        "INSERT INTO scores(job, seq, forecast, variable, level, lead_time_s, init_time_s,"
        " valid_time_s, region, weighting, metric, value)"
        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_SCORES_DELETE] = "DELETE FROM scores WHERE job = ?1 AND seq <"
                          " (SELECT min(seq) FROM scores WHERE job = ?1) + ?2",
    [SQL_SPEC_READ] = "SELECT spec FROM specs WHERE job = ?",
    [SQL_PLAN_READ] = "SELECT plan FROM plans WHERE job = ?",
    [SQL_SESSIONS_LOAD] = "SELECT session, executor, boot, device, memory_bytes, pid, drained FROM"
                          " sessions ORDER BY session",
    [SQL_JOBS_LOAD] = "SELECT " JOB_COLUMNS " FROM jobs"
                      " WHERE state IN ('queued', 'planning', 'running') ORDER BY seq",
    [SQL_BATCHES_LOAD] = "SELECT " BATCH_COLUMNS " FROM batches WHERE job = ? ORDER BY number",
    [SQL_BATCHES_LIST] = "SELECT " BATCH_COLUMNS ", jobs.id, jobs.name FROM batches"
                         " JOIN jobs ON jobs.seq = batches.job WHERE batches.state = ?1"
                         " AND (batches.job, batches.number) > (?2, ?3)"
                         " ORDER BY batches.job, batches.number LIMIT ?4",
    [SQL_BATCHES_DONE] = "SELECT job, number, kind, state, first_unit, n_units, tries, losses,"
                         " closed, session, seq, kills, not_before_ms FROM batches"
                         " WHERE job = ? AND state = 'done' ORDER BY first_unit, number",
    [SQL_JOB_LOAD] = "SELECT " JOB_COLUMNS " FROM jobs WHERE seq = ?"
                     " AND state IN ('queued', 'planning', 'running')",
    [SQL_JOB_FIND_KEY] = "SELECT " JOB_COLUMNS " FROM jobs WHERE tenant = ? AND key = ?"
                         " AND state NOT IN ('failed', 'cancelled')",
    [SQL_ATTEMPTS_READ] = "SELECT job, batch, at_ms, executor, status, detail FROM attempts"
                          " WHERE job = ? ORDER BY batch, number",
    [SQL_SCHEDULES_READ] = "SELECT seq, id, name, cron, zone, due_ms, is_paused, is_owed"
                           " FROM schedules ORDER BY seq",
    [SQL_SCHEDULE_SPEC_READ] = "SELECT spec FROM schedules WHERE seq = ?",
    [SQL_JOB_FIND] = "SELECT " JOB_COLUMNS " FROM jobs WHERE id = ?",
    [SQL_JOBS_LIST] = "SELECT " JOB_COLUMNS " FROM jobs WHERE seq < ?1"
                      " AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR name = ?3)"
                      " ORDER BY seq DESC LIMIT ?4",
    [SQL_JOBS_LIST_OF] = "SELECT " JOB_COLUMNS " FROM jobs WHERE seq < ?1"
                         " AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR name = ?3)"
                         " AND tenant = ?5 ORDER BY seq DESC LIMIT ?4",
    [SQL_FORECASTS_READ] = "SELECT forecast, id, status, detail FROM forecasts WHERE job = ?"
                           " ORDER BY forecast",
    [SQL_WARNINGS_READ] = "SELECT text FROM warnings WHERE job = ? ORDER BY number",
    [SQL_MOMENTS_READ] = "SELECT unit, sums FROM moments WHERE job = ?1 AND unit >= ?2"
                         " AND unit < ?2 + ?3 ORDER BY unit",
    [SQL_SCORES_READ] =
        "SELECT seq, forecast, variable, level, lead_time_s, init_time_s, valid_time_s, region,"
        " weighting, metric, value FROM scores WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?",
    [SQL_COMPOSITE_PUT] =
        "INSERT INTO composites(job, forecast, id, profile, composite) VALUES(?, ?, ?, ?, ?)"
        " ON CONFLICT(job, forecast) DO UPDATE SET id = excluded.id, profile = excluded.profile,"
        " composite = excluded.composite",
    [SQL_COMPOSITES_READ] = "SELECT forecast, id, profile, composite FROM composites WHERE job = ?"
                            " ORDER BY forecast",
    [SQL_STANDING_PUT] =
        "INSERT INTO standings(job, forecast, id, profile, name, score, head)"
        " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(job, forecast) DO UPDATE SET id = excluded.id,"
        " profile = excluded.profile, name = excluded.name, score = excluded.score,"
        " head = excluded.head",
    [SQL_STANDING_DROP] = "DELETE FROM standings WHERE job = ? AND forecast = ?",
    [SQL_UNRANKED_LIST] =
        "SELECT composites.job, composites.forecast, composites.id, composites.profile, composite"
        " FROM composites LEFT JOIN standings ON standings.job = composites.job"
        " AND standings.forecast = composites.forecast WHERE standings.job IS NULL LIMIT ?",
    [SQL_STANDINGS_LIST] =
        "SELECT jobs.id, jobs.name, jobs.tenant, jobs.finished_ms, head FROM standings"
        " JOIN jobs ON jobs.seq = standings.job WHERE jobs.state = 'succeeded' AND head <> ''"
        " AND (?1 IS NULL OR standings.name = ?1 OR profile = ?1)"
        " AND (?2 IS NULL OR jobs.tenant = ?2) AND (?3 IS NULL OR jobs.name = ?3)"
        " AND (?4 IS NULL OR standings.id = ?4)"
        " ORDER BY score IS NULL, score DESC, standings.job, standings.forecast LIMIT ?5",
    [SQL_DOCUMENT_PUT] = "INSERT INTO results(job, document) VALUES(?, ?)",
    [SQL_DOCUMENT_READ] = "SELECT document FROM results WHERE job = ?",
    [SQL_FORGET_PICK] =
        "SELECT seq FROM jobs WHERE submitted_ms < ?"
        " AND state IN ('succeeded', 'failed', 'cancelled') ORDER BY submitted_ms LIMIT 1",
    [SQL_FORGET_SCORES] = "DELETE FROM scores WHERE job = ?1 AND seq IN"
                          " (SELECT seq FROM scores WHERE job = ?1 LIMIT ?2)",
    [SQL_FORGET_MOMENTS] = "DELETE FROM moments WHERE job = ?1 AND unit IN"
                           " (SELECT unit FROM moments WHERE job = ?1 LIMIT ?2)",
    [SQL_FORGET_BATCHES] = "DELETE FROM batches WHERE job = ?1 AND number IN"
                           " (SELECT number FROM batches WHERE job = ?1 LIMIT ?2)",
    [SQL_FORGET_ATTEMPTS] = "DELETE FROM attempts WHERE job = ?1 AND number IN"
                            " (SELECT number FROM attempts WHERE job = ?1 LIMIT ?2)",
    [SQL_FORGET_FORECASTS] = "DELETE FROM forecasts WHERE job = ?1 AND forecast IN"
                             " (SELECT forecast FROM forecasts WHERE job = ?1 LIMIT ?2)",
    [SQL_FORGET_WARNINGS] = "DELETE FROM warnings WHERE job = ?1 AND number IN"
                            " (SELECT number FROM warnings WHERE job = ?1 LIMIT ?2)",
    [SQL_FORGET_COMPOSITES] = "DELETE FROM composites WHERE job = ?1 AND forecast IN"
                              " (SELECT forecast FROM composites WHERE job = ?1 LIMIT ?2)",
    [SQL_FORGET_STANDINGS] = "DELETE FROM standings WHERE job = ?1 AND forecast IN"
                             " (SELECT forecast FROM standings WHERE job = ?1 LIMIT ?2)",
    [SQL_FORGET_RESULT] = "DELETE FROM results WHERE job = ?1 AND ?2 > 0",
    [SQL_FORGET_PLAN] = "DELETE FROM plans WHERE job = ?1 AND ?2 > 0",
    [SQL_FORGET_SPEC] = "DELETE FROM specs WHERE job = ?1 AND ?2 > 0",
    [SQL_FORGET_JOB] = "DELETE FROM jobs WHERE seq = ?1 AND ?2 > 0",
    [SQL_META_PUT] = "INSERT INTO meta(key, value) VALUES(?, ?)"
                     " ON CONFLICT(key) DO UPDATE SET value = excluded.value",
    [SQL_META_READ] = "SELECT value FROM meta WHERE key = ?",
    [SQL_JOBS_EXTENT] = "SELECT count(*), coalesce(max(submitted_ms), 0) FROM jobs",
};

const char *sql_text(enum sql sql)
{
    return texts[sql];
}

const struct sql_migration *sql_migration(int version)
{
    const int count = (int)(sizeof migrations / sizeof *migrations);
    return version >= 0 && version < count ? &migrations[version] : NULL;
}
