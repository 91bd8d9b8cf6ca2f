/* SPDX-License-Identifier: MIT
 *
 * Both sides become plans of the same names, so that their variables, regions and weightings have
 * the same numbers; then leads are matched one after another, and their init times merged.
 *
 * Invariant: memory is one lead's scores, [row][metric][time] of both sides.
 */
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "metric.h"

enum { SERIES_BYTES_MAX = 1 << 30 };

/* The units of one lead: plan.units[first .. end). */
struct lead {
    size_t first;
    size_t end;
};

struct side {
    const struct moments_file *file;
    struct derive *derive;
    struct gaia_moments *scratch;
    struct gaia_moments *rows;
};

struct compare {
    const struct compare_request *request;
    void (*emit)(void *context, const struct compare_row *row);
    void *context;
    struct side a;
    struct side b;
    enum metric metrics[METRIC_TIME_COUNT];
    size_t n_metrics;
    size_t n_series; /* rows times metrics */
    size_t capacity; /* times of a series */
    double *value_a; /* [n_series][capacity] */
    double *value_b;
    int64_t *time_s;
    size_t *n;             /* [n_series] */
    size_t *n_other_truth; /* [rows] of this lead */
    uint64_t n_events;     /* of all leads */
    uint64_t n_others;
};

/* Names that both have, in a's order. */
static gaia_status names_common(const char *what, const char *const *a, size_t n_a,
                                const char *const *b, size_t n_b, struct arena *arena,
                                const char *const **common, size_t *n_common, gaia_error *err)
{
    const char **names = arena_alloc(arena, n_a, sizeof *names);
    size_t n = 0;
    if (names == NULL && n_a > 0) {
        return error_memory(err, n_a * sizeof *names);
    }
    for (size_t i = 0; i < n_a; i++) {
        bool found = false;
        for (size_t k = 0; !found && k < n_b; k++) {
            found = strcmp(a[i], b[k]) == 0;
        }
        if (found) {
            names[n++] = a[i];
        }
    }
    *common = names;
    *n_common = n;
    return n > 0 ? GAIA_OK : error_set(err, GAIA_NO_OVERLAP, "no %s in common", what);
}

/* Makes both sides' plans. */
static gaia_status sides_open(struct compare *c, struct arena *arena, gaia_error *err)
{
    const struct compare_request *request = c->request;
    const struct plan *a = moments_file_plan(request->file);
    const struct plan *b = moments_file_plan(request->against_file);
    struct derive_filter filter = request->filter;
    gaia_status status = GAIA_OK;
    if (a->calendar != b->calendar) {
        return error_set(err, GAIA_AXIS_INVALID,
                         "the times of %s are in calendar '%s', those of %s in '%s'",
                         moments_file_name(request->file), gaia_calendar_name(a->calendar),
                         moments_file_name(request->against_file), gaia_calendar_name(b->calendar));
    }
    filter.n_metrics = 0;
    filter.missing = filter.has_missing ? filter.missing : a->missing;
    filter.has_missing = true;
    if (filter.n_variables == 0) {
        status = names_common("variable", a->variables, a->n_variables, b->variables,
                              b->n_variables, arena, &filter.variables, &filter.n_variables, err);
    }
    if (status == GAIA_OK && filter.n_regions == 0) {
        status = names_common("region", a->regions, a->n_regions, b->regions, b->n_regions, arena,
                              &filter.regions, &filter.n_regions, err);
    }
    if (status == GAIA_OK && filter.n_weights == 0) {
        status = names_common("weighting", a->weights, a->n_weights, b->weights, b->n_weights,
                              arena, &filter.weights, &filter.n_weights, err);
    }
    if (status == GAIA_NO_OVERLAP) {
        return error_prefix(err, status, "%s and %s", moments_file_name(request->file),
                            moments_file_name(request->against_file));
    }
    if (status == GAIA_OK) {
        status = derive_open(request->file, &filter, &c->a.derive, err);
    }
    if (status == GAIA_OK && filter.n_regions > 0) { /* of "zonal" the bands that the left has */
        filter.regions = (const char *const *)c->a.derive->plan.regions;
        filter.n_regions = c->a.derive->plan.n_regions;
    }
    filter.forecasts = &request->against;
    filter.n_forecasts = 1;
    return status == GAIA_OK ? derive_open(request->against_file, &filter, &c->b.derive, err)
                             : status;
}

static gaia_status metrics_choose(struct compare *c, gaia_error *err)
{
    static const char *const defaults[] = {"mse", "rmse", "mae", "bias", "acc_centred"};
    const struct derive_filter *filter = &c->request->filter;
    const struct plan *a = &c->a.derive->plan;
    const struct plan *b = &c->b.derive->plan;
    const bool given = filter->n_metrics > 0;
    uint64_t set = 0;
    const char *unknown = "";
    if (!metric_set(given ? filter->metrics : defaults,
                    given ? filter->n_metrics : sizeof defaults / sizeof *defaults,
                    a->has_climatology && b->has_climatology, a->has_reference && b->has_reference,
                    &set, &unknown)) {
        return metric_unknown(unknown, err);
    }
    for (int i = 0; i < METRIC_TIME_COUNT; i++) {
        if (i != METRIC_N_VALID && (set >> i & 1) != 0) {
            c->metrics[c->n_metrics++] = (enum metric)i;
        }
    }
    return c->n_metrics > 0
               ? GAIA_OK
               : error_set(err, GAIA_USAGE,
                           "%s and %s: none of the metrics has a value for each event of both",
                           moments_file_name(c->a.file), c->request->against_label);
}

/* The lead that begins at `first`. */
static struct lead lead_at(const struct plan *plan, size_t first)
{
    size_t end = first;
    while (end < plan->n_units && plan_lead_same(&plan->units[first], &plan->units[end])) {
        end++;
    }
    return (struct lead){first, end};
}

/* b's units of the same variable, level and lead time; none: an empty lead. */
static struct lead lead_match(const struct plan *plan, const struct gaia_unit *unit)
{
    struct gaia_unit wanted = *unit;
    size_t low = 0;
    size_t high = plan->n_units;
    wanted.forecast = 0;
    wanted.init_time_s = INT64_MIN;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (plan_unit_compare(&plan->units[middle], &wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const bool found = low < plan->n_units && plan_lead_same(&wanted, &plan->units[low]);
    return found ? lead_at(plan, low) : (struct lead){low, low};
}

static gaia_status side_open(struct side *side, gaia_error *err)
{
    const size_t n_scratch = plan_rows_per_unit(moments_file_plan(side->file));
    const size_t n_rows = plan_rows_per_unit(&side->derive->plan);
    side->scratch = calloc(n_scratch, sizeof *side->scratch);
    side->rows = calloc(n_rows, sizeof *side->rows);
    return side->scratch != NULL && side->rows != NULL
               ? GAIA_OK
               : error_memory(err, (n_scratch + n_rows) * sizeof *side->rows);
}

/* Room for the longest lead of a. */
static gaia_status series_open(struct compare *c, gaia_error *err)
{
    const struct plan *plan = &c->a.derive->plan;
    const size_t n_rows = plan_rows_per_unit(plan);
    size_t longest = 1;
    for (size_t at = 0; at < plan->n_units;) {
        const struct lead lead = lead_at(plan, at);
        longest = lead.end - lead.first > longest ? lead.end - lead.first : longest;
        at = lead.end;
    }
    c->n_series = n_rows * c->n_metrics;
    c->capacity = longest;
    if (longest > SERIES_BYTES_MAX / (3 * sizeof(double)) / c->n_series) {
        return error_set(err, GAIA_LIMIT, "%zu init times with %zu scores each: too many at once",
                         longest, c->n_series);
    }
    c->value_a = calloc(c->n_series * longest, sizeof *c->value_a);
    c->value_b = calloc(c->n_series * longest, sizeof *c->value_b);
    c->time_s = calloc(c->n_series * longest, sizeof *c->time_s);
    c->n = calloc(c->n_series, sizeof *c->n);
    c->n_other_truth = calloc(n_rows, sizeof *c->n_other_truth);
    return c->value_a != NULL && c->value_b != NULL && c->time_s != NULL && c->n != NULL &&
                   c->n_other_truth != NULL
               ? GAIA_OK
               : error_memory(err, c->n_series * longest * sizeof *c->value_a);
}

/* Adds an event that both sides have. */
static gaia_status event_add(struct compare *c, size_t i_a, size_t i_b, gaia_error *err)
{
    const struct plan *plan = &c->a.derive->plan;
    double value_a[METRIC_TIME_COUNT];
    double value_b[METRIC_TIME_COUNT];
    gaia_status status = derive_rows(c->a.file, c->a.derive, i_a, c->a.scratch, c->a.rows, err);
    if (status == GAIA_OK) {
        status = derive_rows(c->b.file, c->b.derive, i_b, c->b.scratch, c->b.rows, err);
    }
    for (size_t row = 0; status == GAIA_OK && row < plan_rows_per_unit(plan); row++) {
        if (!paired_truth_same(&c->a.rows[row], &c->b.rows[row])) {
            c->n_other_truth[row]++;
            c->n_others++;
            continue;
        }
        c->n_events++;
        metric_values(&c->a.rows[row], plan->missing, value_a);
        metric_values(&c->b.rows[row], plan->missing, value_b);
        for (size_t i = 0; i < c->n_metrics; i++) {
            const size_t series = row * c->n_metrics + i;
            const size_t at = series * c->capacity + c->n[series];
            const struct metric_entry *of = metric_describe(c->metrics[i]);
            if (!paired_baseline_same(&c->a.rows[row], &c->b.rows[row], of->needs_climatology,
                                      of->needs_reference)) {
                continue;
            }
            if (!isnan(value_a[c->metrics[i]]) && !isnan(value_b[c->metrics[i]])) {
                c->value_a[at] = value_a[c->metrics[i]];
                c->value_b[at] = value_b[c->metrics[i]];
                c->time_s[at] = plan->units[i_a].init_time_s;
                c->n[series]++;
            }
        }
    }
    return status;
}

static void row_emit(const struct compare *c, struct compare_row *out, size_t row, size_t i,
                     size_t n_either)
{
    const size_t series = row * c->n_metrics + i;
    const size_t at = series * c->capacity;
    const size_t n = c->n[series];
    out->metric = metric_describe(c->metrics[i])->name;
    out->stats = paired_statistics(&c->value_a[at], &c->value_b[at], &c->time_s[at], n);
    out->n_other_truth = c->n_other_truth[row];
    out->n_lacking = n_either - n - out->n_other_truth;
    c->emit(c->context, out);
    if (c->metrics[i] == METRIC_MSE) {
        const double none = (double)NAN;
        const double baseline = out->stats.mean_against;
        out->metric = "msess";
        out->stats = (struct paired_stats){
            .n = n,
            .mean_forecast = none,
            .mean_against = none,
            .difference = baseline > 0.0 ? 1.0 - out->stats.mean_forecast / baseline : none,
            .standard_error = none,
            .low = none,
            .high = none,
            .autocorrelation = none};
        c->emit(c->context, out);
    }
}

/* Compares one lead of a. */
static gaia_status lead_compare(struct compare *c, struct lead a, gaia_error *err)
{
    const struct plan *plan = &c->a.derive->plan;
    const struct plan *other = &c->b.derive->plan;
    const struct gaia_unit *unit = &plan->units[a.first];
    const struct lead b = lead_match(other, unit);
    const size_t n_rows = plan_rows_per_unit(plan);
    size_t n_both = 0;
    gaia_status status = GAIA_OK;
    memset(c->n, 0, c->n_series * sizeof *c->n);
    memset(c->n_other_truth, 0, n_rows * sizeof *c->n_other_truth);
    for (size_t i = a.first, k = b.first; status == GAIA_OK && i < a.end && k < b.end;) {
        const int64_t time_a = plan->units[i].init_time_s;
        const int64_t time_b = other->units[k].init_time_s;
        if (time_a == time_b) {
            status = event_add(c, i, k, err);
            n_both++;
        }
        i += time_a <= time_b;
        k += time_b <= time_a;
    }
    struct compare_row out = {.forecast = plan->forecasts[unit->forecast].id,
                              .against = c->request->against_label,
                              .variable = plan->variables[unit->variable],
                              .level = unit->level,
                              .lead_time_s = unit->lead_time_s};
    const size_t n_either = (a.end - a.first) + (b.end - b.first) - n_both;
    for (size_t row = 0; status == GAIA_OK && row < n_rows; row++) {
        out.region = plan->regions[row / plan->n_weights];
        out.weighting = plan->weights[row % plan->n_weights];
        for (size_t i = 0; i < c->n_metrics; i++) {
            row_emit(c, &out, row, i, n_either);
        }
    }
    return status;
}

static gaia_status leads_compare(struct compare *c, gaia_error *err)
{
    const struct plan *plan = &c->a.derive->plan;
    const bool same_file = c->a.file == c->b.file;
    gaia_status status = GAIA_OK;
    bool any = false;
    for (size_t at = 0; status == GAIA_OK && at < plan->n_units;) {
        const struct lead lead = lead_at(plan, at);
        const char *id = plan->forecasts[plan->units[at].forecast].id;
        if (!same_file || strcmp(id, c->request->against) != 0) { /* itself is no opponent */
            status = lead_compare(c, lead, err);
            any = true;
        }
        at = lead.end;
    }
    if (status == GAIA_OK && !any) {
        return error_set(err, GAIA_USAGE, "%s: there is nothing to hold against %s",
                         moments_file_name(c->a.file), c->request->against_label);
    }
    if (status == GAIA_OK && c->n_events == 0) {
        return error_set(err, GAIA_NO_OVERLAP, "%s and %s have no event in common%s",
                         moments_file_name(c->a.file), c->request->against_label,
                         c->n_others > 0 ? ": their truths differ" : "");
    }
    return status;
}

gaia_status compare_run(const struct compare_request *request,
                        void (*emit)(void *context, const struct compare_row *row), void *context,
                        gaia_error *err)
{
    struct compare c = {.request = request,
                        .emit = emit,
                        .context = context,
                        .a = {.file = request->file},
                        .b = {.file = request->against_file}};
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    gaia_status status = sides_open(&c, &arena, err);
    if (status == GAIA_OK) {
        status = metrics_choose(&c, err);
    }
    if (status == GAIA_OK) {
        status = side_open(&c.a, err);
    }
    if (status == GAIA_OK) {
        status = side_open(&c.b, err);
    }
    if (status == GAIA_OK) {
        status = series_open(&c, err);
    }
    if (status == GAIA_OK) {
        status = leads_compare(&c, err);
    }
    free(c.n_other_truth);
    free(c.n);
    free(c.time_s);
    free(c.value_b);
    free(c.value_a);
    for (int i = 0; i < 2; i++) {
        struct side *side = i == 0 ? &c.a : &c.b;
        free(side->rows);
        free(side->scratch);
        derive_close(side->derive);
    }
    arena_fini(&arena);
    return status;
}
