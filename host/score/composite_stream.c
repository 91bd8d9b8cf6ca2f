/* SPDX-License-Identifier: MIT
 *
 * Gathers the fields of one forecast into tables, evaluates them, and writes the document.
 *
 * Invariant: the tables hold the units since the last change of forecast, and nothing else.
 */
#include "composite_stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "composite.h"
#include "composite_json.h"
#include "error.h"
#include "profile.h"
#include "text.h"

enum { LAYOUT_CELLS_MAX = 1 << 16, HOUR_S = 3600 };

struct composite_stream {
    const struct gaia_job *job;
    const struct gaia_profile *profile;
    const struct plan *plan;
    struct composite_sink sink;
    size_t i_row;        /* of the composite's region and weighting in a unit's rows */
    struct arena arena;  /* of the layout and all that lives as long as the stream */
    size_t *variable_of; /* [plan->n_variables] index in the profile; n_variables: none */
    int64_t *leads_s;    /* [n_leads] */
    bool *scratch;       /* [layout.n_cells] */
    struct composite_layout layout;
    struct arena forecast; /* of the tables of one forecast */
    size_t i_forecast;     /* meaningless while n_times is 0 */
    size_t n_times;
    int64_t *inits_s;             /* [n_times] ascending */
    struct composite_time *times; /* init times ascending */
};

/* The row of a unit that the composite is made of. */
static gaia_status row_find(struct composite_stream *stream, gaia_error *err)
{
    const struct composite_spec *spec = &stream->profile->composite;
    const struct plan *plan = stream->plan;
    for (size_t row = 0; row < plan_rows_per_unit(plan); row++) {
        if (strcmp(plan->regions[row / plan->n_weights], spec->region) == 0 &&
            strcmp(plan->weights[row % plan->n_weights], spec->weighting) == 0) {
            stream->i_row = row;
            return GAIA_OK;
        }
    }
    return error_set(err, GAIA_REGION_UNKNOWN,
                     "the composite of profile '%s' needs region '%s' under weighting '%s', which "
                     "this grid does not have",
                     stream->profile->name, spec->region, spec->weighting);
}

static gaia_status layout_make(struct composite_stream *stream, gaia_error *err)
{
    const struct gaia_profile *profile = stream->profile;
    const size_t n = profile->n_variables;
    size_t n_cells = 0;
    for (size_t v = 0; v < n; v++) {
        n_cells += profile->variables[v].n_levels > 0 ? profile->variables[v].n_levels : 1;
    }
    if (n_cells > LAYOUT_CELLS_MAX) {
        return error_set(err, GAIA_LIMIT,
                         "profile '%s' has %zu levels in all; at most %d can be put together",
                         profile->name, n_cells, LAYOUT_CELLS_MAX);
    }
    bool *is_used = arena_alloc(&stream->arena, n, sizeof *is_used);
    size_t *first = arena_alloc(&stream->arena, n + 1, sizeof *first);
    double *level = arena_alloc(&stream->arena, n_cells, sizeof *level);
    stream->scratch = arena_alloc(&stream->arena, n_cells, sizeof *stream->scratch);
    stream->variable_of =
        arena_alloc(&stream->arena, stream->plan->n_variables, sizeof *stream->variable_of);
    stream->leads_s = arena_alloc(&stream->arena, profile->n_leads, sizeof *stream->leads_s);
    if (is_used == NULL || first == NULL || level == NULL || stream->scratch == NULL ||
        stream->variable_of == NULL || stream->leads_s == NULL) {
        return error_memory(err, n_cells * sizeof *level);
    }
    for (size_t v = 0; v < n; v++) {
        const struct profile_variable *variable = &profile->variables[v];
        const size_t count = variable->n_levels > 0 ? variable->n_levels : 1;
        first[v + 1] = first[v] + count;
        for (size_t i = 0; i < count; i++) {
            level[first[v] + i] = variable->n_levels > 0 ? variable->levels[i] : (double)NAN;
        }
    }
    for (size_t i = 0; i < stream->plan->n_variables; i++) {
        const struct profile_variable *found =
            profile_variable_find(profile, stream->plan->variables[i]);
        const size_t v = found != NULL ? (size_t)(found - profile->variables) : n;
        stream->variable_of[i] = v;
        if (v < n) {
            is_used[v] = profile->variables[v].weight > 0.0;
        }
    }
    for (size_t l = 0; l < profile->n_leads; l++) {
        stream->leads_s[l] = llround(profile->lead_hours[l] * HOUR_S);
    }
    stream->layout = (struct composite_layout){profile, is_used, first, level, n_cells};
    return GAIA_OK;
}

gaia_status composite_stream_open(const struct gaia_job *job, const struct plan *plan,
                                  const struct composite_sink *sink,
                                  struct composite_stream **stream, gaia_error *err)
{
    *stream = NULL;
    if (job->profile == NULL || job->profile->composite.kind == COMPOSITE_NONE) {
        return GAIA_OK;
    }
    struct composite_stream *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->job = job;
    opened->profile = job->profile;
    opened->plan = plan;
    opened->sink = *sink;
    arena_init(&opened->arena, SIZE_MAX);
    arena_init(&opened->forecast, SIZE_MAX);
    gaia_status status = row_find(opened, err);
    if (status == GAIA_OK) {
        status = layout_make(opened, err);
    }
    if (status != GAIA_OK) {
        composite_stream_close(opened);
        return status;
    }
    *stream = opened;
    return GAIA_OK;
}

void composite_stream_close(struct composite_stream *stream)
{
    if (stream != NULL) {
        arena_fini(&stream->forecast);
        arena_fini(&stream->arena);
        free(stream);
    }
}

static int time_compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The distinct init times of units [first, end), ascending. */
static size_t times_list(const struct plan *plan, size_t first, size_t end, int64_t *times)
{
    size_t n = 0;
    for (size_t i = first; i < end; i++) {
        times[i - first] = plan->units[i].init_time_s;
    }
    qsort(times, end - first, sizeof *times, time_compare);
    for (size_t i = 0; i < end - first; i++) {
        if (n == 0 || times[i] != times[n - 1]) {
            times[n++] = times[i];
        }
    }
    return n;
}

/* Makes the tables of the forecast that unit i_unit is the first of. */
static gaia_status forecast_begin(struct composite_stream *stream, size_t i_unit, gaia_error *err)
{
    const struct plan *plan = stream->plan;
    const struct composite_layout *layout = &stream->layout;
    const size_t i_forecast = plan->units[i_unit].forecast;
    const size_t n_leads = stream->profile->n_leads;
    const size_t n_variables = stream->profile->n_variables;
    size_t end = i_unit;
    while (end < plan->n_units && plan->units[end].forecast == i_forecast) {
        end++;
    }
    int64_t *list = arena_alloc(&stream->forecast, end - i_unit, sizeof *list);
    if (list == NULL) {
        return error_memory(err, (end - i_unit) * sizeof *list);
    }
    const size_t n_times = times_list(plan, i_unit, end, list);
    /* Both factors on the right are bounded: a profile's leads and layout. */
    if (n_times > COMPOSITE_CELLS_MAX / (n_leads * layout->n_cells)) {
        return error_set(err, GAIA_LIMIT,
                         "forecast %s: a composite of %zu init times, %zu leads and %zu levels has "
                         "too many parts; at most %d are shown",
                         plan->forecasts[i_forecast].id, n_times, n_leads, layout->n_cells,
                         COMPOSITE_CELLS_MAX);
    }
    struct composite_time *times = arena_alloc(&stream->forecast, n_times, sizeof *times);
    struct composite_cell *cells =
        arena_alloc(&stream->forecast, n_times * n_leads * layout->n_cells, sizeof *cells);
    struct composite_parts *parts =
        arena_alloc(&stream->forecast, n_times * n_leads * (n_variables + 1), sizeof *parts);
    if (times == NULL || cells == NULL || parts == NULL) {
        return error_memory(err, n_times * n_leads * layout->n_cells * sizeof *cells);
    }
    for (size_t t = 0; t < n_times; t++) {
        times[t].init_time_s = list[t];
        times[t].cells = cells + t * n_leads * layout->n_cells;
        times[t].variables = parts + t * n_leads * (n_variables + 1);
        times[t].leads = times[t].variables + n_leads * n_variables;
    }
    stream->i_forecast = i_forecast;
    stream->inits_s = list;
    stream->times = times;
    stream->n_times = n_times;
    return GAIA_OK;
}

static bool day1_passed(const struct gaia_job *job, const char *id)
{
    for (size_t i = 0; i < job->n_day1_passed; i++) {
        if (strcmp(job->day1_passed[i], id) == 0) {
            return true;
        }
    }
    return false;
}

/* Evaluates the forecast, hands out its document and clears the tables. */
static gaia_status forecast_finish(struct composite_stream *stream, gaia_error *err)
{
    const char *id = stream->plan->forecasts[stream->i_forecast].id;
    struct text out = {0};
    gaia_status status = GAIA_OK;
    if (stream->n_times == 0) {
        return GAIA_OK;
    }
    const bool is_passed = day1_passed(stream->job, id);
    for (size_t t = 0; t < stream->n_times; t++) {
        composite_evaluate(&stream->layout, is_passed, stream->scratch, &stream->times[t]);
    }
    composite_json_write(&(struct composite_document){.forecast = id,
                                                      .calendar = stream->plan->calendar,
                                                      .layout = &stream->layout,
                                                      .times = stream->times,
                                                      .n_times = stream->n_times,
                                                      .has_day1 = stream->job->has_day1 != 0,
                                                      .is_day1_passed = is_passed},
                         &out);
    if (out.failed) {
        status = error_set(err, GAIA_OUT_OF_MEMORY,
                           "forecast %s: not enough memory for its composite", id);
    } else {
        stream->sink.take(stream->sink.context, stream->i_forecast, out.s, out.length);
    }
    text_fini(&out);
    arena_fini(&stream->forecast);
    arena_init(&stream->forecast, SIZE_MAX);
    stream->n_times = 0;
    return status;
}

/* The place of a unit: the cell, or NULL where it is no part of the composite. */
static struct composite_cell *cell_find(const struct composite_stream *stream,
                                        const struct gaia_unit *unit)
{
    const struct composite_layout *layout = &stream->layout;
    const size_t v = stream->variable_of[unit->variable];
    const int64_t *lead = bsearch(&unit->lead_time_s, stream->leads_s, stream->profile->n_leads,
                                  sizeof *stream->leads_s, time_compare);
    const int64_t *init = bsearch(&unit->init_time_s, stream->inits_s, stream->n_times,
                                  sizeof *stream->inits_s, time_compare);
    if (v == stream->profile->n_variables || lead == NULL || init == NULL) {
        return NULL;
    }
    const size_t l = (size_t)(lead - stream->leads_s);
    const size_t t = (size_t)(init - stream->inits_s);
    for (size_t i = layout->first[v]; i < layout->first[v + 1]; i++) {
        struct composite_cell *cell = &stream->times[t].cells[l * layout->n_cells + i];
        if (layout->level[i] == unit->level) {
            return cell;
        }
        /* Without levels in the profile the first that comes is taken. */
        if (isnan(layout->level[i]) || isnan(unit->level)) {
            return cell->raw.is_present ? NULL : cell;
        }
    }
    return NULL;
}

gaia_status composite_stream_unit(struct composite_stream *stream, size_t i_unit,
                                  const struct gaia_moments *rows, gaia_error *err)
{
    if (stream == NULL) {
        return GAIA_OK;
    }
    const struct gaia_unit *unit = &stream->plan->units[i_unit];
    gaia_status status = GAIA_OK;
    if (stream->n_times > 0 && unit->forecast != stream->i_forecast) {
        status = forecast_finish(stream, err);
    }
    if (status == GAIA_OK && stream->n_times == 0) {
        status = forecast_begin(stream, i_unit, err);
    }
    struct composite_cell *cell = status == GAIA_OK ? cell_find(stream, unit) : NULL;
    if (cell != NULL) {
        composite_raw_take(&rows[stream->i_row], stream->plan->missing,
                           stream->profile->composite.baseline, &cell->raw);
    }
    return status;
}

gaia_status composite_stream_end(struct composite_stream *stream, gaia_error *err)
{
    return stream != NULL ? forecast_finish(stream, err) : GAIA_OK;
}
