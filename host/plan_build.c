/* SPDX-License-Identifier: MIT
 *
 * Matching forecasts with truth, climatology and reference by variable, level and valid time.
 */
#include "plan_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "error.h"
#include "metric.h"
#include "region.h"
#include "text.h"

enum { PLAN_ARENA_BYTES_MAX = 1 << 30, WARNINGS_MAX = 64, HOUR_S = 3600, LIST_BYTES = 256 };

struct builder {
    struct sources *sources;
    const struct gaia_job *job;
    struct plan *plan;
    size_t unit_capacity;
};

static gaia_status names_copy(struct plan *plan, const char *const *names, size_t n,
                              const char ***copies, size_t *n_copies, gaia_error *err)
{
    *copies = arena_strings(&plan->arena, names, n);
    *n_copies = n;
    return *copies != NULL ? GAIA_OK : error_memory(err, n * sizeof *names);
}

static void warning_add(struct plan *plan, const char *text)
{
    if (plan->warnings == NULL) {
        plan->warnings = arena_alloc(&plan->arena, WARNINGS_MAX, sizeof *plan->warnings);
    }
    char *copy = arena_strdup(&plan->arena, text);
    if (plan->warnings != NULL && copy != NULL && plan->n_warnings < WARNINGS_MAX) {
        (void)text_clean(copy);
        plan->warnings[plan->n_warnings++] = copy;
    }
}

/* Notes the outcome of forecast i in the plan. */
static gaia_status forecast_note(struct plan *plan, size_t i, gaia_status status,
                                 const char *detail, gaia_error *err)
{
    plan->forecasts[i].status = status;
    plan->forecasts[i].detail = arena_strdup(&plan->arena, detail);
    return plan->forecasts[i].detail != NULL ? GAIA_OK : error_memory(err, strlen(detail));
}

static gaia_status forecasts_name(struct builder *b, gaia_error *err)
{
    struct plan *plan = b->plan;
    plan->forecasts = arena_alloc(&plan->arena, b->job->n_forecasts, sizeof *plan->forecasts);
    if (plan->forecasts == NULL) {
        return error_memory(err, b->job->n_forecasts * sizeof *plan->forecasts);
    }
    plan->n_forecasts = b->job->n_forecasts;
    for (size_t i = 0; i < plan->n_forecasts; i++) {
        plan->forecasts[i].id = arena_strdup(&plan->arena, b->job->forecasts[i].id);
        if (plan->forecasts[i].id == NULL) {
            return error_memory(err, strlen(b->job->forecasts[i].id));
        }
    }
    return GAIA_OK;
}

/* No forecast can be scored: says why of each, as far as there is room. The status is the first's.
 */
static gaia_status forecasts_failed(const struct plan *plan, gaia_error *err)
{
    char all[GAIA_ERROR_DETAIL];
    size_t used = 0;
    for (size_t i = 0; plan->n_forecasts > 1 && i < plan->n_forecasts && used < sizeof all; i++) {
        used +=
            (size_t)snprintf(all + used, sizeof all - used, "%sforecast %s: %s", i > 0 ? "; " : "",
                             plan->forecasts[i].id, plan->forecasts[i].detail);
    }
    return error_set(err, plan->forecasts[0].status, "%s",
                     used > 0 ? all : plan->forecasts[0].detail);
}

/* The variables that the job names; else those of the first forecast that opens and that the truth
 * has too. */
static gaia_status variables_choose(struct builder *b, gaia_error *err)
{
    const struct gaia_job *job = b->job;
    struct plan *plan = b->plan;
    if (job->n_variables > 0) {
        return names_copy(plan, job->variables, job->n_variables, &plan->variables,
                          &plan->n_variables, err);
    }
    const struct catalog *truth = &b->sources->truth;
    const struct catalog *forecast = NULL;
    gaia_status status = GAIA_INTERNAL;
    for (size_t i = 0; status != GAIA_OK && i < job->n_forecasts; i++) {
        gaia_error error = {0};
        status = sources_forecast(b->sources, i, &forecast, &error);
        if (forecast_note(plan, i, status, error.detail, err) != GAIA_OK) {
            return GAIA_OUT_OF_MEMORY;
        }
    }
    if (status != GAIA_OK) {
        return forecasts_failed(plan, err);
    }
    const char **names = calloc(forecast->n_variables, sizeof *names);
    size_t n = 0;
    for (size_t i = 0; names != NULL && i < forecast->n_variables; i++) {
        if (catalog_variable(truth, forecast->variables[i].name) < truth->n_variables) {
            names[n++] = forecast->variables[i].name;
        }
    }
    if (names == NULL) {
        status = error_memory(err, forecast->n_variables * sizeof *names);
    } else if (n == 0) {
        status = error_set(err, GAIA_VARIABLE_MISSING, "%s and %s have no variable in common",
                           forecast->grid_path, truth->grid_path);
    } else {
        status = names_copy(plan, names, n, &plan->variables, &plan->n_variables, err);
    }
    free(names);
    return status;
}

/* Names of the regions that have points, of the weightings, and the set of metrics. */
static gaia_status settings_choose(struct builder *b, gaia_error *err)
{
    static const char *const default_regions[] = {"global", "n.hem", "tropics", "s.hem"};
    static const char *const default_weights[] = {"cos"};
    const struct gaia_job *job = b->job;
    struct plan *plan = b->plan;
    const char *const *regions = job->n_regions > 0 ? job->regions : default_regions;
    const size_t n_regions = job->n_regions > 0 ? job->n_regions : 4;
    struct region_set set;
    struct arena scratch;
    const char *unknown = "";
    arena_init(&scratch, PLAN_ARENA_BYTES_MAX);
    gaia_status status =
        region_set_make(&scratch, &b->sources->truth.grid, regions, n_regions, &set, err);
    if (status == GAIA_OK && set.n_regions == 0) {
        status = error_set(err, GAIA_REGION_UNKNOWN, "%s: none of the regions has a grid point",
                           b->sources->truth.grid_path);
    }
    if (status == GAIA_OK) {
        plan->regions = arena_alloc(&plan->arena, set.n_regions, sizeof *plan->regions);
        status = plan->regions != NULL ? GAIA_OK : error_memory(err, set.n_regions);
    }
    for (size_t i = 0; status == GAIA_OK && i < set.n_regions; i++) {
        plan->regions[i] = set.regions[i].name; /* static names */
        plan->n_regions = i + 1;
    }
    arena_fini(&scratch);
    if (status == GAIA_OK) {
        status = names_copy(plan, job->n_weights > 0 ? job->weights : default_weights,
                            job->n_weights > 0 ? job->n_weights : 1, &plan->weights,
                            &plan->n_weights, err);
    }
    if (status == GAIA_OK && !metric_set(job->metrics, job->n_metrics, job->has_climatology,
                                         job->has_reference, &plan->metrics, &unknown)) {
        status = error_set(err, GAIA_METRIC_UNKNOWN, "no such metric '%s'", unknown);
    }
    plan->missing = job->missing;
    plan->has_climatology = job->has_climatology;
    plan->has_reference = job->has_reference;
    return status;
}

static bool level_wanted(const struct gaia_job *job, double level)
{
    bool wanted = job->n_levels == 0 || isnan(level);
    for (size_t i = 0; i < job->n_levels; i++) {
        wanted = wanted || job->levels[i] == level;
    }
    return wanted;
}

static bool lead_wanted(const struct gaia_job *job, int64_t lead_time_s)
{
    bool wanted = job->n_leads == 0;
    for (size_t i = 0; i < job->n_leads; i++) {
        wanted = wanted || job->leads_s[i] == lead_time_s;
    }
    return wanted;
}

/* The entries of one variable: [*first, *end). */
static void variable_range(const struct catalog *catalog, size_t variable, size_t *first,
                           size_t *end)
{
    *first = 0;
    while (*first < catalog->n_entries && catalog->entries[*first].variable != variable) {
        (*first)++;
    }
    *end = *first;
    while (*end < catalog->n_entries && catalog->entries[*end].variable == variable) {
        (*end)++;
    }
}

static gaia_status level_missing(const struct catalog *catalog, size_t variable, double level,
                                 gaia_error *err)
{
    char list[LIST_BYTES];
    catalog_list_levels(catalog, variable, list, sizeof list);
    return error_set(err, GAIA_LEVEL_MISSING,
                     "%s: variable '%s' has no level %g hPa; there are: %s", catalog->grid_path,
                     catalog->variables[variable].in_file, level, list);
}

static bool lead_present(const struct catalog *catalog, size_t variable, int64_t lead_time_s)
{
    for (size_t i = 0; i < catalog->n_entries; i++) {
        const struct catalog_entry *entry = &catalog->entries[i];
        if (entry->variable == variable && entry->lead_time_s == lead_time_s) {
            return true;
        }
    }
    return false;
}

/* Every level and lead time that the job names must be in the forecast, every such level in the
 * truth. */
static gaia_status wishes_check(const struct builder *b, const struct catalog *forecast,
                                size_t variable, size_t truth_variable, gaia_error *err)
{
    const struct gaia_job *job = b->job;
    const struct catalog *truth = &b->sources->truth;
    const bool has_levels = !catalog_has_level(forecast, variable, (double)NAN);
    for (size_t i = 0; has_levels && i < job->n_levels; i++) {
        if (!catalog_has_level(forecast, variable, job->levels[i])) {
            return level_missing(forecast, variable, job->levels[i], err);
        }
        if (!catalog_has_level(truth, truth_variable, job->levels[i])) {
            return level_missing(truth, truth_variable, job->levels[i], err);
        }
    }
    for (size_t i = 0; i < job->n_leads; i++) {
        if (!lead_present(forecast, variable, job->leads_s[i])) {
            char list[LIST_BYTES];
            catalog_list_leads(forecast, variable, list, sizeof list);
            return error_set(err, GAIA_LEAD_MISSING,
                             "%s: variable '%s' has no lead time %g h; there are: %s",
                             forecast->grid_path, forecast->variables[variable].in_file,
                             (double)job->leads_s[i] / HOUR_S, list);
        }
    }
    return GAIA_OK;
}

/* Climatology and reference must cover every field that is scored. */
static gaia_status companions_check(const struct builder *b, const char *name,
                                    const struct catalog_entry *entry, gaia_error *err)
{
    const struct sources *sources = b->sources;
    const int64_t valid_time_s = entry->time_s + entry->lead_time_s;
    char time[GAIA_TIME_TEXT];
    if (b->job->has_climatology) {
        const struct catalog *c = &sources->climatology;
        const size_t variable = catalog_variable(c, name);
        if (!catalog_has_level(c, variable, entry->level)) {
            return level_missing(c, variable, entry->level, err);
        }
        if (catalog_find_climatology(c, variable, entry->level, valid_time_s) == NULL) {
            gaia_time_format(valid_time_s, time);
            return error_set(err, GAIA_TIME_MISSING,
                             "%s: variable '%s', level %g: no climatology for the hour of %s",
                             c->grid_path, name, entry->level, time);
        }
    }
    if (b->job->has_reference) {
        const struct catalog *r = &sources->reference;
        if (catalog_find(r, catalog_variable(r, name), entry->level, entry->time_s,
                         entry->lead_time_s) == NULL) {
            gaia_time_format(entry->time_s, time);
            return error_set(
                err, GAIA_TIME_MISSING,
                "%s: variable '%s', level %g: no field of init time %s, lead time %g h",
                r->grid_path, name, entry->level, time, (double)entry->lead_time_s / HOUR_S);
        }
    }
    return GAIA_OK;
}

static gaia_status unit_add(struct builder *b, const struct gaia_unit *unit, gaia_error *err)
{
    struct plan *plan = b->plan;
    if (plan->n_units == b->unit_capacity) {
        const size_t capacity = b->unit_capacity == 0 ? 1024 : 2 * b->unit_capacity;
        struct gaia_unit *grown = arena_alloc(&plan->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            return error_memory(err, capacity * sizeof *grown);
        }
        if (plan->n_units > 0) {
            memcpy(grown, plan->units, plan->n_units * sizeof *grown);
        }
        plan->units = grown;
        b->unit_capacity = capacity;
    }
    plan->units[plan->n_units++] = *unit;
    return GAIA_OK;
}

/* What was left out of one variable of a forecast. */
struct skipped {
    size_t n_times;  /* valid times that the truth lacks */
    size_t n_levels; /* fields at levels that it lacks */
};

static gaia_status variable_plan(struct builder *b, uint32_t i_forecast,
                                 const struct catalog *forecast, uint32_t i_variable,
                                 struct skipped *skipped, gaia_error *err)
{
    const char *name = b->plan->variables[i_variable];
    const struct catalog *truth = &b->sources->truth;
    const size_t variable = catalog_variable(forecast, name);
    const size_t truth_variable = catalog_variable(truth, name);
    size_t at = 0;
    size_t end = 0;
    gaia_status status = variable < forecast->n_variables
                             ? GAIA_OK
                             : error_set(err, GAIA_VARIABLE_MISSING, "%s: no variable '%s'",
                                         forecast->grid_path, name);
    if (status == GAIA_OK) {
        status = wishes_check(b, forecast, variable, truth_variable, err);
        variable_range(forecast, variable, &at, &end);
    }
    for (; status == GAIA_OK && at < end; at++) {
        const struct catalog_entry *entry = &forecast->entries[at];
        if (!level_wanted(b->job, entry->level) || !lead_wanted(b->job, entry->lead_time_s)) {
            continue;
        }
        if (catalog_find(truth, truth_variable, entry->level, entry->time_s + entry->lead_time_s,
                         0) == NULL) {
            const bool level_there = catalog_has_level(truth, truth_variable, entry->level);
            skipped->n_times += level_there;
            skipped->n_levels += !level_there;
            continue;
        }
        const struct gaia_unit unit = {i_forecast, i_variable, entry->level, entry->lead_time_s,
                                       entry->time_s};
        status = companions_check(b, name, entry, err);
        if (status == GAIA_OK) {
            status = unit_add(b, &unit, err);
        }
    }
    return status;
}

/* The first and last valid time of a catalog. */
static void valid_range(const struct catalog *catalog, char *first, char *last)
{
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    for (size_t i = 0; i < catalog->n_entries; i++) {
        const int64_t valid = catalog->entries[i].time_s + catalog->entries[i].lead_time_s;
        low = valid < low ? valid : low;
        high = valid > high ? valid : high;
    }
    gaia_time_format(low, first);
    gaia_time_format(high, last);
}

static gaia_status nothing_shared(const struct catalog *forecast, const struct catalog *truth,
                                  const struct skipped *skipped, gaia_error *err)
{
    char time[4][GAIA_TIME_TEXT];
    if (forecast->n_entries == 0) {
        gaia_time_format(forecast->source->select_init_s, time[0]);
        return error_set(err, GAIA_TIME_MISSING, "%s: no field of init time %s, which select names",
                         forecast->grid_path, time[0]);
    }
    if (truth->n_entries == 0) {
        return error_set(err, GAIA_TIME_MISSING, "%s: no field", truth->grid_path);
    }
    if (skipped->n_times == 0 && skipped->n_levels > 0) {
        return error_set(err, GAIA_LEVEL_MISSING, "%s and %s have no level in common",
                         forecast->grid_path, truth->grid_path);
    }
    valid_range(forecast, time[0], time[1]);
    valid_range(truth, time[2], time[3]);
    return error_set(err, GAIA_NO_OVERLAP,
                     "no valid time in common: %s is valid %s .. %s, %s is valid %s .. %s",
                     forecast->grid_path, time[0], time[1], truth->grid_path, time[2], time[3]);
}

static void skipped_warn(struct builder *b, const char *id, const struct skipped *skipped)
{
    char text[512];
    const char *truth = b->sources->truth.grid_path;
    if (skipped->n_times > 0) {
        (void)snprintf(text, sizeof text,
                       "forecast %s: %zu fields left out: %s has no field of their valid time", id,
                       skipped->n_times, truth);
        warning_add(b->plan, text);
    }
    if (skipped->n_levels > 0) {
        (void)snprintf(text, sizeof text, "forecast %s: %zu fields left out: %s lacks their level",
                       id, skipped->n_levels, truth);
        warning_add(b->plan, text);
    }
}

/* The plan's fields are as large as the largest of any source. */
static void field_bytes_take(struct plan *plan, const struct catalog *catalog)
{
    if (catalog->field_bytes > plan->field_bytes) {
        plan->field_bytes = catalog->field_bytes;
    }
}

static gaia_status forecast_plan(struct builder *b, uint32_t i_forecast, gaia_error *err)
{
    struct plan *plan = b->plan;
    const struct catalog *forecast = NULL;
    const size_t n_before = plan->n_units;
    struct skipped skipped = {0, 0};
    gaia_status status = sources_forecast(b->sources, i_forecast, &forecast, err);
    for (uint32_t i = 0; status == GAIA_OK && i < plan->n_variables; i++) {
        status = variable_plan(b, i_forecast, forecast, i, &skipped, err);
    }
    if (status == GAIA_OK && plan->n_units == n_before) {
        status = nothing_shared(forecast, &b->sources->truth, &skipped, err);
    }
    if (status != GAIA_OK) {
        plan->n_units = n_before;
        return status;
    }
    field_bytes_take(plan, forecast);
    skipped_warn(b, plan->forecasts[i_forecast].id, &skipped);
    return GAIA_OK;
}

static gaia_status forecasts_plan(struct builder *b, gaia_error *err)
{
    struct plan *plan = b->plan;
    for (uint32_t i = 0; i < plan->n_forecasts; i++) {
        gaia_error error = {0};
        const gaia_status status = forecast_plan(b, i, &error);
        if (gaia_status_class(status) == GAIA_CLASS_RESOURCE) {
            return error_set(err, status, "%s", error.detail);
        }
        if (forecast_note(plan, i, status, error.detail, err) != GAIA_OK) {
            return GAIA_OUT_OF_MEMORY;
        }
    }
    return plan->n_units > 0 ? GAIA_OK : forecasts_failed(plan, err);
}

static int unit_compare(const void *a, const void *b)
{
    return plan_unit_compare(a, b);
}

gaia_status plan_build(struct sources *sources, struct plan **plan, gaia_error *err)
{
    struct builder b = {.sources = sources, .job = sources->job};
    b.plan = calloc(1, sizeof *b.plan);
    if (b.plan == NULL) {
        return error_memory(err, sizeof *b.plan);
    }
    arena_init(&b.plan->arena, PLAN_ARENA_BYTES_MAX);
    gaia_status status = forecasts_name(&b, err);
    if (status == GAIA_OK) {
        status = variables_choose(&b, err);
    }
    if (status == GAIA_OK && sources->n_variables == 0) {
        status = sources_take_variables(sources, (const char *const *)b.plan->variables,
                                        b.plan->n_variables, err);
    }
    if (status == GAIA_OK) {
        status = settings_choose(&b, err);
    }
    if (status == GAIA_OK) {
        field_bytes_take(b.plan, &sources->truth);
        field_bytes_take(b.plan, &sources->climatology);
        field_bytes_take(b.plan, &sources->reference);
        status = forecasts_plan(&b, err);
    }
    if (status != GAIA_OK) {
        plan_free(b.plan);
        return status;
    }
    qsort(b.plan->units, b.plan->n_units, sizeof *b.plan->units, unit_compare);
    *plan = b.plan;
    return GAIA_OK;
}
