/* SPDX-License-Identifier: MIT
 *
 * From stored sums to the page's document: heads by jansson, rows as text while the sums are read.
 *
 * Invariant: texts are written by jansson, so that none can end its string.
 */
#include "report_data.h"

#include <math.h>
#include <string.h>

#include <jansson.h>

#include "compare.h"
#include "error.h"
#include "region_zonal.h"
#include "report_axes.h"
#include "report_bands.h"
#include "report_composite.h"
#include "report_head.h"
#include "report_maps.h"
#include "report_series.h"
#include "report_verdict.h"

struct page {
    const struct report_request *request;
    struct text *out;
    struct arena arena;
    struct derive *derive;
    struct derive *against; /* of what is held against besides; NULL: nothing */
    const struct moments_file *against_file;
    size_t i_asked; /* the forecast of the page that was asked for as a baseline; SIZE_MAX: none */
    struct report_axes axes;
    struct report_bands bands;
    struct report_metric metrics[REPORT_METRICS_MAX];
    size_t n_metrics;
    bool *seen;         /* [variable][level][lead] whose reference and climatology were written */
    struct text paired; /* differences from those, until it is their turn */
    size_t n_rows;
    size_t n_band_rows; /* of those */
    struct report_forecasts forecasts;
    json_t *baselines; /* indices */
    json_t *warnings;
    size_t i_baseline; /* of the comparison that runs */
};

/* ---- Rows ---- */

static void put_exact(struct text *out, double value)
{
    char number[TEXT_NUMBER];
    number_format(value, number);
    text_append(out, isfinite(value) ? number : "null");
}

static void put_short(struct text *out, double value)
{
    if (isfinite(value)) {
        text_printf(out, ",%.6g", value);
    } else {
        text_append(out, ",null");
    }
}

/* The indices that begin a row. */
static void put_place(struct text *out, size_t forecast, const struct report_place *place,
                      size_t metric)
{
    text_printf(out, "%zu,%zu,%zu,%zu,%zu,%zu,%zu", forecast, place->variable, place->level,
                place->lead, place->region, place->weighting, metric);
}

static void value_put(struct page *page, size_t forecast, const struct report_place *place,
                      size_t metric, const struct report_value *value)
{
    struct text *out = page->out;
    text_append(out, page->n_rows++ > 0 ? ",\n[" : "\n[");
    page->n_band_rows += page->bands.is_band[place->region];
    put_place(out, forecast, place, metric);
    text_printf(out, ",%zu,", value->n);
    put_exact(out, value->value);
    put_short(out, value->low);
    put_short(out, value->high);
    text_append(out, "]");
}

static void difference_put(struct text *out, size_t baseline, size_t forecast,
                           const struct report_place *place, size_t metric,
                           const struct paired_stats *stats, size_t n_lacking, size_t n_other_truth)
{
    text_append(out, out->length > 0 && out->s[out->length - 1] != '[' ? ",\n[" : "\n[");
    text_printf(out, "%zu,", baseline);
    put_place(out, forecast, place, metric);
    text_printf(out, ",%zu", stats->n);
    put_short(out, stats->mean_against);
    put_short(out, stats->difference);
    put_short(out, stats->low);
    put_short(out, stats->high);
    put_short(out, stats->autocorrelation);
    text_printf(out, ",%zu,%zu]", n_lacking, n_other_truth);
}

/* Reference and climatology of a lead: their own errors once, and each forecast's against them. */
static void baseline_put(struct page *page, struct report_series *series, size_t row,
                         size_t forecast, const struct report_place *place, size_t metric,
                         bool is_new)
{
    const struct report_metric *of = &page->metrics[metric];
    const struct {
        size_t index;
        enum metric metric;
    } sources[] = {{page->forecasts.i_reference, METRIC_MSE_REF},
                   {page->forecasts.i_climatology, METRIC_MSE_CLIM}};
    if (of->series != METRIC_RMSE && of->series != METRIC_MSE) {
        return;
    }
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (sources[i].index > 0) {
            const struct paired_stats stats =
                report_series_paired(series, row, of, sources[i].metric);
            if (is_new) {
                const struct report_value value =
                    report_series_baseline(series, row, of, sources[i].metric);
                value_put(page, sources[i].index, place, metric, &value);
            }
            if (!page->bands.is_band[place->region]) {
                difference_put(&page->paired, sources[i].index, forecast, place, metric, &stats, 0,
                               0);
            }
        }
    }
}

/* Every value of the lead that series holds. is_against: it is of the other file. */
static void lead_put(struct page *page, struct report_series *series, const struct derive *derive,
                     const struct gaia_unit *unit, bool is_against)
{
    const struct plan *plan = &derive->plan;
    const size_t forecast = is_against ? page->forecasts.i_against : unit->forecast;
    struct report_place place;
    bool is_new = false;
    for (size_t row = 0; row < plan_rows_per_unit(plan); row++) {
        if (!report_axes_find(&page->axes, plan->variables[unit->variable], unit->level,
                              unit->lead_time_s, plan->regions[row / plan->n_weights],
                              plan->weights[row % plan->n_weights], &place)) {
            continue;
        }
        bool *seen =
            &page->seen[(place.variable * page->axes.n_levels + place.level) * page->axes.n_leads +
                        place.lead];
        is_new = is_new || !*seen;
        *seen = *seen || !is_against;
        for (size_t m = 0; m < page->n_metrics; m++) {
            const struct report_value value = report_series_value(series, row, &page->metrics[m]);
            value_put(page, forecast, &place, m, &value);
            if (!is_against) {
                baseline_put(page, series, row, forecast, &place, m, is_new);
            }
        }
    }
}

/* Adds points to what the forecast's entry counts. */
static void points_add(json_t *entry, const char *key, double count)
{
    const double before = json_real_value(json_object_get(entry, key));
    (void)json_object_set_new(entry, key, json_real(before + count));
}

/* The row whose points tell how much a forecast lacks: of the first region that is no band. */
static size_t row_counted(const struct plan *plan)
{
    struct zonal_band band;
    size_t region = 0;
    while (region < plan->n_regions && zonal_band_find(plan->regions[region], &band)) {
        region++;
    }
    return region < plan->n_regions ? region * plan->n_weights : 0;
}

static gaia_status values_write(struct page *page, const struct moments_file *file,
                                const struct derive *derive, bool is_against, gaia_error *err)
{
    const struct plan *plan = &derive->plan;
    struct report_series *series = NULL;
    gaia_status status = report_series_open(file, derive, &series, err);
    for (size_t at = 0, end = 0; status == GAIA_OK && at < plan->n_units; at = end) {
        const struct gaia_unit *unit = &plan->units[at];
        status = report_series_read(series, at, &end, err);
        if (status == GAIA_OK) {
            double points = 0.0;
            double missing = 0.0;
            json_t *entry = json_array_get(page->forecasts.list,
                                           is_against ? page->forecasts.i_against : unit->forecast);
            lead_put(page, series, derive, unit, is_against);
            report_series_points(series, row_counted(plan), &points, &missing);
            points_add(entry, "points", points);
            points_add(entry, "missing", missing);
        }
        if (status == GAIA_OK && page->n_rows > REPORT_ROWS_MAX) {
            status = error_set(err, GAIA_LIMIT,
                               "more than %d values for one page: choose some by --forecasts, "
                               "--variables, --levels, --leads, --regions, --weights or --metrics",
                               REPORT_ROWS_MAX);
        }
    }
    report_series_close(series);
    return status;
}

/* ---- Differences ---- */

static void on_row(void *context, const struct compare_row *row)
{
    struct page *page = context;
    const struct plan *plan = page->axes.plan;
    struct report_place place;
    size_t forecast = 0;
    if (!report_axes_find(&page->axes, row->variable, row->level, row->lead_time_s, row->region,
                          row->weighting, &place) ||
        page->bands.is_band[place.region]) {
        return;
    }
    while (forecast < plan->n_forecasts &&
           strcmp(plan->forecasts[forecast].id, row->forecast) != 0) {
        forecast++;
    }
    for (size_t m = 0; forecast < plan->n_forecasts && m < page->n_metrics; m++) {
        if (strcmp(metric_describe(page->metrics[m].series)->name, row->metric) == 0) {
            difference_put(page->out, page->i_baseline, forecast, &place, m, &row->stats,
                           row->n_lacking, row->n_other_truth);
            page->n_rows++;
        }
    }
}

/* Tells the page of a baseline; 0 is none here. */
static void baseline_add(struct page *page, size_t index)
{
    if (index > 0) {
        (void)json_array_append_new(page->baselines, json_integer((json_int_t)index));
    }
}

/* Everything of the page against one more baseline. */
static gaia_status baseline_run(struct page *page, const struct moments_file *file,
                                const char *forecast, size_t index, gaia_error *err)
{
    const char *names[REPORT_METRICS_MAX];
    struct compare_request request = {.file = page->request->file,
                                      .against_file = file,
                                      .against = forecast,
                                      .against_label = forecast,
                                      .filter = page->request->filter};
    for (size_t m = 0; m < page->n_metrics; m++) {
        names[m] = metric_describe(page->metrics[m].series)->name;
    }
    request.filter.metrics = names;
    request.filter.n_metrics = page->n_metrics;
    if (page->bands.n_plain > 0 && (file == page->request->file || request.filter.n_regions > 0)) {
        request.filter.regions = page->bands.plain;
        request.filter.n_regions = page->bands.n_plain;
    }
    page->i_baseline = index;
    const gaia_status status = compare_run(&request, on_row, page, err);
    return status == GAIA_OK &&
                   json_array_append_new(page->baselines, json_integer((json_int_t)index)) != 0
               ? error_memory(err, 1)
               : status;
}

static void warning_add(struct page *page, const char *text)
{
    (void)json_array_append_new(page->warnings, json_string(text));
}

/* The same against a forecast of the page, if it has fields; nothing in common is no error. */
static gaia_status forecast_baseline(struct page *page, size_t i, gaia_error *err)
{
    gaia_error why = {0};
    if (json_object_get(json_array_get(page->forecasts.list, i), "points") == NULL) {
        return GAIA_OK;
    }
    const gaia_status status =
        baseline_run(page, page->request->file, page->derive->plan.forecasts[i].id, i, &why);
    return status == GAIA_OK || status == GAIA_NO_OVERLAP || status == GAIA_USAGE
               ? GAIA_OK
               : error_set(err, status, "%s", why.detail);
}

static gaia_status differences_write(struct page *page, gaia_error *err)
{
    const struct report_request *request = page->request;
    const struct plan *plan = &page->derive->plan;
    const size_t n_values = page->n_rows - page->n_band_rows;
    gaia_status status = GAIA_OK;
    text_append(page->out, "],\n\"differences\":[");
    if (page->against != NULL) {
        status = baseline_run(page, page->against_file, request->against, page->forecasts.i_against,
                              err);
    } else if (page->i_asked < plan->n_forecasts) {
        status = forecast_baseline(page, page->i_asked, err);
    }
    for (size_t i = 0; status == GAIA_OK && plan->n_forecasts > 1 && i < plan->n_forecasts; i++) {
        if (page->n_rows + n_values > REPORT_ROWS_MAX) {
            warning_add(page, "Not every forecast is a baseline for the others: the page would be "
                              "too large. --against chooses one that is.");
            break;
        }
        status = i != page->i_asked ? forecast_baseline(page, i, err) : GAIA_OK;
    }
    if (page->paired.length > 0 && page->out->length > 0) {
        const bool any = page->out->s[page->out->length - 1] == ']';
        text_append(page->out, any ? "," : "");
        text_append_n(page->out, page->paired.s, page->paired.length);
    }
    baseline_add(page, page->paired.length > 0 ? page->forecasts.i_reference : 0);
    baseline_add(page, page->paired.length > 0 ? page->forecasts.i_climatology : 0);
    text_append(page->out, "]");
    return status == GAIA_OK && (page->out->failed || page->paired.failed)
               ? error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the page")
               : status;
}

/* Where the baseline is that was asked for: in another file, among the page's forecasts, or among
 * those of the file that were not chosen. */
static void baseline_place(struct page *page)
{
    const struct report_request *request = page->request;
    const struct plan *plan = &page->derive->plan;
    page->i_asked = SIZE_MAX;
    page->against_file = request->against_file;
    for (size_t i = 0; request->against != NULL && i < plan->n_forecasts; i++) {
        if (request->against_file == NULL && strcmp(plan->forecasts[i].id, request->against) == 0) {
            page->i_asked = i;
        }
    }
    if (request->against != NULL && page->i_asked == SIZE_MAX && page->against_file == NULL) {
        page->against_file = request->file;
    }
}

/* How many of a region's values are those of reference and climatology. */
static size_t baseline_values(const struct page *page)
{
    size_t n_errors = 0;
    for (size_t m = 0; m < page->n_metrics; m++) {
        const enum metric series = page->metrics[m].series;
        n_errors += series == METRIC_RMSE || series == METRIC_MSE;
    }
    return n_errors *
           ((size_t)page->derive->plan.has_reference + (size_t)page->derive->plan.has_climatology);
}

/* Leaves the bands out if they would take more than half of what a page may have. */
static gaia_status bands_fit(struct page *page, gaia_error *err)
{
    struct derive_filter filter = page->request->filter;
    struct derive *without = NULL;
    size_t n_values = 0;
    size_t n_against = 0;
    gaia_status status = report_bands_find(&page->derive->plan, &page->arena, &page->bands, err);
    if (status == GAIA_OK) {
        status = report_values_count(&page->derive->plan, page->n_metrics, baseline_values(page),
                                     &n_values, err);
    }
    if (status == GAIA_OK && page->against != NULL) {
        status = report_values_count(&page->against->plan, page->n_metrics, 0, &n_against, err);
    }
    if (status != GAIA_OK ||
        page->bands.n_bands * (n_values + n_against) <= (size_t)REPORT_ROWS_MAX / 2) {
        return status;
    }
    filter.n_metrics = 0;
    filter.regions = page->bands.plain;
    filter.n_regions = page->bands.n_plain;
    status = derive_open(page->request->file, &filter, &without, err);
    if (status == GAIA_OK) {
        derive_close(page->derive);
        page->derive = without;
        warning_add(page, "Bands of latitude are left out: the page would be too large. "
                          "--forecasts, --variables, --levels, --leads, --weights and --metrics "
                          "choose some of it.");
        status = report_bands_find(&page->derive->plan, &page->arena, &page->bands, err);
    }
    return status;
}

/* Chooses from both files. */
static gaia_status page_open(struct page *page, gaia_error *err)
{
    const struct report_request *request = page->request;
    struct derive_filter filter = request->filter;
    filter.n_metrics = 0;
    gaia_status status = derive_open(request->file, &filter, &page->derive, err);
    if (status == GAIA_OK) {
        baseline_place(page);
    }
    if (status == GAIA_OK && page->against_file != NULL) {
        const struct derive_filter whole = {.forecasts = &request->against,
                                            .n_forecasts = 1,
                                            .has_missing = true,
                                            .missing = page->derive->plan.missing};
        status = derive_open(page->against_file, &whole, &page->against, err);
    }
    if (status == GAIA_OK) {
        status = report_metrics_choose(&request->filter, &page->derive->plan, page->metrics,
                                       &page->n_metrics, err);
    }
    if (status == GAIA_OK) {
        status = bands_fit(page, err);
    }
    if (status == GAIA_OK) {
        status = report_axes_make(&page->derive->plan, &page->arena, &page->axes, err);
    }
    if (status == GAIA_OK) {
        const size_t n = page->axes.plan->n_variables * page->axes.n_levels * page->axes.n_leads;
        page->seen = arena_alloc(&page->arena, n + 1, sizeof *page->seen);
        status = page->seen != NULL ? GAIA_OK : error_memory(err, n);
    }
    if (status == GAIA_OK) {
        status = report_forecasts_make(&page->derive->plan,
                                       page->against != NULL ? &page->against->plan : NULL,
                                       request->against_label, &page->forecasts, err);
        for (size_t i = 0; i < moments_file_plan(request->file)->n_warnings; i++) {
            warning_add(page, moments_file_plan(request->file)->warnings[i]);
        }
    }
    return status;
}

static gaia_status page_write(struct page *page, gaia_error *err)
{
    const struct report_request *request = page->request;
    json_t *composites = NULL;
    json_t *verdicts = NULL;
    size_t n_fields = 0;
    gaia_status status = page_open(page, err);
    if (status == GAIA_OK && request->composites != NULL) {
        status = report_composites_read(request->composites, request->composites_length,
                                        &composites, err);
    }
    if (status == GAIA_OK) {
        status = report_verdicts_read(request->verdicts, request->verdicts_length, &verdicts, err);
    }
    if (status == GAIA_OK) {
        status = report_fields_count(&page->derive->plan, &n_fields, err);
    }
    if (status == GAIA_OK) {
        report_origin_write(request, page->axes.plan, page->out);
        report_axes_write(&page->axes, page->metrics, page->n_metrics, page->out);
        report_member_put(page->out, "fields", json_integer((json_int_t)n_fields));
        text_append(page->out, ",\n\"values\":[");
        status = values_write(page, request->file, page->derive, false, err);
    }
    if (status == GAIA_OK && page->against != NULL) {
        status = values_write(page, page->against_file, page->against, true, err);
    }
    if (status == GAIA_OK) {
        status = differences_write(page, err);
    }
    if (status == GAIA_OK) {
        report_member_put(page->out, "forecasts", json_incref(page->forecasts.list));
        report_member_put(page->out, "baselines", json_incref(page->baselines));
        const size_t i_against = page->forecasts.i_against;
        const size_t asked = i_against > 0 ? i_against : page->i_asked;
        report_member_put(page->out, "baseline",
                          asked != SIZE_MAX ? json_integer((json_int_t)asked) : json_null());
        report_maps_write(request->maps, &page->axes, page->warnings, page->out);
        report_member_put(page->out, "warnings", json_incref(page->warnings));
        report_member_put(page->out, "composites", json_incref(composites));
        report_member_put(page->out, "verdicts", json_incref(verdicts));
        text_append(page->out, "}\n");
    }
    json_decref(verdicts);
    json_decref(composites);
    return status == GAIA_OK && page->out->failed
               ? error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the page")
               : status;
}

gaia_status report_data_write(const struct report_request *request, struct text *out,
                              gaia_error *err)
{
    struct page page = {
        .request = request, .out = out, .baselines = json_array(), .warnings = json_array()};
    arena_init(&page.arena, SIZE_MAX);
    const gaia_status status = page.baselines != NULL && page.warnings != NULL
                                   ? page_write(&page, err)
                                   : error_memory(err, 1);
    json_decref(page.warnings);
    json_decref(page.baselines);
    json_decref(page.forecasts.list);
    text_fini(&page.paired);
    derive_close(page.against);
    derive_close(page.derive);
    arena_fini(&page.arena);
    return status;
}
