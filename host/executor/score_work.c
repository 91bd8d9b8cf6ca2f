/* SPDX-License-Identifier: MIT
 *
 * A lease is summed at once, or, with error maps, in ranges whose maps the memory holds.
 */
#include "score_work.h"

#include <stdbool.h>
#include <stdlib.h>

#include "error.h"
#include "file.h"
#include "json.h"
#include "map_file.h"
#include "map_place.h"

enum { UNITS_MAX = 1 << 20, MAP_MODE = 0600 };

void score_work_fini(struct score_work *work)
{
    free(work->failures);
    free(work->rows);
    free(work->units);
}

gaia_status score_work_read(const json_t *lease, struct score_work *work, gaia_error *err)
{
    const json_t *units = json_object_get(lease, "units");
    const size_t room = json_array_size(units);
    gaia_status status = json_get_int(lease, "lease", "first_unit", true, &work->first_unit, err);
    if (status == GAIA_OK) {
        status = json_get_string(lease, "lease", "attempt", true, &work->attempt, err);
    }
    if (status == GAIA_OK && (room == 0 || room > UNITS_MAX)) {
        status = error_set(err, GAIA_PROTOCOL, "lease.units: 1 to %d are wanted", UNITS_MAX);
    }
    if (status != GAIA_OK) {
        return status;
    }
    /* Zeroed, because the rows of a forecast that fails are sent with the others. */
    work->units = calloc(room, sizeof *work->units);
    work->rows = calloc(room, plan_rows_per_unit(work->plan) * sizeof *work->rows);
    const size_t n_failing = room < work->plan->n_forecasts ? room : work->plan->n_forecasts;
    /* Those of the ranges before, and of one more. */
    work->failures = calloc(2 * n_failing + 1, sizeof *work->failures);
    if (work->units == NULL || work->rows == NULL || work->failures == NULL) {
        return error_memory(err, room * plan_rows_per_unit(work->plan) * sizeof *work->rows);
    }
    return plan_units_from_json(units, work->plan->n_forecasts, work->plan->n_variables,
                                work->units, room, &work->n_units, err);
}

/* ---- Maps ---- */

static bool has_failed(const struct score_work *work, uint32_t forecast)
{
    bool failed = false;
    for (size_t i = 0; i < work->n_failures; i++) {
        failed = failed || work->failures[i].forecast == forecast;
    }
    return failed;
}

/* The place of the map's first unit in the plan. */
static uint64_t map_unit(const struct score_work *work, const struct map_series *series)
{
    size_t i = 0;
    while (i + 1 < work->n_units && plan_unit_compare(&work->units[i], &series->first) != 0) {
        i++;
    }
    return (uint64_t)work->first_unit + i;
}

static gaia_status map_keep(const struct score_work *work, const struct map_sums *maps,
                            const struct map_series *series, gaia_error *err)
{
    char path[MAP_PATH];
    struct file_stream file;
    gaia_error error = {0};
    const struct map_head head = map_series_head(maps, work->plan, series);
    gaia_status status =
        map_path_make(work->staging, map_unit(work, series), work->attempt, path, err);
    if (status == GAIA_OK) {
        status = file_stream_open(path, MAP_MODE, &file, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    status = map_write(file.stream, &head, series->planes, err);
    const gaia_status closed = file_stream_close(&file, status == GAIA_OK, &error);
    return status == GAIA_OK && closed != GAIA_OK ? error_set(err, closed, "%s", error.detail)
                                                  : status;
}

static gaia_status maps_keep(const struct score_work *work, const struct map_sums *maps,
                             gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < maps->n_series; i++) {
        if (!has_failed(work, maps->series[i].first.forecast)) {
            status = map_keep(work, maps, &maps->series[i], err);
        }
    }
    return status;
}

/* ---- Summing ---- */

/* Counts those of n more failures whose forecast has not failed before. */
static void failures_merge(struct score_work *work, size_t n)
{
    const struct engine_failure *more = work->failures + work->n_failures;
    for (size_t i = 0; i < n; i++) {
        if (!has_failed(work, more[i].forecast)) {
            work->failures[work->n_failures++] = more[i];
        }
    }
}

gaia_status score_work_sum(struct engine *engine, struct score_work *work,
                           struct engine_control *control, gaia_error *err)
{
    const size_t rows_per_unit = plan_rows_per_unit(work->plan);
    gaia_status status = GAIA_OK;
    for (size_t at = 0, n = 0; status == GAIA_OK && at < work->n_units; at += n) {
        const struct map_sums *maps = NULL;
        size_t n_failures = 0;
        status = engine_maps_open(engine, work->job, work->plan, work->units + at,
                                  work->n_units - at, &n, &maps, err);
        if (status == GAIA_OK && maps != NULL && work->staging == NULL) {
            status = error_set(err, GAIA_DISK,
                               "error maps: the executor has no folder for results (--results)");
        }
        if (status == GAIA_OK) {
            status = engine_sums(engine, work->job, work->plan, work->units + at, n,
                                 work->rows + at * rows_per_unit, work->failures + work->n_failures,
                                 &n_failures, control, err);
        }
        if (status == GAIA_OK) {
            failures_merge(work, n_failures);
        }
        if (status == GAIA_OK && maps != NULL) {
            status = maps_keep(work, maps, err);
        }
        engine_maps_close(engine);
    }
    return status;
}
