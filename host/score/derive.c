/* SPDX-License-Identifier: MIT
 *
 * A choice among a file's moments as a plan of its own, with the way back to the file's rows.
 */
#include "derive.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "metric.h"
#include "region_zonal.h"
#include "score_stream.h"

enum { NOWHERE = UINT32_MAX, DERIVE_ARENA_BYTES_MAX = 1 << 30, HOUR_S = 3600 };
enum { LISTED_MAX = 16, NUMBER_TEXT = 24 };

/* One list of names: what there is, what is wanted, and what comes out. */
struct choice {
    const char *what;
    gaia_status status; /* where a name is not there */
    const char *const *there;
    size_t n_there;
    const char *const *wanted;
    size_t n_wanted;
    const char **names; /* [n] chosen */
    uint32_t *from;     /* [n] their places among what there is */
    size_t n;
};

static size_t name_find(const char *const *names, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

static gaia_status choice_unknown(const struct choice *choice, const struct moments_file *file,
                                  const char *name, gaia_error *err)
{
    char list[GAIA_ERROR_DETAIL / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < choice->n_there && used < sizeof list; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 choice->there[i]);
    }
    return error_set(err, choice->status, "%s: no sums of %s '%s'; there are: %s",
                     moments_file_name(file), choice->what, name, list);
}

/* Fills in names, from and n. */
static gaia_status choice_make(struct choice *choice, const struct moments_file *file,
                               struct arena *arena, gaia_error *err)
{
    const bool all = choice->n_wanted == 0;
    const size_t n = all ? choice->n_there : choice->n_wanted;
    choice->names = arena_alloc(arena, n, sizeof *choice->names);
    choice->from = arena_alloc(arena, n, sizeof *choice->from);
    if (n > 0 && (choice->names == NULL || choice->from == NULL)) {
        return error_memory(err, n * sizeof *choice->names);
    }
    for (size_t i = 0; i < n; i++) {
        const size_t at = all ? i : name_find(choice->there, choice->n_there, choice->wanted[i]);
        if (at == choice->n_there) {
            return choice_unknown(choice, file, choice->wanted[i], err);
        }
        if (!all && name_find(choice->wanted, i, choice->wanted[i]) < i) {
            return error_set(err, GAIA_USAGE, "%s '%s' is asked for twice", choice->what,
                             choice->wanted[i]);
        }
        choice->names[i] = choice->there[at];
        choice->from[i] = (uint32_t)at;
    }
    choice->n = n;
    return GAIA_OK;
}

/* The way from a place in the file to a place in the choice; NOWHERE where it was not chosen. */
static uint32_t *choice_map(const struct choice *choice, struct arena *arena)
{
    uint32_t *to = arena_alloc(arena, choice->n_there, sizeof *to);
    for (size_t i = 0; to != NULL && i < choice->n_there; i++) {
        to[i] = NOWHERE;
    }
    for (size_t i = 0; to != NULL && i < choice->n; i++) {
        to[choice->from[i]] = (uint32_t)i;
    }
    return to;
}

static gaia_status forecasts_choose(struct derive *derive, const struct moments_file *file,
                                    const struct derive_filter *filter, uint32_t **to,
                                    gaia_error *err)
{
    const struct plan *there = moments_file_plan(file);
    struct arena *arena = &derive->plan.arena;
    const char **ids = arena_alloc(arena, there->n_forecasts, sizeof *ids);
    if (ids == NULL) {
        return error_memory(err, there->n_forecasts * sizeof *ids);
    }
    for (size_t i = 0; i < there->n_forecasts; i++) {
        ids[i] = there->forecasts[i].id;
    }
    struct choice choice = {.what = "forecast",
                            .status = GAIA_NOT_FOUND,
                            .there = ids,
                            .n_there = there->n_forecasts,
                            .wanted = filter->forecasts,
                            .n_wanted = filter->n_forecasts};
    const gaia_status status = choice_make(&choice, file, arena, err);
    if (status != GAIA_OK) {
        return status;
    }
    derive->plan.forecasts = arena_alloc(arena, choice.n, sizeof *derive->plan.forecasts);
    *to = choice_map(&choice, arena);
    if (derive->plan.forecasts == NULL || *to == NULL) {
        return error_memory(err, choice.n * sizeof *derive->plan.forecasts);
    }
    for (size_t i = 0; i < choice.n; i++) {
        derive->plan.forecasts[i] = there->forecasts[choice.from[i]];
    }
    derive->plan.n_forecasts = choice.n;
    return GAIA_OK;
}

static gaia_status variables_choose(struct derive *derive, const struct moments_file *file,
                                    const struct derive_filter *filter, uint32_t **to,
                                    gaia_error *err)
{
    const struct plan *there = moments_file_plan(file);
    struct choice choice = {.what = "variable",
                            .status = GAIA_VARIABLE_MISSING,
                            .there = there->variables,
                            .n_there = there->n_variables,
                            .wanted = filter->variables,
                            .n_wanted = filter->n_variables};
    const gaia_status status = choice_make(&choice, file, &derive->plan.arena, err);
    derive->plan.variables = choice.names;
    derive->plan.n_variables = choice.n;
    *to = status == GAIA_OK ? choice_map(&choice, &derive->plan.arena) : NULL;
    return status == GAIA_OK && *to == NULL ? error_memory(err, there->n_variables) : status;
}

/* Whether any band of the family of this width was summed. */
static bool zonal_is_there(const struct choice *regions, int width)
{
    struct zonal_band band;
    for (size_t i = 0; i < regions->n_there; i++) {
        if (zonal_band_find(regions->there[i], &band) && band.north - band.south == width) {
            return true;
        }
    }
    return false;
}

/* Puts in place of each family of bands that is wanted those of them that were summed. */
static gaia_status zonal_choose(struct choice *regions, const struct moments_file *file,
                                struct arena *arena, gaia_error *err)
{
    const char *const *all = NULL;
    size_t n = 0;
    size_t n_kept = 0;
    const gaia_status status = zonal_expand(arena, moments_file_name(file), regions->wanted,
                                            regions->n_wanted, &all, &n, err);
    if (status != GAIA_OK || regions->n_wanted == 0) {
        return status;
    }
    for (size_t i = 0; i < regions->n_wanted; i++) {
        const int width = zonal_width(regions->wanted[i]);
        if (width > 0 && !zonal_is_there(regions, width)) {
            return choice_unknown(regions, file, regions->wanted[i], err);
        }
    }
    const char **kept = arena_alloc(arena, n, sizeof *kept);
    if (kept == NULL) {
        return error_memory(err, n * sizeof *kept);
    }
    for (size_t i = 0; i < n; i++) {
        if (name_find(regions->wanted, regions->n_wanted, all[i]) < regions->n_wanted ||
            name_find(regions->there, regions->n_there, all[i]) < regions->n_there) {
            kept[n_kept++] = all[i];
        }
    }
    regions->wanted = kept;
    regions->n_wanted = n_kept;
    return GAIA_OK;
}

/* Regions and weightings, and where their rows are among the file's. */
static gaia_status rows_choose(struct derive *derive, const struct moments_file *file,
                               const struct derive_filter *filter, gaia_error *err)
{
    const struct plan *there = moments_file_plan(file);
    struct plan *plan = &derive->plan;
    struct choice regions = {.what = "region",
                             .status = GAIA_REGION_UNKNOWN,
                             .there = there->regions,
                             .n_there = there->n_regions,
                             .wanted = filter->regions,
                             .n_wanted = filter->n_regions};
    struct choice weights = {.what = "weighting",
                             .status = GAIA_WEIGHTING_UNKNOWN,
                             .there = there->weights,
                             .n_there = there->n_weights,
                             .wanted = filter->weights,
                             .n_wanted = filter->n_weights};
    gaia_status status = zonal_choose(&regions, file, &plan->arena, err);
    if (status == GAIA_OK) {
        status = choice_make(&regions, file, &plan->arena, err);
    }
    if (status == GAIA_OK) {
        status = choice_make(&weights, file, &plan->arena, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    derive->row = arena_alloc(&plan->arena, regions.n * weights.n, sizeof *derive->row);
    if (derive->row == NULL) {
        return error_memory(err, regions.n * weights.n * sizeof *derive->row);
    }
    for (size_t i = 0; i < regions.n * weights.n; i++) {
        derive->row[i] =
            regions.from[i / weights.n] * there->n_weights + weights.from[i % weights.n];
    }
    plan->regions = regions.names;
    plan->n_regions = regions.n;
    plan->weights = weights.names;
    plan->n_weights = weights.n;
    return GAIA_OK;
}

static bool level_wanted(const struct derive_filter *filter, double level)
{
    bool wanted = filter->n_levels == 0 || isnan(level);
    for (size_t i = 0; !wanted && i < filter->n_levels; i++) {
        wanted = filter->levels[i] == level;
    }
    return wanted;
}

static bool lead_wanted(const struct derive_filter *filter, int64_t lead_s)
{
    bool wanted = filter->n_leads == 0;
    for (size_t i = 0; !wanted && i < filter->n_leads; i++) {
        wanted = filter->leads_s[i] == lead_s;
    }
    return wanted;
}

/* A unit of the choice with its number in the file. */
struct chosen {
    struct gaia_unit unit;
    size_t from;
};

static int chosen_compare(const void *a, const void *b)
{
    const struct chosen *x = a;
    const struct chosen *y = b;
    return plan_unit_compare(&x->unit, &y->unit);
}

/* The levels in hPa or lead times in hours of the choice's units, in order; the first few of many.
 */
static void axis_list(const struct plan *there, const uint32_t *forecast, const uint32_t *variable,
                      bool is_level, char *list, size_t size)
{
    double seen[LISTED_MAX];
    size_t n = 0;
    size_t used = 0;
    for (size_t i = 0; i < there->n_units && n <= LISTED_MAX && used < size; i++) {
        const struct gaia_unit *unit = &there->units[i];
        const double x = is_level ? unit->level : (double)unit->lead_time_s / HOUR_S;
        bool is_new =
            forecast[unit->forecast] != NOWHERE && variable[unit->variable] != NOWHERE && !isnan(x);
        for (size_t k = 0; is_new && k < n; k++) {
            is_new = seen[k] != x;
        }
        if (is_new && n == LISTED_MAX) {
            (void)snprintf(list + used, size - used, ", ...");
            return;
        }
        if (is_new) {
            used += (size_t)snprintf(list + used, size - used, "%s%g", n > 0 ? ", " : "", x);
            seen[n++] = x;
        }
    }
}

/* Fails if a level or lead time that is wanted is of no unit of the choice's forecasts and
 * variables. */
static gaia_status axes_check(const struct moments_file *file, const struct derive_filter *filter,
                              const uint32_t *forecast, const uint32_t *variable, gaia_error *err)
{
    const struct plan *there = moments_file_plan(file);
    for (size_t k = 0; k < filter->n_levels + filter->n_leads; k++) {
        const bool is_level = k < filter->n_levels;
        const double wanted =
            is_level ? filter->levels[k] : (double)filter->leads_s[k - filter->n_levels];
        bool found = false;
        bool has_levels = !is_level; /* levels are no matter where no field has one */
        for (size_t i = 0; !found && i < there->n_units; i++) {
            const struct gaia_unit *unit = &there->units[i];
            if (forecast[unit->forecast] != NOWHERE && variable[unit->variable] != NOWHERE) {
                found = (is_level ? unit->level : (double)unit->lead_time_s) == wanted;
                has_levels = has_levels || !isnan(unit->level);
            }
        }
        if (!found && has_levels) {
            char list[LISTED_MAX * NUMBER_TEXT] = "";
            axis_list(there, forecast, variable, is_level, list, sizeof list);
            return error_set(err, is_level ? GAIA_LEVEL_MISSING : GAIA_LEAD_MISSING,
                             is_level ? "%s: no sums of level %g hPa; there are: %s"
                                      : "%s: no sums of lead time %g hours; there are: %s",
                             moments_file_name(file), is_level ? wanted : wanted / HOUR_S, list);
        }
    }
    return GAIA_OK;
}

static gaia_status units_choose(struct derive *derive, const struct moments_file *file,
                                const struct derive_filter *filter, const uint32_t *forecast,
                                const uint32_t *variable, gaia_error *err)
{
    const struct plan *there = moments_file_plan(file);
    struct plan *plan = &derive->plan;
    struct chosen *chosen = calloc(there->n_units + 1, sizeof *chosen);
    size_t n = 0;
    if (chosen == NULL) {
        return error_memory(err, there->n_units * sizeof *chosen);
    }
    for (size_t i = 0; i < there->n_units; i++) {
        struct gaia_unit unit = there->units[i];
        if (forecast[unit.forecast] != NOWHERE && variable[unit.variable] != NOWHERE &&
            level_wanted(filter, unit.level) && lead_wanted(filter, unit.lead_time_s)) {
            unit.forecast = forecast[unit.forecast];
            unit.variable = variable[unit.variable];
            chosen[n++] = (struct chosen){unit, i};
        }
    }
    qsort(chosen, n, sizeof *chosen, chosen_compare);
    plan->units = arena_alloc(&plan->arena, n, sizeof *plan->units);
    derive->unit = arena_alloc(&plan->arena, n, sizeof *derive->unit);
    const bool good = n == 0 || (plan->units != NULL && derive->unit != NULL);
    for (size_t i = 0; good && i < n; i++) {
        plan->units[i] = chosen[i].unit;
        derive->unit[i] = chosen[i].from;
    }
    plan->n_units = good ? n : 0;
    free(chosen);
    return good ? GAIA_OK : error_memory(err, n * sizeof *plan->units);
}

static gaia_status settings_choose(struct derive *derive, const struct moments_file *file,
                                   const struct derive_filter *filter, gaia_error *err)
{
    const struct plan *there = moments_file_plan(file);
    struct plan *plan = &derive->plan;
    const char *unknown = "";
    plan->calendar = there->calendar;
    plan->has_climatology = there->has_climatology;
    plan->has_reference = there->has_reference;
    plan->missing = filter->has_missing ? filter->missing : there->missing;
    plan->metrics = there->metrics;
    if (filter->n_metrics > 0 &&
        !metric_set(filter->metrics, filter->n_metrics, there->has_climatology,
                    there->has_reference, &plan->metrics, &unknown)) {
        return metric_unknown(unknown, err);
    }
    if (plan->metrics == 0) {
        return error_set(err, GAIA_USAGE, "%s: metric '%s' needs %s, of which there are no sums",
                         moments_file_name(file), filter->metrics[0],
                         metric_need(filter->metrics[0]));
    }
    return GAIA_OK;
}

gaia_status derive_open(const struct moments_file *file, const struct derive_filter *filter,
                        struct derive **derive, gaia_error *err)
{
    uint32_t *forecast = NULL;
    uint32_t *variable = NULL;
    struct derive *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    arena_init(&opened->plan.arena, DERIVE_ARENA_BYTES_MAX);
    gaia_status status = settings_choose(opened, file, filter, err);
    if (status == GAIA_OK) {
        status = forecasts_choose(opened, file, filter, &forecast, err);
    }
    if (status == GAIA_OK) {
        status = variables_choose(opened, file, filter, &variable, err);
    }
    if (status == GAIA_OK) {
        status = rows_choose(opened, file, filter, err);
    }
    if (status == GAIA_OK) {
        status = axes_check(file, filter, forecast, variable, err);
    }
    if (status == GAIA_OK) {
        status = units_choose(opened, file, filter, forecast, variable, err);
    }
    if (status != GAIA_OK) {
        derive_close(opened);
        return status;
    }
    *derive = opened;
    return GAIA_OK;
}

void derive_close(struct derive *derive)
{
    if (derive != NULL) {
        arena_fini(&derive->plan.arena);
        free(derive);
    }
}

gaia_status derive_rows(const struct moments_file *file, const struct derive *derive, size_t i_unit,
                        struct gaia_moments *scratch, struct gaia_moments *rows, gaia_error *err)
{
    const gaia_status status = moments_file_read(file, derive->unit[i_unit], scratch, err);
    for (size_t i = 0; status == GAIA_OK && i < plan_rows_per_unit(&derive->plan); i++) {
        rows[i] = scratch[derive->row[i]];
    }
    return status;
}

gaia_status derive_scores(const struct moments_file *file, const struct derive *derive,
                          void (*emit)(void *context, const struct gaia_score *), void *context,
                          gaia_error *err)
{
    const struct plan *plan = &derive->plan;
    struct score_stream *stream = NULL;
    struct gaia_moments *scratch =
        calloc(plan_rows_per_unit(moments_file_plan(file)), sizeof *scratch);
    struct gaia_moments *rows = calloc(plan_rows_per_unit(plan), sizeof *rows);
    gaia_status status = scratch != NULL && rows != NULL
                             ? score_stream_open(plan, emit, context, &stream, err)
                             : error_memory(err, sizeof *rows);
    for (size_t i = 0; status == GAIA_OK && i < plan->n_units; i++) {
        status = derive_rows(file, derive, i, scratch, rows, err);
        if (status == GAIA_OK) {
            score_stream_unit(stream, i, rows);
        }
    }
    if (status == GAIA_OK) {
        score_stream_end(stream);
    }
    score_stream_close(stream);
    free(rows);
    free(scratch);
    return status;
}
