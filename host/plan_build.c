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
#include "plan_builder.h"
#include "profile.h"
#include "text.h"

enum { WARNINGS_MAX = 64, LIST_BYTES = 128 };

void plan_warn(struct plan *plan, const char *text)
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

static gaia_status forecasts_name(struct plan_builder *b, gaia_error *err)
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

static bool level_wanted(const struct gaia_job *job, const char *variable, double level)
{
    if (job->profile != NULL && !profile_wants(job->profile, variable, level)) {
        return false;
    }
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

static gaia_status unit_add(struct plan_builder *b, const struct gaia_unit *unit, gaia_error *err)
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
    size_t n_times;       /* valid times that the truth lacks */
    size_t n_levels;      /* fields at levels that it lacks */
    const char *variable; /* the first of which a level is lacking */
};

/* Refuses a variable that some file has damaged before anything is read. */
static gaia_status damage_check(const struct catalog *catalog, size_t variable, gaia_error *err)
{
    const char *damage =
        variable < catalog->n_variables ? catalog->variables[variable].damage : NULL;
    return damage == NULL ? GAIA_OK : error_set(err, GAIA_FILE_DAMAGED, "%s", damage);
}

static gaia_status variable_plan(struct plan_builder *b, uint32_t i_forecast,
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
        status = damage_check(forecast, variable, err);
    }
    if (status == GAIA_OK) {
        status = damage_check(truth, truth_variable, err);
    }
    if (status == GAIA_OK) {
        status = plan_wishes_check(b, forecast, variable, truth_variable, err);
        variable_range(forecast, variable, &at, &end);
    }
    for (; status == GAIA_OK && at < end; at++) {
        const struct catalog_entry *entry = &forecast->entries[at];
        if (!level_wanted(b->job, name, entry->level) || !lead_wanted(b->job, entry->lead_time_s)) {
            continue;
        }
        if (catalog_find(truth, truth_variable, entry->level, entry->time_s + entry->lead_time_s,
                         0) == NULL) {
            const bool level_there = catalog_has_level(truth, truth_variable, entry->level);
            skipped->n_times += level_there;
            skipped->n_levels += !level_there;
            if (!level_there && skipped->variable == NULL) {
                skipped->variable = name;
            }
            continue;
        }
        const struct gaia_unit unit = {i_forecast, i_variable, entry->level, entry->lead_time_s,
                                       entry->time_s};
        status = plan_companions_check(b, name, entry, err);
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
    gaia_calendar_format(catalog->calendar, low, first);
    gaia_calendar_format(catalog->calendar, high, last);
}

static gaia_status no_level_shared(const struct catalog *forecast, const struct catalog *truth,
                                   const char *variable, gaia_error *err)
{
    char list[2][LIST_BYTES];
    const struct catalog *sides[] = {forecast, truth};
    for (size_t i = 0; i < 2; i++) {
        catalog_list_levels(sides[i], catalog_variable(sides[i], variable), list[i], LIST_BYTES);
    }
    return error_set(err, GAIA_LEVEL_MISSING,
                     "%s and %s have no level in common (variable '%s', hPa): %s against %s",
                     forecast->grid_path, truth->grid_path, variable, list[0], list[1]);
}

static gaia_status nothing_shared(const struct plan_builder *b, const struct catalog *forecast,
                                  const struct skipped *skipped, gaia_error *err)
{
    const struct catalog *truth = &b->sources->truth;
    char time[4][GAIA_TIME_TEXT];
    if (forecast->n_entries == 0) {
        const char *select = forecast->source->select_init;
        return error_set(err, GAIA_TIME_MISSING, "%s: no field%s%s%s", forecast->grid_path,
                         select != NULL ? " of init time " : "", select != NULL ? select : "",
                         select != NULL ? ", which select names" : "");
    }
    if (truth->n_entries == 0) {
        return error_set(err, GAIA_TIME_MISSING, "%s: no field", truth->grid_path);
    }
    if (skipped->n_times == 0 && skipped->n_levels > 0) {
        return no_level_shared(forecast, truth, skipped->variable, err);
    }
    if (skipped->n_times == 0 && b->job->profile != NULL) {
        return plan_profile_nothing(b->job->profile, forecast, err);
    }
    valid_range(forecast, time[0], time[1]);
    valid_range(truth, time[2], time[3]);
    return error_set(err, GAIA_NO_OVERLAP,
                     "no valid time in common: %s is valid %s .. %s, %s is valid %s .. %s",
                     forecast->grid_path, time[0], time[1], truth->grid_path, time[2], time[3]);
}

static void skipped_warn(struct plan_builder *b, const char *id, const struct skipped *skipped)
{
    char text[512];
    const char *truth = b->sources->truth.grid_path;
    if (skipped->n_times > 0) {
        (void)snprintf(text, sizeof text,
                       "forecast %s: %zu field%s left out: %s has no field of %s valid time", id,
                       skipped->n_times, skipped->n_times == 1 ? "" : "s", truth,
                       skipped->n_times == 1 ? "its" : "their");
        plan_warn(b->plan, text);
    }
    if (skipped->n_levels > 0) {
        (void)snprintf(text, sizeof text, "forecast %s: %zu field%s left out: %s lacks %s level",
                       id, skipped->n_levels, skipped->n_levels == 1 ? "" : "s", truth,
                       skipped->n_levels == 1 ? "its" : "their");
        plan_warn(b->plan, text);
    }
}

/* The plan's fields are as large as the largest of any source. */
static void field_bytes_take(struct plan *plan, const struct catalog *catalog)
{
    if (catalog->field_bytes > plan->field_bytes) {
        plan->field_bytes = catalog->field_bytes;
    }
}

static gaia_status forecast_plan(struct plan_builder *b, uint32_t i_forecast, gaia_error *err)
{
    struct plan *plan = b->plan;
    const struct catalog *forecast = NULL;
    const size_t n_before = plan->n_units;
    struct skipped skipped = {0, 0, NULL};
    gaia_status status = sources_forecast(b->sources, i_forecast, &forecast, err);
    for (uint32_t i = 0; status == GAIA_OK && i < plan->n_variables; i++) {
        status = variable_plan(b, i_forecast, forecast, i, &skipped, err);
    }
    if (status == GAIA_OK && plan->n_units == n_before) {
        status = nothing_shared(b, forecast, &skipped, err);
    }
    if (status != GAIA_OK) {
        plan->n_units = n_before;
        return status;
    }
    field_bytes_take(plan, forecast);
    skipped_warn(b, plan->forecasts[i_forecast].id, &skipped);
    return GAIA_OK;
}

static gaia_status forecasts_plan(struct plan_builder *b, gaia_error *err)
{
    struct plan *plan = b->plan;
    for (uint32_t i = 0; i < plan->n_forecasts; i++) {
        gaia_error error = {0};
        const gaia_status status = forecast_plan(b, i, &error);
        if (gaia_status_class(status) == GAIA_CLASS_RESOURCE) {
            return error_set(err, status, "%s", error.detail);
        }
        if (plan_forecast_note(plan, i, status, error.detail, err) != GAIA_OK) {
            return GAIA_OUT_OF_MEMORY;
        }
    }
    if (b->day_366_by_365) {
        char text[512];
        (void)snprintf(text, sizeof text,
                       "%.400s has no day 366: day 365 is its climatology for day 366",
                       b->sources->climatology.grid_path);
        plan_warn(plan, text);
    }
    return plan->n_units > 0 ? GAIA_OK : plan_forecasts_failed(plan, err);
}

static int unit_compare(const void *a, const void *b)
{
    return plan_unit_compare(a, b);
}

gaia_status plan_build(struct sources *sources, struct plan **plan, gaia_error *err)
{
    struct plan_builder b = {.sources = sources, .job = sources->job};
    b.plan = calloc(1, sizeof *b.plan);
    if (b.plan == NULL) {
        return error_memory(err, sizeof *b.plan);
    }
    arena_init(&b.plan->arena, PLAN_ARENA_BYTES_MAX);
    b.plan->calendar = sources->truth.calendar;
    gaia_status status = forecasts_name(&b, err);
    if (status == GAIA_OK) {
        status = plan_variables_choose(&b, err);
    }
    if (status == GAIA_OK) {
        status = plan_profile_keep(&b, err);
    }
    if (status == GAIA_OK && sources->n_variables == 0) {
        status = sources_take_variables(sources, (const char *const *)b.plan->variables,
                                        b.plan->n_variables, err);
    }
    if (status == GAIA_OK) {
        status = plan_settings_choose(&b, err);
    }
    if (status == GAIA_OK) {
        field_bytes_take(b.plan, &sources->truth);
        field_bytes_take(b.plan, &sources->climatology);
        field_bytes_take(b.plan, &sources->reference);
        status = forecasts_plan(&b, err);
    }
    if (status == GAIA_OK) {
        qsort(b.plan->units, b.plan->n_units, sizeof *b.plan->units, unit_compare);
        status = plan_maps_choose(&b, err);
    }
    if (status != GAIA_OK) {
        plan_free(b.plan);
        return status;
    }
    *plan = b.plan;
    return GAIA_OK;
}
