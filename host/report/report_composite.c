/* SPDX-License-Identifier: MIT
 *
 * Averages of a composite's parts, read out of its document.
 *
 * Invariant: a document may come from anywhere; what is not there reads as no value, and counts 0.
 */
#include "report_composite.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "leaderboard.h"

static const char *const parts[] = {"skill", "acc", "rrmse", "penalty", "score"};

enum { N_PARTS = sizeof parts / sizeof *parts };

/* JSON has no number for what is not finite. */
static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Adds the parts of object to those of sum, which count what is there. */
static void parts_add(json_t *sum, const json_t *object, double share)
{
    for (size_t i = 0; i < N_PARTS; i++) {
        const double value = composite_number(object, parts[i]);
        const double before = json_real_value(json_object_get(sum, parts[i]));
        (void)json_object_set_new(sum, parts[i],
                                  json_real(before + (isfinite(value) ? value * share : 0.0)));
    }
}

/* Entry i of a list of sums, made at its first use with what names it. */
static json_t *sum_at(json_t *sums, size_t i, const json_t *object, const char *key)
{
    if (i >= json_array_size(sums)) {
        json_t *sum = json_object();
        json_t *name = json_object_get(object, key);
        (void)json_object_set(sum, key, name != NULL ? name : json_null());
        for (size_t k = 0; k < N_PARTS; k++) {
            (void)json_object_set_new(sum, parts[k], json_real(0.0));
        }
        (void)json_array_append_new(sums, sum);
    }
    return json_array_get(sums, i);
}

static void time_add(const json_t *time, double share, json_t *leads, json_t *variables)
{
    const json_t *list = json_object_get(time, "leads");
    const size_t n_leads = json_array_size(list);
    for (size_t l = 0; l < n_leads; l++) {
        const json_t *lead = json_array_get(list, l);
        const json_t *of_lead = json_object_get(lead, "variables");
        parts_add(sum_at(leads, l, lead, "lead_hours"), lead, share);
        for (size_t v = 0, n = 0; v < json_array_size(of_lead); v++) {
            const json_t *variable = json_array_get(of_lead, v);
            if (json_is_true(json_object_get(variable, "counts"))) {
                json_t *sum = sum_at(variables, n++, variable, "variable");
                const double weight = composite_number(variable, "weight");
                const double before = json_real_value(json_object_get(sum, "weight"));
                (void)json_object_set_new(sum, "weight",
                                          json_real(isfinite(weight) ? weight : before));
                parts_add(sum, variable, share / (double)n_leads);
            }
        }
    }
}

static json_t *composite_make(const json_t *document)
{
    static const char *const copied[] = {"forecast", "kind",        "profile",  "engine_version",
                                         "region",   "weighting",   "baseline", "parameters",
                                         "passed",   "day1_passed", "n_times",  "reasons"};
    const json_t *times = json_object_get(document, "times");
    const size_t n = json_array_size(times);
    json_t *composite = json_object();
    json_t *leads = json_array();
    json_t *variables = json_array();
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        json_t *member = json_object_get(document, copied[i]);
        (void)json_object_set(composite, copied[i], member != NULL ? member : json_null());
    }
    (void)json_object_set_new(composite, "score",
                              number_or_null(composite_number(document, "score")));
    (void)json_object_set_new(composite, "overall",
                              number_or_null(composite_number(document, "overall")));
    for (size_t t = 0; t < n; t++) {
        time_add(json_array_get(times, t), 1.0 / (double)n, leads, variables);
    }
    (void)json_object_set_new(composite, "leads", leads);
    (void)json_object_set_new(composite, "variables", variables);
    return composite;
}

gaia_status report_composites_read(const char *bytes, size_t length, json_t **composites,
                                   gaia_error *err)
{
    json_t *documents = NULL;
    json_t *list = json_array();
    gaia_status status = composites_read("composites", bytes, length, &documents, err);
    if (status == GAIA_OK && list == NULL) {
        status = error_memory(err, length);
    }
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(documents); i++) {
        if (json_array_append_new(list, composite_make(json_array_get(documents, i))) != 0) {
            status = error_memory(err, length);
        }
    }
    json_decref(documents);
    if (status != GAIA_OK) {
        json_decref(list);
        return status;
    }
    *composites = list;
    return GAIA_OK;
}
