/* SPDX-License-Identifier: MIT
 *
 * Sums of errors point by point, block by block.
 *
 * Invariant: contraction is off (-ffp-contract=off), so a square is rounded before it is added.
 */
#include "map_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "field_decode.h"

uint64_t map_sums_bytes(const struct gaia_grid *grid)
{
    return (uint64_t)MAP_PLANES * grid->n_lat * grid->n_lon * sizeof(double);
}

/* Whether units[i] is the first of a map. */
static bool map_begins(const struct plan *plan, const struct gaia_unit *units, size_t i)
{
    return (i == 0 || !plan_lead_same(&units[i - 1], &units[i])) && plan_is_mapped(plan, &units[i]);
}

size_t map_sums_range(const struct plan *plan, const struct gaia_unit *units, size_t n, size_t room,
                      size_t *n_maps)
{
    *n_maps = 0;
    for (size_t i = 0; i < n; i++) {
        if (map_begins(plan, units, i)) {
            if (*n_maps == room) {
                return i;
            }
            (*n_maps)++;
        }
    }
    return n;
}

/* ---- Opening and closing ---- */

static gaia_status grid_copy(struct map_sums *sums, const struct gaia_grid *grid, gaia_error *err)
{
    double *axes = malloc((grid->n_lat + grid->n_lon) * sizeof *axes);
    if (axes == NULL) {
        return error_memory(err, (grid->n_lat + grid->n_lon) * sizeof *axes);
    }
    memcpy(axes, grid->lat, grid->n_lat * sizeof *axes);
    memcpy(axes + grid->n_lat, grid->lon, grid->n_lon * sizeof *axes);
    sums->grid = (struct gaia_grid){grid->n_lat, grid->n_lon, axes, axes + grid->n_lat};
    return GAIA_OK;
}

static gaia_status memory_take(struct map_sums *sums, size_t n_maps, size_t room_bytes,
                               gaia_error *err)
{
    const size_t bytes = (size_t)map_sums_bytes(&sums->grid);
    sums->series = calloc(n_maps + 1, sizeof *sums->series);
    sums->memory = calloc(n_maps > 0 ? n_maps : 1, bytes);
    for (size_t i = 0; room_bytes > 0 && i < 2; i++) {
        sums->rooms[i] = malloc(room_bytes);
    }
    return sums->series != NULL && sums->memory != NULL &&
                   (room_bytes == 0 || (sums->rooms[0] != NULL && sums->rooms[1] != NULL))
               ? GAIA_OK
               : error_memory(err, n_maps * bytes);
}

gaia_status map_sums_open(const struct plan *plan, const struct gaia_unit *units, size_t n,
                          const struct gaia_grid *grid, size_t room_bytes, struct map_sums **sums,
                          gaia_error *err)
{
    size_t n_maps = 0;
    struct map_sums *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    (void)map_sums_range(plan, units, n, SIZE_MAX, &n_maps);
    gaia_status status = grid_copy(opened, grid, err);
    if (status == GAIA_OK) {
        status = memory_take(opened, n_maps, room_bytes, err);
    }
    if (status != GAIA_OK) {
        map_sums_close(opened);
        return status;
    }
    for (size_t i = 0; i < n; i++) {
        struct map_series *series = &opened->series[opened->n_series];
        if (map_begins(plan, units, i)) {
            series->first = units[i];
            series->units = "";
            series->planes =
                opened->memory + opened->n_series * MAP_PLANES * grid->n_lat * grid->n_lon;
            opened->n_series++;
            series->last_init_time_s = units[i].init_time_s;
        } else if (opened->n_series > 0 && plan_lead_same(&series[-1].first, &units[i])) {
            series[-1].last_init_time_s = units[i].init_time_s;
        }
    }
    *sums = opened;
    return GAIA_OK;
}

void map_sums_close(struct map_sums *sums)
{
    if (sums != NULL) {
        free((double *)(uintptr_t)sums->grid.lat);
        free(sums->rooms[0]);
        free(sums->rooms[1]);
        free(sums->series);
        free(sums->memory);
        free(sums);
    }
}

/* The plan's order of leads. */
static int series_compare(const void *key, const void *member)
{
    struct gaia_unit unit = *(const struct gaia_unit *)key;
    const struct map_series *series = member;
    unit.init_time_s = series->first.init_time_s;
    return plan_unit_compare(&unit, &series->first);
}

struct map_series *map_sums_find(const struct map_sums *sums, const struct gaia_unit *unit)
{
    return sums != NULL
               ? bsearch(unit, sums->series, sums->n_series, sizeof *sums->series, series_compare)
               : NULL;
}

/* ---- Adding ---- */

/* NaN in either field leaves a point as it is: adding +0.0 changes no bit. */
static void block_add(const double *forecast, const double *truth, size_t n, double *count,
                      double *error, double *square)
{
    for (size_t i = 0; i < n; i++) {
        const double d = forecast[i] - truth[i];
        const double present = d == d ? d : 0.0;
        count[i] += d == d ? 1.0 : 0.0;
        error[i] += present;
        square[i] += present * present;
    }
}

void map_series_add(const struct map_sums *sums, struct map_series *series,
                    const struct gaia_field *forecast, const struct gaia_field *truth)
{
    const size_t n_points = sums->grid.n_lat * sums->grid.n_lon;
    double f[FIELD_DECODE_BLOCK];
    double o[FIELD_DECODE_BLOCK];
    for (size_t from = 0; from < n_points; from += FIELD_DECODE_BLOCK) {
        const size_t n =
            n_points - from < FIELD_DECODE_BLOCK ? n_points - from : FIELD_DECODE_BLOCK;
        field_decode(forecast, from, n, f);
        field_decode(truth, from, n, o);
        block_add(f, o, n, series->planes + MAP_COUNT * n_points + from,
                  series->planes + MAP_ERROR * n_points + from,
                  series->planes + MAP_SQUARE * n_points + from);
    }
    series->n_times++;
}

struct map_head map_series_head(const struct map_sums *sums, const struct plan *plan,
                                const struct map_series *series)
{
    const struct gaia_unit *first = &series->first;
    return (struct map_head){.forecast = plan->forecasts[first->forecast].id,
                             .variable = plan->variables[first->variable],
                             .units = series->units,
                             .level = first->level,
                             .lead_time_s = first->lead_time_s,
                             .first_init_time_s = first->init_time_s,
                             .last_init_time_s = series->last_init_time_s,
                             .n_times = series->n_times,
                             .calendar = plan->calendar,
                             .grid = sums->grid};
}
