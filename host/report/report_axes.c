/* SPDX-License-Identifier: MIT
 *
 * Sorted lists without duplicates, made of a plan's units.
 */
#include "report_axes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

static int level_compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    if (isnan(x) || isnan(y)) {
        return (int)isnan(y) - (int)isnan(x);
    }
    return (x > y) - (x < y);
}

static int time_compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts n items of size bytes and drops those that compare equal to their neighbour. */
static size_t distinct(void *items, size_t n, size_t size,
                       int (*compare)(const void *, const void *))
{
    char *at = items;
    size_t kept = 0;
    if (n > 1) {
        qsort(items, n, size, compare);
    }
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || compare(at + (kept - 1) * size, at + i * size) != 0) {
            memmove(at + kept * size, at + i * size, size);
            kept++;
        }
    }
    return kept;
}

gaia_status report_axes_make(const struct plan *plan, struct arena *arena, struct report_axes *axes,
                             gaia_error *err)
{
    double *levels = arena_alloc(arena, plan->n_units, sizeof *levels);
    int64_t *leads_s = arena_alloc(arena, plan->n_units, sizeof *leads_s);
    if ((levels == NULL || leads_s == NULL) && plan->n_units > 0) {
        return error_memory(err, plan->n_units * sizeof *levels);
    }
    for (size_t i = 0; i < plan->n_units; i++) {
        levels[i] = plan->units[i].level;
        leads_s[i] = plan->units[i].lead_time_s;
    }
    *axes = (struct report_axes){.plan = plan, .levels = levels, .leads_s = leads_s};
    axes->n_levels = distinct(levels, plan->n_units, sizeof *levels, level_compare);
    axes->n_leads = distinct(leads_s, plan->n_units, sizeof *leads_s, time_compare);
    return GAIA_OK;
}

static bool name_find(const char *const *names, size_t n, const char *name, size_t *at)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) {
            *at = i;
            return true;
        }
    }
    return false;
}

bool report_axes_find(const struct report_axes *axes, const char *variable, double level,
                      int64_t lead_time_s, const char *region, const char *weighting,
                      struct report_place *place)
{
    const struct plan *plan = axes->plan;
    const double *at = bsearch(&level, axes->levels, axes->n_levels, sizeof level, level_compare);
    const int64_t *lead =
        bsearch(&lead_time_s, axes->leads_s, axes->n_leads, sizeof lead_time_s, time_compare);
    if (at == NULL || lead == NULL) {
        return false;
    }
    place->level = (size_t)(at - axes->levels);
    place->lead = (size_t)(lead - axes->leads_s);
    return name_find(plan->variables, plan->n_variables, variable, &place->variable) &&
           name_find(plan->regions, plan->n_regions, region, &place->region) &&
           name_find(plan->weights, plan->n_weights, weighting, &place->weighting);
}

static int unit_compare(const void *a, const void *b)
{
    return plan_unit_compare(a, b);
}

gaia_status report_fields_count(const struct plan *plan, size_t *n_fields, gaia_error *err)
{
    struct gaia_unit *units = calloc(plan->n_units + 1, sizeof *units);
    if (units == NULL) {
        return error_memory(err, plan->n_units * sizeof *units);
    }
    for (size_t i = 0; i < plan->n_units; i++) {
        units[i] = plan->units[i];
        units[i].forecast = 0;
    }
    *n_fields = distinct(units, plan->n_units, sizeof *units, unit_compare);
    free(units);
    return GAIA_OK;
}

gaia_status report_leads_count(const struct plan *plan, size_t *n_leads, size_t *n_places,
                               gaia_error *err)
{
    struct gaia_unit *units = calloc(plan->n_units + 1, sizeof *units);
    if (units == NULL) {
        return error_memory(err, plan->n_units * sizeof *units);
    }
    for (size_t i = 0; i < plan->n_units; i++) {
        units[i] = plan->units[i];
        units[i].init_time_s = 0;
    }
    *n_leads = distinct(units, plan->n_units, sizeof *units, unit_compare);
    for (size_t i = 0; i < *n_leads; i++) {
        units[i].forecast = 0;
    }
    *n_places = distinct(units, *n_leads, sizeof *units, unit_compare);
    free(units);
    return GAIA_OK;
}

gaia_status report_coverage_find(const struct plan *plan, size_t forecast,
                                 struct report_coverage *coverage, gaia_error *err)
{
    int64_t *times = calloc(plan->n_units + 1, sizeof *times);
    size_t n = 0;
    if (times == NULL) {
        return error_memory(err, plan->n_units * sizeof *times);
    }
    for (size_t i = 0; i < plan->n_units; i++) {
        if (plan->units[i].forecast == forecast) {
            times[n++] = plan->units[i].init_time_s;
        }
    }
    *coverage = (struct report_coverage){.n_fields = n};
    coverage->n_init_times = distinct(times, n, sizeof *times, time_compare);
    if (n > 0) {
        coverage->first_s = times[0];
        coverage->last_s = times[coverage->n_init_times - 1];
    }
    free(times);
    return GAIA_OK;
}
