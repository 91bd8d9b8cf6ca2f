/* SPDX-License-Identifier: MIT
 *
 * Moments and scores in PostgreSQL: gathered while a turn lasts, loaded before its commit by binary
 * COPY, which costs round trips of its own, or, if they are few, by INSERTs in the turn's one; kept
 * in partitions by the day of their job's submission, and forgotten by DROP. Beside
 * store_postgres.c.
 *
 * Invariant: a day has its partitions before it has a job, and loses them only when it has none
 * left.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "store_postgres.h"

enum {
    DAY_MS = 86400000,
    BULK_BYTES = 8 << 20, /* loaded before the turn ends */
    FEW_BYTES = 64 << 10, /* up to here INSERT is faster than COPY */
    FORGET_JOBS = 100,    /* in a slice */
};

static const char *const copies[PG_BULK_COUNT] = {
    [PG_MOMENTS] = "COPY moments(day, job, unit, sums) FROM STDIN (FORMAT binary)",
    [PG_SCORES] = "COPY scores(day, job, seq, forecast, variable, level, lead_time_s, init_time_s,"
                  " valid_time_s, region, weighting, metric, value) FROM STDIN (FORMAT binary)",
};

int64_t pg_day(int64_t submitted_ms)
{
    return submitted_ms / DAY_MS - (submitted_ms % DAY_MS < 0);
}

void pg_day_note(struct postgres_store *store, int64_t job, int64_t submitted_ms)
{
    const size_t place = (size_t)(job % PG_DAYS_KNOWN);
    store->days[place].job = job;
    store->days[place].day = pg_day(submitted_ms);
}

gaia_status pg_day_of(struct postgres_store *store, int64_t job, int64_t *day, gaia_error *err)
{
    const size_t place = (size_t)((uint64_t)job % PG_DAYS_KNOWN);
    PGresult *row = NULL;
    if (job > 0 && store->days[place].job == job) {
        *day = store->days[place].day;
        return GAIA_OK;
    }
    const gaia_status status = pg_read(store, PG_DAY_OF_JOB, &row, err, "i", job);
    if (status == GAIA_OK) {
        *day = PQntuples(row) == 1 ? pg_int(row, 0, 0) : -1;
    }
    PQclear(row);
    if (status == GAIA_OK && *day >= 0) {
        store->days[place].job = job;
        store->days[place].day = *day;
    }
    return status;
}

/* "20240131", for the names of partitions. */
static void day_name(int64_t day, char *out, size_t out_bytes)
{
    const time_t at = (time_t)(day * (DAY_MS / 1000));
    struct tm date;
    out[0] = '\0';
    if (gmtime_r(&at, &date) != NULL) {
        (void)strftime(out, out_bytes, "%Y%m%d", &date);
    }
}

/* A day's partitions are made apart and then attached: a table that is made as a partition would
 * wait for whoever reads the others, pg_dump for hours. */
gaia_status pg_day_make(struct postgres_store *store, int64_t day, gaia_error *err)
{
    char name[32];
    char script[1024];
    if (day == store->partition_day) {
        return GAIA_OK;
    }
    if (day < 0) {
        return error_set(err, GAIA_STORE, "a job cannot be submitted before 1970");
    }
    day_name(day, name, sizeof name);
    (void)snprintf(script, sizeof script,
                   "DO $$ DECLARE kind text; BEGIN FOREACH kind IN ARRAY '{moments,scores}'::text[]"
                   " LOOP IF to_regclass(kind || '_%s') IS NULL THEN"
                   " EXECUTE format('CREATE TABLE %%I (LIKE %%I INCLUDING ALL)',"
                   " kind || '_%s', kind);"
                   " EXECUTE format('ALTER TABLE %%I ATTACH PARTITION %%I FOR VALUES FROM"
                   " (%" PRId64 ") TO (%" PRId64 ")', kind, kind || '_%s');"
                   " END IF; END LOOP; END $$",
                   name, name, day, day + 1, name);
    gaia_status status = pg_send(store, PG_DAY_ADD, err, "i", day);
    if (status == GAIA_OK) {
        status = pg_script(store, script, err);
    }
    if (status == GAIA_OK) {
        store->partition_day = day;
    }
    return status;
}

/* What a row of a binary COPY is made of. */
static void bytes_put(struct text *rows, uint64_t value, int n)
{
    char bytes[8];
    for (int i = 0; i < n; i++) {
        bytes[i] = (char)(value >> (8 * (n - 1 - i)));
    }
    text_append_n(rows, bytes, (size_t)n);
}

static void int_put(struct text *rows, int64_t value)
{
    bytes_put(rows, sizeof value, 4);
    bytes_put(rows, (uint64_t)value, 8);
}

static void null_put(struct text *rows)
{
    bytes_put(rows, UINT32_MAX, 4);
}

/* NaN is NULL, as in every store. */
static void double_put(struct text *rows, double value)
{
    uint64_t bits = 0;
    if (isnan(value)) {
        null_put(rows);
        return;
    }
    memcpy(&bits, &value, sizeof bits);
    int_put(rows, (int64_t)bits);
}

static void text_put(struct text *rows, const char *text)
{
    char *mended = text_is_utf8(text) ? NULL : strdup(text);
    if (mended != NULL) {
        (void)text_clean(mended);
    }
    const char *good = mended != NULL ? mended : text;
    const size_t length = strlen(good);
    bytes_put(rows, length, 4);
    text_append_n(rows, good, length);
    free(mended);
}

static uint64_t bytes_get(const char *from, int n)
{
    uint64_t value = 0;
    for (int i = 0; i < n; i++) {
        value = value << 8 | (unsigned char)from[i];
    }
    return value;
}

/* Sends the rows of moments, as pg_moments_add has written them, one by one. */
static gaia_status moments_insert(struct postgres_store *store, const struct text *rows,
                                  gaia_error *err)
{
    enum {
        DAY = 2 + 4,
        JOB = DAY + 8 + 4,
        UNIT = JOB + 8 + 4,
        LENGTH = UNIT + 8,
        SUMS = LENGTH + 4
    };
    gaia_status status = GAIA_OK;
    for (size_t at = 0; status == GAIA_OK && at < rows->length;) {
        const char *row = rows->s + at;
        const size_t n_bytes = (size_t)bytes_get(row + LENGTH, 4);
        status = pg_send(store, PG_MOMENTS_ADD, err, "iiib", (int64_t)bytes_get(row + DAY, 8),
                         (int64_t)bytes_get(row + JOB, 8), (int64_t)bytes_get(row + UNIT, 8),
                         row + SUMS, n_bytes);
        at += SUMS + n_bytes;
    }
    return status;
}

gaia_status pg_bulk_flush(struct postgres_store *store, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (int i = 0; status == GAIA_OK && i < PG_BULK_COUNT; i++) {
        struct text *rows = &store->bulk[i];
        if (rows->failed) {
            status = error_memory(&store->failure, BULK_BYTES);
            (void)error_set(err, status, "%s", store->failure.detail);
        } else if (rows->length > 0) {
            status = i == PG_MOMENTS && rows->length <= FEW_BYTES
                         ? moments_insert(store, rows, err)
                         : pg_copy_in(store, copies[i], rows, err);
            rows->length = 0;
        }
        if (rows->capacity > BULK_BYTES || rows->failed) {
            text_fini(rows);
        }
    }
    return status;
}

/* Loads what waits, if it has become much. */
static gaia_status bulk_watch(struct postgres_store *store, enum pg_bulk bulk, gaia_error *err)
{
    return store->bulk[bulk].length > BULK_BYTES ? pg_bulk_flush(store, err) : GAIA_OK;
}

gaia_status pg_moments_add(struct postgres_store *store, const struct store_result *result,
                           gaia_error *err)
{
    struct text *rows = &store->bulk[PG_MOMENTS];
    const size_t bytes = result->unit_doubles * sizeof *result->sums;
    int64_t day = -1;
    gaia_status status = GAIA_OK;
    if (result->sums == NULL || result->n_units == 0) {
        return GAIA_OK;
    }
    status = pg_day_of(store, result->job, &day, err);
    for (size_t i = 0; status == GAIA_OK && i < result->n_units; i++) {
        if (result->is_absent != NULL && result->is_absent[i]) {
            continue;
        }
        bytes_put(rows, 4, 2);
        int_put(rows, day);
        int_put(rows, result->job);
        int_put(rows, (int64_t)(result->first_unit + i));
        bytes_put(rows, bytes, 4);
        text_append_n(rows, (const char *)(result->sums + i * result->unit_doubles), bytes);
    }
    return status == GAIA_OK ? bulk_watch(store, PG_MOMENTS, err) : status;
}

static void score_row(struct text *rows, int64_t day, int64_t job, const struct store_score *row)
{
    const struct gaia_score *score = &row->score;
    bytes_put(rows, 13, 2);
    int_put(rows, day);
    int_put(rows, job);
    int_put(rows, row->seq);
    text_put(rows, score->forecast);
    text_put(rows, score->variable);
    double_put(rows, score->level);
    int_put(rows, score->lead_time_s);
    if (score->all_times) { /* an aggregate has no times of its own */
        null_put(rows);
        null_put(rows);
    } else {
        int_put(rows, score->init_time_s);
        int_put(rows, score->valid_time_s);
    }
    text_put(rows, score->region);
    text_put(rows, score->weighting);
    text_put(rows, score->metric);
    double_put(rows, score->value);
}

gaia_status pg_score_add(struct store *base, int64_t job, const struct store_score *score,
                         gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    int64_t day = -1;
    bool alone = false;
    gaia_status status = pg_enter(store, &alone, err);
    if (status == GAIA_OK) {
        status = pg_day_of(store, job, &day, err);
    }
    if (status == GAIA_OK) {
        score_row(&store->bulk[PG_SCORES], day, job, score);
        status = bulk_watch(store, PG_SCORES, err);
    }
    return pg_leave(store, alone, status, err);
}

/* The oldest day before `before` that no job is left of; -1 if there is none. */
static gaia_status day_old(struct postgres_store *store, int64_t before, int64_t *day,
                           gaia_error *err)
{
    PGresult *row = NULL;
    const gaia_status status = pg_ask(store, PG_DAY_OLD, &row, err, "i", before);
    *day = status == GAIA_OK && PQntuples(row) == 1 ? pg_int(row, 0, 0) : -1;
    PQclear(row);
    return status;
}

/* Drops that day; *more is false if there is none, or if somebody reads just now: a turn does not
 * wait for readers. */
static gaia_status day_drop(struct postgres_store *store, int64_t before, bool *more,
                            gaia_error *err)
{
    char name[32];
    char script[1024];
    int64_t day = -1;
    int64_t left = -1;
    gaia_status status = day_old(store, before, &day, err);
    if (status == GAIA_OK && day >= 0) {
        day_name(day, name, sizeof name);
        (void)snprintf(script, sizeof script,
                       "DO $$ DECLARE part text; BEGIN"
                       " LOCK TABLE ONLY moments, ONLY scores IN ACCESS EXCLUSIVE MODE NOWAIT;"
                       " FOREACH part IN ARRAY '{moments_%s,scores_%s}'::text[] LOOP"
                       " IF to_regclass(part) IS NOT NULL THEN"
                       " EXECUTE format('LOCK TABLE %%I IN ACCESS EXCLUSIVE MODE NOWAIT', part);"
                       " EXECUTE format('DROP TABLE %%I', part); END IF; END LOOP;"
                       " DELETE FROM days WHERE day = %" PRId64 ";"
                       " EXCEPTION WHEN lock_not_available THEN NULL; END $$",
                       name, name, day);
        status = pg_script(store, script, err);
        store->partition_day = -1;
        if (status == GAIA_OK) {
            status = day_old(store, before, &left, err);
        }
    }
    *more = status == GAIA_OK && day >= 0 && left != day;
    return status;
}

gaia_status pg_jobs_forget(struct store *base, int64_t before_ms, bool *more, gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    const int64_t before = pg_day(before_ms);
    PGresult *deleted = NULL;
    bool alone = false;
    bool again = false;
    gaia_status status = pg_enter(store, &alone, err);
    if (status == GAIA_OK) {
        status = pg_bulk_flush(store, err);
    }
    if (status == GAIA_OK) {
        status = pg_ask(store, PG_JOBS_FORGET, &deleted, err, "ii", before, (int64_t)FORGET_JOBS);
    }
    again = status == GAIA_OK && strcmp(PQcmdTuples(deleted), "0") != 0;
    PQclear(deleted);
    memset(store->days, 0, sizeof store->days);
    pg_leases_forget(store, 0); /* some may have been of jobs that are gone */
    if (status == GAIA_OK && !again) {
        status = day_drop(store, before, &again, err);
    }
    status = pg_leave(store, alone, status, err);
    if (status == GAIA_OK) {
        *more = again;
    }
    return status;
}
