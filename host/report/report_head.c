/* SPDX-License-Identifier: MIT
 *
 * The parts of the page's document that are no rows: where the sums come from, the axes, who is
 * there. Called by report_data.c.
 *
 * Invariant: every text goes through jansson, and is one that can be shown.
 */
#include "report_head.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/time.h>

#include "error.h"
#include "json.h"
#include "report_bands.h"

void report_member_put(struct text *out, const char *key, json_t *value)
{
    const bool is_clean = value != NULL && json_clean(value);
    char *dumped = is_clean ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    text_printf(out, ",\n\"%s\":", key);
    text_append(out, dumped != NULL ? dumped : "null");
    free(dumped);
    json_decref(value);
}

/* A name that may be of a file: what is not UTF-8 in it is replaced. NULL: out of memory. */
static json_t *name_make(const char *name)
{
    char *copy = strdup(name);
    if (copy == NULL) {
        return NULL;
    }
    (void)text_clean(copy);
    json_t *made = json_string(copy);
    free(copy);
    return made;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? name_make(text) : json_null();
}

static json_t *names_make(const char *const *names, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        (void)json_array_append_new(list, json_string(names[i]));
    }
    return list;
}

static json_t *origin_make(const struct moments_file *file, const char *name)
{
    struct moments_origin origin;
    char hash[17];
    char plan_hash[17];
    if (file == NULL) {
        return json_null();
    }
    moments_file_origin(file, &origin);
    (void)snprintf(hash, sizeof hash, "%016" PRIx64, origin.hash);
    (void)snprintf(plan_hash, sizeof plan_hash, "%016" PRIx64, origin.plan_hash);
    return json_pack("{s:o, s:s, s:s, s:s, s:I}", "name",
                     name_make(name != NULL ? name : moments_file_name(file)), "program",
                     origin.program, "hash", hash, "plan_hash", plan_hash, "bytes",
                     (json_int_t)origin.bytes);
}

/* An entry of forecasts; coverage of those that have fields. */
static gaia_status forecast_add(json_t *list, const char *id, const char *kind,
                                const struct plan *plan, size_t i, gaia_error *err)
{
    json_t *entry = json_pack("{s:o, s:s}", "id", name_make(id), "kind", kind);
    gaia_status status = entry != NULL ? GAIA_OK : error_memory(err, strlen(id));
    if (status == GAIA_OK && plan != NULL) {
        struct report_coverage coverage;
        char first[GAIA_TIME_TEXT];
        char last[GAIA_TIME_TEXT];
        status = report_coverage_find(plan, i, &coverage, err);
        if (status == GAIA_OK && coverage.n_fields > 0) {
            gaia_calendar_format(plan->calendar, coverage.first_s, first);
            gaia_calendar_format(plan->calendar, coverage.last_s, last);
            (void)json_object_set_new(entry, "first", json_string(first));
            (void)json_object_set_new(entry, "last", json_string(last));
        }
        if (status == GAIA_OK) {
            const struct plan_forecast *forecast = &plan->forecasts[i];
            (void)json_object_set_new(entry, "fields", json_integer((json_int_t)coverage.n_fields));
            (void)json_object_set_new(entry, "init_times",
                                      json_integer((json_int_t)coverage.n_init_times));
            (void)json_object_set_new(entry, "status",
                                      json_string(forecast->status == GAIA_OK
                                                      ? "ok"
                                                      : gaia_status_name(forecast->status)));
            (void)json_object_set_new(entry, "detail", json_string(forecast->detail));
        }
    }
    (void)json_array_append_new(list, entry);
    return status;
}

gaia_status report_forecasts_make(const struct plan *plan, const struct plan *against,
                                  const char *against_label, struct report_forecasts *forecasts,
                                  gaia_error *err)
{
    json_t *list = json_array();
    gaia_status status = list != NULL ? GAIA_OK : error_memory(err, 1);
    forecasts->list = list;
    for (size_t i = 0; status == GAIA_OK && i < plan->n_forecasts; i++) {
        status = forecast_add(list, plan->forecasts[i].id, "forecast", plan, i, err);
    }
    if (status == GAIA_OK && against != NULL) {
        forecasts->i_against = json_array_size(list);
        status = forecast_add(list, against_label, "against", against, 0, err);
    }
    if (status == GAIA_OK && plan->has_reference) {
        forecasts->i_reference = json_array_size(list);
        status = forecast_add(list, "reference", "reference", NULL, 0, err);
    }
    if (status == GAIA_OK && plan->has_climatology) {
        forecasts->i_climatology = json_array_size(list);
        status = forecast_add(list, "climatology", "climatology", NULL, 0, err);
    }
    return status;
}

void report_axes_write(const struct report_axes *axes, const struct report_metric *list,
                       size_t n_metrics, struct text *out)
{
    const struct plan *plan = axes->plan;
    json_t *levels = json_array();
    json_t *leads = json_array();
    json_t *metrics = json_array();
    for (size_t i = 0; i < axes->n_levels; i++) {
        (void)json_array_append_new(levels, isnan(axes->levels[i]) ? json_null()
                                                                   : json_real(axes->levels[i]));
    }
    for (size_t i = 0; i < axes->n_leads; i++) {
        (void)json_array_append_new(leads, json_real((double)axes->leads_s[i] / 3600.0));
    }
    for (size_t i = 0; i < n_metrics; i++) {
        const struct metric_entry *entry = metric_describe(list[i].series);
        (void)json_array_append_new(metrics,
                                    json_pack("{s:s, s:s, s:s}", "name", entry->name, "column",
                                              metric_describe(list[i].aggregate)->name, "formula",
                                              entry->formula));
    }
    report_member_put(out, "variables", names_make(plan->variables, plan->n_variables));
    report_member_put(out, "levels", levels);
    report_member_put(out, "leads", leads);
    report_member_put(out, "regions", names_make(plan->regions, plan->n_regions));
    report_bands_write(plan, out);
    report_member_put(out, "weightings", names_make(plan->weights, plan->n_weights));
    report_member_put(out, "metrics", metrics);
}

void report_origin_write(const struct report_request *request, const struct plan *plan,
                         struct text *out)
{
    char made[GAIA_TIME_TEXT];
    gaia_time_format(request->made_s, made);
    text_append(out, "{\"schema\":\"gaia.report/1\"");
    report_member_put(out, "title", text_or_null(request->title));
    report_member_put(out, "made", json_string(made));
    report_member_put(out, "version", json_string(gaia_version()));
    report_member_put(out, "moments_version", json_integer(GAIA_MOMENTS_VERSION));
    report_member_put(out, "command", text_or_null(request->command));
    report_member_put(out, "device", text_or_null(request->device));
    report_member_put(out, "calendar", json_string(gaia_calendar_name(plan->calendar)));
    report_member_put(
        out, "missing",
        json_string(plan->missing == GAIA_MISSING_PAIRWISE ? "pairwise" : "propagate"));
    report_member_put(out, "source", origin_make(request->file, request->source));
    report_member_put(out, "against", origin_make(request->against_file, NULL));
}
