/* SPDX-License-Identifier: MIT
 *
 * Scores come in the plan's order; those of one lead are gathered to a block of init times, which
 * is a chunk of each variable, and written together.
 *
 * Invariant: a block holds scores of one forecast, variable, level and lead time; places of it that
 * no score has come for are NaN.
 */
#include "scores_netcdf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "arena.h"
#include "error.h"
#include "metric.h"
#include "netcdf_ticks.h"
#include "netcdf_write.h"

enum { BLOCK_VALUES = 65536, ATTRIBUTES_MAX = 3, NUMBER_BYTES = 16 };
enum {
    FORECAST,
    VARIABLE,
    LEVEL,
    LEAD,
    N_LEAD_AXES,
    INIT = N_LEAD_AXES,
    REGION,
    WEIGHTING,
    N_AXES
};

static const double PLACES_MAX = 1099511627776.0, TIME_S_MAX = 9007199254740992.0; /* 2^40, 2^53 */

/* Where the scores of a lead go; first_init only for those of each time. */
struct place {
    size_t axis[N_LEAD_AXES];
    size_t first_init;
};

struct block {
    bool any;
    struct place place;
    size_t n_init;        /* rows of regions and weightings that it has room for; 1 over times */
    double *values;       /* [METRIC_COUNT][n_init][n_rows] */
    int id[METRIC_COUNT]; /* of the variable; -1: none */
};

struct scores_netcdf {
    const struct plan *plan;
    size_t n_rows;
    struct netcdf_writer *writer;
    struct netcdf_ticks level;
    struct netcdf_ticks lead_s;
    struct netcdf_ticks init_s;
    int dimension[N_AXES];
    struct block each;     /* of each valid time */
    struct block over;     /* over times */
    size_t cursor[N_AXES]; /* where the last names were found */
    gaia_status status;
    gaia_error *err;
    struct arena arena;
};

/* ---- Axes ---- */

/* The most init times that a lead of a field has. */
static size_t run_longest(const struct plan *plan)
{
    size_t longest = 0;
    size_t run = 0;
    for (size_t i = 0; i < plan->n_units; i++) {
        const struct gaia_unit *a = &plan->units[i > 0 ? i - 1 : 0];
        const struct gaia_unit *b = &plan->units[i];
        const bool same = a->forecast == b->forecast && a->variable == b->variable &&
                          netcdf_tick_compare(a->level, b->level) == 0 &&
                          a->lead_time_s == b->lead_time_s;
        run = same ? run + 1 : 1;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static gaia_status ticks_collect(struct scores_netcdf *out, gaia_error *err)
{
    const struct plan *plan = out->plan;
    struct netcdf_ticks *const all[] = {&out->level, &out->lead_s, &out->init_s};
    for (size_t k = 0; k < 3; k++) {
        all[k]->n = plan->n_units;
        all[k]->value = arena_alloc(&out->arena, plan->n_units, sizeof(double));
        if (all[k]->value == NULL) {
            return error_memory(err, plan->n_units * sizeof(double));
        }
    }
    for (size_t i = 0; i < plan->n_units; i++) {
        const struct gaia_unit *unit = &plan->units[i];
        out->level.value[i] = unit->level;
        out->lead_s.value[i] = (double)unit->lead_time_s;
        out->init_s.value[i] = (double)unit->init_time_s;
        if (fabs(out->lead_s.value[i]) > TIME_S_MAX || fabs(out->init_s.value[i]) > TIME_S_MAX) {
            return error_set(err, GAIA_LIMIT, "variable '%s': times beyond 2^53 s are no float64",
                             plan->variables[unit->variable]);
        }
    }
    for (size_t k = 0; k < 3; k++) {
        netcdf_ticks_sort(all[k]);
    }
    const double places = (double)plan->n_forecasts * (double)plan->n_variables *
                          (double)out->level.n * (double)out->lead_s.n * (double)out->init_s.n *
                          (double)out->n_rows;
    return places <= PLACES_MAX
               ? GAIA_OK
               : error_set(err, GAIA_LIMIT,
                           "%zu forecasts, %zu variables, %zu levels, %zu lead times, %zu init "
                           "times and %zu regions with weightings are more than 2^40 places: "
                           "choose fewer",
                           plan->n_forecasts, plan->n_variables, out->level.n, out->lead_s.n,
                           out->init_s.n, out->n_rows);
}

static gaia_status labels_write(struct scores_netcdf *out, gaia_error *err)
{
    const struct plan *plan = out->plan;
    const char **ids = arena_alloc(&out->arena, plan->n_forecasts, sizeof *ids);
    if (ids == NULL) {
        return error_memory(err, plan->n_forecasts * sizeof *ids);
    }
    for (size_t i = 0; i < plan->n_forecasts; i++) {
        ids[i] = plan->forecasts[i].id;
    }
    const struct {
        int axis;
        const char *name;
        const char *const *labels;
        size_t n;
    } labels[] = {{FORECAST, "forecast", ids, plan->n_forecasts},
                  {VARIABLE, "variable", plan->variables, plan->n_variables},
                  {REGION, "region", plan->regions, plan->n_regions},
                  {WEIGHTING, "weighting", plan->weights, plan->n_weights}};
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < sizeof labels / sizeof *labels; i++) {
        status = netcdf_writer_labels(out->writer, labels[i].name, labels[i].labels, labels[i].n,
                                      &out->dimension[labels[i].axis], err);
    }
    return status;
}

static gaia_status coordinates_write(struct scores_netcdf *out, gaia_error *err)
{
    const enum gaia_calendar calendar = out->plan->calendar;
    /* Dates of the standard calendar here are Gregorian ones at all times, which CF calls so. */
    const struct netcdf_attribute init[] = {{"standard_name", "forecast_reference_time"},
                                            {"units", "seconds since 1970-01-01 00:00:00"},
                                            {"calendar", calendar == GAIA_CALENDAR_STANDARD
                                                             ? "proleptic_gregorian"
                                                             : gaia_calendar_name(calendar)}};
    const struct netcdf_axis_spec axis = {
        "init_time", NETCDF_DOUBLE, out->init_s.n, out->init_s.value, 3, init};
    gaia_status status = netcdf_ticks_level(out->writer, &out->level, &out->dimension[LEVEL], err);
    if (status == GAIA_OK) {
        status = netcdf_ticks_lead(out->writer, &out->lead_s, &out->dimension[LEAD], err);
    }
    return status == GAIA_OK ? netcdf_writer_axis(out->writer, &axis, &out->dimension[INIT], err)
                             : status;
}

/* ---- Variables ---- */

/* Counts, correlations and skills have units of their own, the rest those of the variable scored.
 */
static void unit_attribute(enum metric metric, struct netcdf_attribute *attribute)
{
    const int power = gaia_metric_units_power((size_t)metric);
    *attribute =
        (struct netcdf_attribute){power == 0 ? "units" : "comment",
                                  power == 0   ? "1"
                                  : power == 2 ? "in the square of the units of the variable"
                                               : "in the units of the variable"};
}

/* Defines the variable of a metric in a block. */
static gaia_status variable_define(struct scores_netcdf *out, struct block *block, enum metric i,
                                   gaia_error *err)
{
    const struct metric_entry *entry = metric_describe(i);
    const bool over = block == &out->over;
    char name[64];
    struct netcdf_attribute attributes[ATTRIBUTES_MAX] = {{"long_name", entry->formula}};
    int dimensions[N_AXES];
    size_t chunk[N_AXES];
    int rank = 0;
    unit_attribute(i, &attributes[1]);
    (void)snprintf(name, sizeof name, "%s%s", entry->name,
                   over && i < METRIC_TIME_COUNT ? "_over_times" : "");
    for (int axis = 0; axis < N_AXES; axis++) {
        if (axis != INIT || !over) {
            dimensions[rank] = out->dimension[axis];
            chunk[rank++] = axis == INIT        ? block->n_init
                            : axis == REGION    ? out->plan->n_regions
                            : axis == WEIGHTING ? out->plan->n_weights
                                                : 1;
        }
    }
    const struct netcdf_variable_spec spec = {name, NETCDF_DOUBLE, rank, dimensions, chunk,
                                              2,    attributes};
    return netcdf_writer_variable(out->writer, &spec, &block->id[i], err);
}

static void block_clear(struct block *block, size_t n_rows)
{
    for (size_t i = 0; i < METRIC_COUNT * block->n_init * n_rows; i++) {
        block->values[i] = (double)NAN;
    }
    block->any = false;
}

static gaia_status block_open(struct scores_netcdf *out, struct block *block, size_t n_init,
                              gaia_error *err)
{
    const bool over = block == &out->over;
    gaia_status status = GAIA_OK;
    block->n_init = n_init;
    block->values = arena_alloc(&out->arena, METRIC_COUNT * n_init, out->n_rows * sizeof(double));
    if (block->values == NULL) {
        return error_memory(err, METRIC_COUNT * n_init * out->n_rows * sizeof(double));
    }
    block_clear(block, out->n_rows);
    for (int i = 0; i < METRIC_COUNT; i++) {
        const bool asked = (out->plan->metrics >> i & 1) != 0;
        const bool here =
            over ? metric_describe((enum metric)i)->over_all_times : i < METRIC_TIME_COUNT;
        block->id[i] = -1;
        if (status == GAIA_OK && asked && here) {
            status = variable_define(out, block, (enum metric)i, err);
        }
    }
    return status;
}

/* ---- Values ---- */

static void block_flush(struct scores_netcdf *out, struct block *block)
{
    const bool over = block == &out->over;
    const size_t left = out->init_s.n - block->place.first_init;
    const size_t n_init = left < block->n_init ? left : block->n_init;
    size_t start[N_AXES] = {0};
    size_t count[N_AXES];
    int rank = 0;
    for (; rank < N_LEAD_AXES; rank++) {
        start[rank] = block->place.axis[rank];
        count[rank] = 1;
    }
    if (!over) {
        start[rank] = block->place.first_init;
        count[rank++] = n_init;
    }
    count[rank++] = out->plan->n_regions;
    count[rank] = out->plan->n_weights;
    for (int i = 0; block->any && i < METRIC_COUNT; i++) {
        if (out->status == GAIA_OK && block->id[i] >= 0) {
            out->status = netcdf_writer_put(out->writer, block->id[i], start, count,
                                            &block->values[(size_t)i * block->n_init * out->n_rows],
                                            out->err);
        }
    }
    if (block->any) {
        block_clear(block, out->n_rows);
    }
}

/* The place of a name that is among the n; it is looked for from where the last one was. */
static size_t name_find(const char *const *names, size_t n, size_t *cursor, const char *name)
{
    for (size_t tries = 0; tries < n && strcmp(names[*cursor], name) != 0; tries++) {
        *cursor = (*cursor + 1) % n;
    }
    return *cursor;
}

static size_t forecast_find(struct scores_netcdf *out, const char *id)
{
    size_t *cursor = &out->cursor[FORECAST];
    const size_t n = out->plan->n_forecasts;
    for (size_t tries = 0; tries < n && strcmp(out->plan->forecasts[*cursor].id, id) != 0;
         tries++) {
        *cursor = (*cursor + 1) % n;
    }
    return *cursor;
}

static void on_score(void *context, const struct gaia_score *score)
{
    struct scores_netcdf *out = context;
    const struct plan *plan = out->plan;
    struct block *block = score->all_times ? &out->over : &out->each;
    const size_t init =
        score->all_times ? 0 : netcdf_ticks_find(&out->init_s, (double)score->init_time_s);
    const struct place place = {
        .axis = {forecast_find(out, score->forecast),
                 name_find(plan->variables, plan->n_variables, &out->cursor[VARIABLE],
                           score->variable),
                 netcdf_ticks_find(&out->level, score->level),
                 netcdf_ticks_find(&out->lead_s, (double)score->lead_time_s)},
        .first_init = init - init % block->n_init,
    };
    const size_t region =
        name_find(plan->regions, plan->n_regions, &out->cursor[REGION], score->region);
    const size_t weighting =
        name_find(plan->weights, plan->n_weights, &out->cursor[WEIGHTING], score->weighting);
    enum metric metric = METRIC_COUNT;
    if (!metric_find(score->metric, &metric)) {
        return;
    }
    if (block->any && memcmp(&block->place, &place, sizeof place) != 0) {
        block_flush(out, block);
    }
    block->any = true;
    block->place = place;
    block->values[((size_t)metric * block->n_init + init % block->n_init) * out->n_rows +
                  region * plan->n_weights + weighting] = score->value;
}

/* ---- The file ---- */

static gaia_status attributes_write(struct scores_netcdf *out, gaia_error *err)
{
    char source[64];
    char moments_version[NUMBER_BYTES];
    (void)snprintf(source, sizeof source, "Gaia Score %s", gaia_version());
    (void)snprintf(moments_version, sizeof moments_version, "%d", GAIA_MOMENTS_VERSION);
    const struct netcdf_attribute attributes[] = {
        {"Conventions", "CF-1.8"},
        {"title", "Scores of gridded forecasts"},
        {"source", source},
        {"moments_version", moments_version},
        {"missing_points", out->plan->missing == GAIA_MISSING_PROPAGATE ? "propagate" : "pairwise"},
    };
    return netcdf_writer_attributes(out->writer, attributes, sizeof attributes / sizeof *attributes,
                                    err);
}

/* Axes, variables and attributes, then every score. */
static gaia_status content_write(struct scores_netcdf *out, const struct moments_file *file,
                                 const struct derive *derive, gaia_error *err)
{
    const size_t longest = run_longest(out->plan);
    const size_t room = BLOCK_VALUES / out->n_rows > 0 ? BLOCK_VALUES / out->n_rows : 1;
    gaia_status status = labels_write(out, err);
    if (status == GAIA_OK) {
        status = coordinates_write(out, err);
    }
    if (status == GAIA_OK) {
        status = block_open(out, &out->each, longest < room ? longest : room, err);
    }
    if (status == GAIA_OK) {
        status = block_open(out, &out->over, 1, err);
    }
    if (status == GAIA_OK) {
        status = attributes_write(out, err);
    }
    if (status == GAIA_OK) {
        status = derive_scores(file, derive, on_score, out, err);
    }
    if (status == GAIA_OK) {
        block_flush(out, &out->each);
        block_flush(out, &out->over);
    }
    return status == GAIA_OK ? out->status : status;
}

gaia_status scores_netcdf_write(const struct moments_file *file, const struct derive *derive,
                                const char *path, gaia_error *err)
{
    struct scores_netcdf out = {.plan = &derive->plan, .status = GAIA_OK, .err = err};
    out.n_rows = plan_rows_per_unit(out.plan);
    if (out.plan->n_units == 0 || out.n_rows == 0) {
        return error_set(err, GAIA_NOT_FOUND, "%s: there are no scores", moments_file_name(file));
    }
    arena_init(&out.arena, SIZE_MAX);
    gaia_status status = ticks_collect(&out, err);
    if (status == GAIA_OK) {
        status = netcdf_writer_open(path, &out.writer, err);
    }
    if (status == GAIA_OK) {
        status = netcdf_writer_close(out.writer, content_write(&out, file, derive, err), err);
    }
    arena_fini(&out.arena);
    return status;
}
