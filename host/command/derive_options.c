/* SPDX-License-Identifier: MIT
 *
 * Lists with commas between their entries become arrays of names or numbers.
 *
 * Invariant: lead times become seconds as they do in a job.
 */
#include "derive_options.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "text.h"

enum { HOUR_S = 3600 };

static const double LEAD_HOURS_MAX = 1e8;

/* Splits text at its commas. */
static gaia_status list_split(const char *text, struct arena *arena, const char *const **items,
                              size_t *n_items, gaia_error *err)
{
    size_t n = 1;
    for (const char *s = text; *s != '\0'; s++) {
        n += *s == ',';
    }
    const char **list = arena_alloc(arena, n, sizeof *list);
    char *at = arena_strdup(arena, text);
    if (list == NULL || at == NULL) {
        return error_memory(err, strlen(text));
    }
    for (size_t i = 0; i < n; i++) {
        const size_t length = strcspn(at, ",");
        list[i] = at;
        at[length] = '\0';
        at += length + 1;
    }
    *items = list;
    *n_items = n;
    return GAIA_OK;
}

static gaia_status numbers_read(const char *name, const struct option_value *value,
                                struct arena *arena, double **numbers, size_t *n_numbers,
                                gaia_error *err)
{
    const char *const *items = NULL;
    size_t n = 0;
    if (!value->is_set) {
        return GAIA_OK;
    }
    const gaia_status status = list_split(value->text, arena, &items, &n, err);
    if (status != GAIA_OK) {
        return status;
    }
    *numbers = arena_alloc(arena, n, sizeof **numbers);
    if (*numbers == NULL) {
        return error_memory(err, n * sizeof **numbers);
    }
    for (size_t i = 0; i < n; i++) {
        if (!number_parse(items[i], &(*numbers)[i]) || !(fabs((*numbers)[i]) < LEAD_HOURS_MAX)) {
            return error_set(err, GAIA_USAGE, "--%s '%s': numbers with commas are wanted", name,
                             value->text);
        }
    }
    *n_numbers = n;
    return GAIA_OK;
}

static gaia_status leads_read(const struct option_value *value, struct arena *arena,
                              struct derive_filter *filter, gaia_error *err)
{
    double *hours = NULL;
    const gaia_status status = numbers_read("leads", value, arena, &hours, &filter->n_leads, err);
    if (status != GAIA_OK || filter->n_leads == 0) {
        return status;
    }
    int64_t *leads_s = arena_alloc(arena, filter->n_leads, sizeof *leads_s);
    if (leads_s == NULL) {
        return error_memory(err, filter->n_leads * sizeof *leads_s);
    }
    for (size_t i = 0; i < filter->n_leads; i++) {
        leads_s[i] = llround(hours[i] * HOUR_S);
    }
    filter->leads_s = leads_s;
    return GAIA_OK;
}

static gaia_status missing_read(const struct option_value *value, struct derive_filter *filter,
                                gaia_error *err)
{
    if (!value->is_set) {
        return GAIA_OK;
    }
    filter->has_missing = true;
    filter->missing =
        strcmp(value->text, "propagate") == 0 ? GAIA_MISSING_PROPAGATE : GAIA_MISSING_PAIRWISE;
    return filter->missing == GAIA_MISSING_PROPAGATE || strcmp(value->text, "pairwise") == 0
               ? GAIA_OK
               : error_set(err, GAIA_USAGE, "--missing '%s': pairwise or propagate is wanted",
                           value->text);
}

gaia_status derive_options_read(const struct option_value *values, struct arena *arena,
                                struct derive_filter *filter, bool *any, gaia_error *err)
{
    const struct {
        enum derive_option option;
        const char *const **names;
        size_t *n_names;
    } lists[] = {{DERIVE_FORECASTS, &filter->forecasts, &filter->n_forecasts},
                 {DERIVE_VARIABLES, &filter->variables, &filter->n_variables},
                 {DERIVE_REGIONS, &filter->regions, &filter->n_regions},
                 {DERIVE_WEIGHTS, &filter->weights, &filter->n_weights},
                 {DERIVE_METRICS, &filter->metrics, &filter->n_metrics}};
    double *levels = NULL;
    gaia_status status = GAIA_OK;
    *any = false;
    for (int i = 0; i < DERIVE_OPTIONS; i++) {
        *any = *any || values[i].is_set;
    }
    for (size_t i = 0; status == GAIA_OK && i < sizeof lists / sizeof *lists; i++) {
        if (values[lists[i].option].is_set) {
            status = list_split(values[lists[i].option].text, arena, lists[i].names,
                                lists[i].n_names, err);
        }
    }
    if (status == GAIA_OK) {
        status =
            numbers_read("levels", &values[DERIVE_LEVELS], arena, &levels, &filter->n_levels, err);
        filter->levels = levels;
    }
    if (status == GAIA_OK) {
        status = leads_read(&values[DERIVE_LEADS], arena, filter, err);
    }
    return status == GAIA_OK ? missing_read(&values[DERIVE_MISSING], filter, err) : status;
}
