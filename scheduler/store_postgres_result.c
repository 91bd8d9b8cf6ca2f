/* SPDX-License-Identifier: MIT
 *
 * Reading what came out of a job in PostgreSQL: forecasts, warnings, moments, scores, composites.
 * Behind store.h, beside store_postgres_read.c.
 *
 * Invariant: moments and scores that the turn has gathered are loaded before they are read.
 */
#include <math.h>
#include <string.h>

#include "error.h"
#include "store_moments.h"
#include "store_postgres.h"

/* The rows of a statement that takes the number of a job. */
static gaia_status rows_of_job(struct store *base, enum pg_sql sql, int64_t job, PGresult **rows,
                               gaia_error *err)
{
    return pg_read(postgres_of(base), sql, rows, err, "i", job);
}

gaia_status pg_forecasts_read(struct store *store, int64_t job, const struct store_visitor *visitor,
                              gaia_error *err)
{
    PGresult *rows = NULL;
    const gaia_status status = rows_of_job(store, PG_FORECASTS_READ, job, &rows, err);
    for (int i = 0; status == GAIA_OK && i < PQntuples(rows); i++) {
        const struct store_forecast forecast = {
            .index = (uint32_t)pg_int(rows, i, 0),
            .id = PQgetvalue(rows, i, 1),
            .status = gaia_status_from_name(PQgetvalue(rows, i, 2)),
            .detail = PQgetvalue(rows, i, 3),
        };
        visitor->forecast(visitor->context, &forecast);
    }
    PQclear(rows);
    return status;
}

gaia_status pg_warnings_read(struct store *store, int64_t job, const struct store_visitor *visitor,
                             gaia_error *err)
{
    PGresult *rows = NULL;
    const gaia_status status = rows_of_job(store, PG_WARNINGS_READ, job, &rows, err);
    for (int i = 0; status == GAIA_OK && i < PQntuples(rows); i++) {
        visitor->warning(visitor->context, PQgetvalue(rows, i, 0));
    }
    PQclear(rows);
    return status;
}

/* Loads what waits to be loaded, and finds the job's day. */
static gaia_status bulk_prepare(struct postgres_store *store, int64_t job, int64_t *day,
                                gaia_error *err)
{
    const gaia_status status = store->is_begun ? pg_bulk_flush(store, err) : GAIA_OK;
    return status == GAIA_OK ? pg_day_of(store, job, day, err) : status;
}

gaia_status pg_moments_read(struct store *base, int64_t job, uint64_t first, uint64_t n_units,
                            const struct store_visitor *visitor, gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    PGresult *rows = NULL;
    int64_t day = -1;
    gaia_status status = bulk_prepare(store, job, &day, err);
    if (status == GAIA_OK) {
        status = pg_read(store, PG_MOMENTS_READ, &rows, err, "iiii", day, job, (int64_t)first,
                         (int64_t)n_units);
    }
    for (int i = 0; status == GAIA_OK && i < PQntuples(rows); i++) {
        status = store_moments_give(visitor, (uint64_t)pg_int(rows, i, 0), PQgetvalue(rows, i, 1),
                                    (size_t)PQgetlength(rows, i, 1), err);
    }
    PQclear(rows);
    return status;
}

static double column_number(const PGresult *rows, int row, int column)
{
    const int64_t bits = pg_int(rows, row, column);
    double number = (double)NAN;
    if (PQgetisnull(rows, row, column) == 0) {
        memcpy(&number, &bits, sizeof number);
    }
    return number;
}

gaia_status pg_scores_read(struct store *base, int64_t job, int64_t after, int64_t limit,
                           const struct store_visitor *visitor, gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    PGresult *rows = NULL;
    int64_t day = -1;
    gaia_status status = bulk_prepare(store, job, &day, err);
    if (status == GAIA_OK) {
        status = pg_read(store, PG_SCORES_READ, &rows, err, "iiii", day, job, after, limit);
    }
    for (int i = 0; status == GAIA_OK && i < PQntuples(rows); i++) {
        const struct store_score score = {
            .seq = pg_int(rows, i, 0),
            .score =
                {
                    .forecast = PQgetvalue(rows, i, 1),
                    .variable = PQgetvalue(rows, i, 2),
                    .level = column_number(rows, i, 3),
                    .lead_time_s = pg_int(rows, i, 4),
                    .init_time_s = pg_int(rows, i, 5),
                    .valid_time_s = pg_int(rows, i, 6),
                    .all_times = PQgetisnull(rows, i, 5),
                    .region = PQgetvalue(rows, i, 7),
                    .weighting = PQgetvalue(rows, i, 8),
                    .metric = PQgetvalue(rows, i, 9),
                    .value = column_number(rows, i, 10),
                },
        };
        visitor->score(visitor->context, &score);
    }
    PQclear(rows);
    return status;
}

gaia_status pg_composites_read(struct store *store, int64_t job,
                               const struct store_visitor *visitor, gaia_error *err)
{
    PGresult *rows = NULL;
    const gaia_status status = rows_of_job(store, PG_COMPOSITES_READ, job, &rows, err);
    for (int i = 0; status == GAIA_OK && i < PQntuples(rows); i++) {
        const struct store_composite composite = {
            .index = (uint32_t)pg_int(rows, i, 0),
            .forecast = PQgetvalue(rows, i, 1),
            .profile = PQgetvalue(rows, i, 2),
            .json = PQgetvalue(rows, i, 3),
        };
        visitor->composite(visitor->context, &composite);
    }
    PQclear(rows);
    return status;
}
