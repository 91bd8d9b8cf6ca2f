/* SPDX-License-Identifier: MIT
 *
 * A choice among stored moments as a plan of its own, with the way back to the rows that there are.
 *
 * Invariant: the order of the choice's units is that of plan_unit_compare by the choice's numbers:
 * forecasts and variables as they were asked for, within them the plan's order.
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

enum { DERIVE_ARENA_BYTES_MAX = 1 << 30, HOUR_S = 3600 };
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
    struct derive_axis axis;
};

static size_t name_find(const char *const *names, size_t n, const char *name)
{
    size_t i = 0;
    while (i < n && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

static gaia_status choice_unknown(const struct choice *choice, const char *source, const char *name,
                                  gaia_error *err)
{
    char list[GAIA_ERROR_DETAIL / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < choice->n_there && used < sizeof list; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 choice->there[i]);
    }
    return error_set(err, choice->status, "%s: no sums of %s '%s'; there are: %s", source,
                     choice->what, name, list);
}

/* The way from a place among what there is to a place in the choice. */
static bool choice_map(struct choice *choice, struct arena *arena)
{
    struct derive_axis *axis = &choice->axis;
    axis->to = arena_alloc(arena, choice->n_there, sizeof *axis->to);
    for (size_t i = 0; axis->to != NULL && i < choice->n_there; i++) {
        axis->to[i] = DERIVE_NOWHERE;
    }
    for (size_t i = 0; axis->to != NULL && i < axis->n; i++) {
        axis->to[axis->from[i]] = (uint32_t)i;
    }
    return axis->to != NULL || choice->n_there == 0;
}

/* Fills in names and axis. */
static gaia_status choice_make(struct choice *choice, const char *source, struct arena *arena,
                               gaia_error *err)
{
    const bool all = choice->n_wanted == 0;
    const size_t n = all ? choice->n_there : choice->n_wanted;
    struct derive_axis *axis = &choice->axis;
    choice->names = arena_alloc(arena, n, sizeof *choice->names);
    axis->from = arena_alloc(arena, n, sizeof *axis->from);
    if (n > 0 && (choice->names == NULL || axis->from == NULL)) {
        return error_memory(err, n * sizeof *choice->names);
    }
    for (size_t i = 0; i < n; i++) {
        const size_t at = all ? i : name_find(choice->there, choice->n_there, choice->wanted[i]);
        if (at == choice->n_there) {
            return choice_unknown(choice, source, choice->wanted[i], err);
        }
        if (!all && name_find(choice->wanted, i, choice->wanted[i]) < i) {
            return error_set(err, GAIA_USAGE, "%s '%s' is asked for twice", choice->what,
                             choice->wanted[i]);
        }
        choice->names[i] = choice->there[at];
        axis->from[i] = (uint32_t)at;
    }
    axis->n = n;
    return choice_map(choice, arena) ? GAIA_OK : error_memory(err, choice->n_there);
}

static gaia_status forecasts_choose(struct derive *derive, const struct plan *there,
                                    const char *source, const struct derive_filter *filter,
                                    gaia_error *err)
{
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
    const gaia_status status = choice_make(&choice, source, arena, err);
    if (status != GAIA_OK) {
        return status;
    }
    const size_t n = choice.axis.n;
    derive->plan.forecasts = arena_alloc(arena, n, sizeof *derive->plan.forecasts);
    if (derive->plan.forecasts == NULL) {
        return error_memory(err, n * sizeof *derive->plan.forecasts);
    }
    for (size_t i = 0; i < n; i++) {
        derive->plan.forecasts[i] = there->forecasts[choice.axis.from[i]];
    }
    derive->plan.n_forecasts = n;
    derive->forecasts = choice.axis;
    return GAIA_OK;
}

static gaia_status variables_choose(struct derive *derive, const struct plan *there,
                                    const char *source, const struct derive_filter *filter,
                                    gaia_error *err)
{
    struct choice choice = {.what = "variable",
                            .status = GAIA_VARIABLE_MISSING,
                            .there = there->variables,
                            .n_there = there->n_variables,
                            .wanted = filter->variables,
                            .n_wanted = filter->n_variables};
    const gaia_status status = choice_make(&choice, source, &derive->plan.arena, err);
    derive->plan.variables = choice.names;
    derive->plan.n_variables = choice.axis.n;
    derive->variables = choice.axis;
    return status;
}

/* Regions and weightings, and where their rows are among those that there are. */
static gaia_status rows_choose(struct derive *derive, const struct plan *there, const char *source,
                               const struct derive_filter *filter, gaia_error *err)
{
    struct plan *plan = &derive->plan;
    struct choice regions = {.what = "region",
                             .status = GAIA_REGION_UNKNOWN,
                             .there = there->regions,
                             .n_there = there->n_regions};
    struct choice weights = {.what = "weighting",
                             .status = GAIA_WEIGHTING_UNKNOWN,
                             .there = there->weights,
                             .n_there = there->n_weights,
                             .wanted = filter->weights,
                             .n_wanted = filter->n_weights};
    const char *lacking = NULL;
    gaia_status status =
        zonal_choose(&plan->arena, source, filter->regions, filter->n_regions, there->regions,
                     there->n_regions, &regions.wanted, &regions.n_wanted, &lacking, err);
    if (status == GAIA_OK) {
        status = lacking == NULL ? choice_make(&regions, source, &plan->arena, err)
                                 : choice_unknown(&regions, source, lacking, err);
    }
    if (status == GAIA_OK) {
        status = choice_make(&weights, source, &plan->arena, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    const size_t n_weights = weights.axis.n;
    const size_t n = regions.axis.n * n_weights;
    derive->row = arena_alloc(&plan->arena, n, sizeof *derive->row);
    if (derive->row == NULL) {
        return error_memory(err, n * sizeof *derive->row);
    }
    for (size_t i = 0; i < n; i++) {
        derive->row[i] =
            regions.axis.from[i / n_weights] * there->n_weights + weights.axis.from[i % n_weights];
    }
    plan->regions = regions.names;
    plan->n_regions = regions.axis.n;
    plan->weights = weights.names;
    plan->n_weights = n_weights;
    return GAIA_OK;
}

static gaia_status settings_choose(struct derive *derive, const struct plan *there,
                                   const char *source, const struct derive_filter *filter,
                                   gaia_error *err)
{
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
                         source, filter->metrics[0], metric_need(filter->metrics[0]));
    }
    derive->levels = arena_alloc(&plan->arena, filter->n_levels, sizeof *derive->levels);
    derive->leads_s = arena_alloc(&plan->arena, filter->n_leads, sizeof *derive->leads_s);
    if ((filter->n_levels > 0 && derive->levels == NULL) ||
        (filter->n_leads > 0 && derive->leads_s == NULL)) {
        return error_memory(err, (filter->n_levels + filter->n_leads) * sizeof *derive->levels);
    }
    for (size_t i = 0; i < filter->n_levels; i++) {
        derive->levels[derive->n_levels++] = filter->levels[i];
    }
    for (size_t i = 0; i < filter->n_leads; i++) {
        derive->leads_s[derive->n_leads++] = filter->leads_s[i];
    }
    return GAIA_OK;
}

gaia_status derive_choose(const struct plan *there, const char *name,
                          const struct derive_filter *filter, struct derive **derive,
                          gaia_error *err)
{
    struct derive *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    arena_init(&opened->plan.arena, DERIVE_ARENA_BYTES_MAX);
    gaia_status status = settings_choose(opened, there, name, filter, err);
    if (status == GAIA_OK) {
        status = forecasts_choose(opened, there, name, filter, err);
    }
    if (status == GAIA_OK) {
        status = variables_choose(opened, there, name, filter, err);
    }
    if (status == GAIA_OK) {
        status = rows_choose(opened, there, name, filter, err);
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

/* ---- Units ---- */

static bool level_wanted(const struct derive *derive, double level)
{
    bool wanted = derive->n_levels == 0 || isnan(level);
    for (size_t i = 0; !wanted && i < derive->n_levels; i++) {
        wanted = derive->levels[i] == level;
    }
    return wanted;
}

static bool lead_wanted(const struct derive *derive, int64_t lead_s)
{
    bool wanted = derive->n_leads == 0;
    for (size_t i = 0; !wanted && i < derive->n_leads; i++) {
        wanted = derive->leads_s[i] == lead_s;
    }
    return wanted;
}

/* Whether the unit is of a forecast that was chosen, and has not failed, and of such a variable. */
static bool names_wanted(const struct derive *derive, const struct gaia_unit *unit)
{
    const uint32_t forecast = derive->forecasts.to[unit->forecast];
    return forecast != DERIVE_NOWHERE && derive->variables.to[unit->variable] != DERIVE_NOWHERE &&
           derive->plan.forecasts[forecast].status == GAIA_OK;
}

bool derive_unit(const struct derive *derive, const struct gaia_unit *unit, struct gaia_unit *named)
{
    if (!names_wanted(derive, unit) || !level_wanted(derive, unit->level) ||
        !lead_wanted(derive, unit->lead_time_s)) {
        return false;
    }
    *named = *unit;
    named->forecast = derive->forecasts.to[unit->forecast];
    named->variable = derive->variables.to[unit->variable];
    return true;
}

/* The levels in hPa or lead times in hours of the choice's names, in order; the first few of many.
 */
static void axis_list(const struct derive *derive, const struct plan *there, bool is_level,
                      char *list, size_t size)
{
    double seen[LISTED_MAX];
    size_t n = 0;
    size_t used = 0;
    for (size_t i = 0; i < there->n_units && n <= LISTED_MAX && used < size; i++) {
        const struct gaia_unit *unit = &there->units[i];
        const double x = is_level ? unit->level : (double)unit->lead_time_s / HOUR_S;
        bool is_new = names_wanted(derive, unit) && !isnan(x);
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

gaia_status derive_check(const struct derive *derive, const struct plan *there, const char *name,
                         gaia_error *err)
{
    for (size_t k = 0; k < derive->n_levels + derive->n_leads; k++) {
        const bool is_level = k < derive->n_levels;
        const double wanted =
            is_level ? derive->levels[k] : (double)derive->leads_s[k - derive->n_levels];
        bool found = false;
        bool has_levels = !is_level; /* levels are no matter where no field has one */
        for (size_t i = 0; !found && i < there->n_units; i++) {
            const struct gaia_unit *unit = &there->units[i];
            if (names_wanted(derive, unit)) {
                found = (is_level ? unit->level : (double)unit->lead_time_s) == wanted;
                has_levels = has_levels || !isnan(unit->level);
            }
        }
        if (!found && has_levels) {
            char list[LISTED_MAX * NUMBER_TEXT] = "";
            axis_list(derive, there, is_level, list, sizeof list);
            return error_set(err, is_level ? GAIA_LEVEL_MISSING : GAIA_LEAD_MISSING,
                             is_level ? "%s: no sums of level %g hPa; there are: %s"
                                      : "%s: no sums of lead time %g hours; there are: %s",
                             name, is_level ? wanted : wanted / HOUR_S, list);
        }
    }
    return GAIA_OK;
}

/* The first unit that is of this forecast and variable or comes after them in the plan. */
static size_t names_seek(const struct plan *there, uint32_t forecast, uint32_t variable)
{
    size_t low = 0;
    size_t high = there->n_units;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct gaia_unit *unit = &there->units[middle];
        if (unit->forecast < forecast ||
            (unit->forecast == forecast && unit->variable < variable)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The first chosen unit at i_unit or after it that is of the choice's forecast f and variable v;
 * then those of the names that follow. */
static size_t unit_seek(const struct derive *derive, const struct plan *there, size_t i_unit,
                        size_t f, size_t v)
{
    for (;;) {
        const uint32_t forecast = derive->forecasts.from[f];
        const uint32_t variable = derive->variables.from[v];
        for (; i_unit < there->n_units && there->units[i_unit].forecast == forecast &&
               there->units[i_unit].variable == variable;
             i_unit++) {
            struct gaia_unit named;
            if (derive_unit(derive, &there->units[i_unit], &named)) {
                return i_unit;
            }
        }
        v = v + 1 < derive->variables.n ? v + 1 : 0;
        f += v == 0;
        if (f == derive->forecasts.n) {
            return there->n_units;
        }
        i_unit = names_seek(there, derive->forecasts.from[f], derive->variables.from[v]);
    }
}

size_t derive_first(const struct derive *derive, const struct plan *there)
{
    return derive->forecasts.n == 0 || derive->variables.n == 0
               ? there->n_units
               : unit_seek(derive, there,
                           names_seek(there, derive->forecasts.from[0], derive->variables.from[0]),
                           0, 0);
}

size_t derive_next(const struct derive *derive, const struct plan *there, size_t i_unit)
{
    const struct gaia_unit *unit = &there->units[i_unit];
    return unit_seek(derive, there, i_unit + 1, derive->forecasts.to[unit->forecast],
                     derive->variables.to[unit->variable]);
}

/* ---- A file ---- */

static gaia_status units_choose(struct derive *derive, const struct plan *there, gaia_error *err)
{
    struct plan *plan = &derive->plan;
    size_t n = 0;
    for (size_t i = derive_first(derive, there); i < there->n_units;
         i = derive_next(derive, there, i)) {
        n++;
    }
    plan->units = arena_alloc(&plan->arena, n, sizeof *plan->units);
    derive->unit = arena_alloc(&plan->arena, n, sizeof *derive->unit);
    if (n > 0 && (plan->units == NULL || derive->unit == NULL)) {
        return error_memory(err, n * sizeof *plan->units);
    }
    for (size_t i = derive_first(derive, there); i < there->n_units;
         i = derive_next(derive, there, i)) {
        derive->unit[plan->n_units] = i;
        (void)derive_unit(derive, &there->units[i], &plan->units[plan->n_units++]);
    }
    return GAIA_OK;
}

gaia_status derive_open(const struct moments_file *file, const struct derive_filter *filter,
                        struct derive **derive, gaia_error *err)
{
    const struct plan *there = moments_file_plan(file);
    const char *name = moments_file_name(file);
    struct derive *opened = NULL;
    gaia_status status = derive_choose(there, name, filter, &opened, err);
    if (status == GAIA_OK) {
        status = derive_check(opened, there, name, err);
    }
    if (status == GAIA_OK) {
        status = units_choose(opened, there, err);
    }
    if (status != GAIA_OK) {
        derive_close(opened);
        return status;
    }
    *derive = opened;
    return GAIA_OK;
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
