/* SPDX-License-Identifier: MIT
 *
 * A plan: every field of a job that will be scored, in the order in which scores are reported, and
 * the names that the scores carry. Plain data: made by host/plan_build.c from open files, carried
 * as JSON through the scheduler, cut into batches there, and read again by whoever turns sums into
 * scores.
 *
 * Invariant: units are sorted by forecast, variable, level, lead time, init time, without
 * duplicates.
 */
#ifndef SCORE_PLAN_H
#define SCORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <gaia/field.h>
#include <gaia/metric.h>
#include <gaia/status.h>
#include <gaia/time.h>

#include "arena.h"

/* status is GAIA_OK, or why this forecast has no units; detail is "" or the error's text. */
struct plan_forecast {
    const char *id;
    gaia_status status;
    const char *detail;
};

/* A variable at a level of which error maps are made. */
struct plan_map {
    uint32_t variable;
    double level; /* NaN: none */
};

struct plan {
    size_t n_forecasts;
    struct plan_forecast *forecasts;
    size_t n_variables;
    const char **variables;
    size_t n_regions; /* regions with at least one point */
    const char **regions;
    size_t n_weights;
    const char **weights;
    uint64_t metrics; /* bit i: metric i of gaia_metric_name is asked for */
    enum gaia_missing missing;
    enum gaia_calendar calendar; /* of the units' times */
    bool has_climatology;
    bool has_reference;
    size_t n_maps; /* of each forecast and lead time */
    struct plan_map *maps;
    uint64_t field_bytes; /* what one field takes in memory, at most */
    size_t n_units;
    struct gaia_unit *units;
    size_t n_warnings;
    const char **warnings;
    struct arena arena; /* owns everything above */
};

/* Rows of moments of one unit: [n_regions][n_weights]. */
static inline size_t plan_rows_per_unit(const struct plan *plan)
{
    return plan->n_regions * plan->n_weights;
}

/* The whole plan as JSON (a new reference), NULL when out of memory. */
json_t *plan_to_json(const struct plan *plan);

/* The same without its units: names and settings. */
json_t *plan_head_to_json(const struct plan *plan);

/* units[first .. first + count) as a JSON array (a new reference) of
 * [forecast, variable, level or null, lead_time_s, init_time_s]; NULL when out of memory. */
json_t *plan_units_to_json(const struct gaia_unit *units, size_t count);

/* Reads what plan_to_json wrote. A plan comes from an executor that opened a stranger's files:
 * every index, order and size is checked. GAIA_PROTOCOL or GAIA_OUT_OF_MEMORY; *plan is the
 * caller's, to be freed with plan_free, only on success. */
GAIA_MUST_USE gaia_status plan_from_json(const json_t *json, struct plan **plan, gaia_error *err);

/* Reads an array of units into units[0 .. *count), of which there is room for `room`. n_forecasts
 * and n_variables bound the indices. GAIA_PROTOCOL. */
GAIA_MUST_USE gaia_status plan_units_from_json(const json_t *array, size_t n_forecasts,
                                               size_t n_variables, struct gaia_unit *units,
                                               size_t room, size_t *count, gaia_error *err);

/* The plan's order: negative, zero or positive as a comes before, is, or comes after b. */
int plan_unit_compare(const struct gaia_unit *a, const struct gaia_unit *b);

/* Whether both are of one forecast, variable, level and lead time. */
bool plan_lead_same(const struct gaia_unit *a, const struct gaia_unit *b);

/* Whether a map is made of the unit's variable and level. Its lead is one map: the init times lie
 * side by side in the plan's order. */
bool plan_is_mapped(const struct plan *plan, const struct gaia_unit *unit);

/* Frees the plan; NULL is allowed. */
void plan_free(struct plan *plan);

#endif
