/* SPDX-License-Identifier: MIT
 *
 * Reading what is asked of scores, and writing it again for the link to the next page.
 *
 * Invariant: what stands in a link is percent-encoded but for letters, digits and a few marks, so
 * that nothing that was asked can end it.
 */
#include "http_scores_query.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "error.h"
#include "http_query.h"

enum { LIMIT_MAX = 10000, URL_BYTES_MAX = 8 << 10, CURSOR_DIGITS = 32, HOUR_S = 3600 };

static void url_append(struct text *url, const char *key, const char *value)
{
    static const char kept[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~";
    text_printf(url, "%s%s=", url->length > 0 ? "&" : "", key);
    for (const char *s = value; *s != '\0'; s++) {
        if (strchr(kept, *s) != NULL) {
            text_append_n(url, s, 1);
        } else {
            text_printf(url, "%%%02X", (unsigned)(unsigned char)*s);
        }
    }
}

/* One of some names; what was said is noted for links. */
static gaia_status choice_read(struct MHD_Connection *connection, struct scores_query *query,
                               const char *key, const char *const *names, size_t n, size_t *choice,
                               gaia_error *err)
{
    const gaia_status status = query_name(connection, key, names, n, 0, choice, err);
    if (status == GAIA_OK && query_has(connection, key)) {
        url_append(&query->url, key, query_text(connection, key));
    }
    return status;
}

static gaia_status names_read(struct MHD_Connection *connection, struct scores_query *query,
                              const char *key, const char *const **names, size_t *n_names,
                              gaia_error *err)
{
    const gaia_status status = query_list(connection, key, &query->arena, names, n_names, err);
    for (size_t i = 0; status == GAIA_OK && i < *n_names; i++) {
        url_append(&query->url, key, (*names)[i]);
    }
    return status;
}

static gaia_status numbers_read(struct MHD_Connection *connection, struct scores_query *query,
                                const char *key, double **numbers, size_t *n_numbers,
                                gaia_error *err)
{
    const gaia_status status =
        query_numbers(connection, key, &query->arena, numbers, n_numbers, err);
    for (size_t i = 0; status == GAIA_OK && i < *n_numbers; i++) {
        char number[TEXT_NUMBER];
        number_format((*numbers)[i], number);
        url_append(&query->url, key, number);
    }
    return status;
}

/* Levels in hPa, and lead times in hours, which become seconds as they do in a job. */
static gaia_status axes_read(struct MHD_Connection *connection, struct scores_query *query,
                             const char **field, gaia_error *err)
{
    struct derive_filter *filter = &query->filter;
    double *levels = NULL;
    double *hours = NULL;
    int64_t *leads_s = NULL;
    *field = "level";
    gaia_status status = numbers_read(connection, query, *field, &levels, &filter->n_levels, err);
    if (status == GAIA_OK) {
        *field = "lead";
        status = numbers_read(connection, query, *field, &hours, &filter->n_leads, err);
    }
    if (status == GAIA_OK && filter->n_leads > 0) {
        leads_s = arena_alloc(&query->arena, filter->n_leads, sizeof *leads_s);
        status = leads_s != NULL ? GAIA_OK : error_memory(err, filter->n_leads * sizeof *leads_s);
    }
    for (size_t i = 0; status == GAIA_OK && i < filter->n_leads; i++) {
        leads_s[i] = llround(hours[i] * HOUR_S);
    }
    filter->levels = levels;
    filter->leads_s = leads_s;
    return status;
}

static gaia_status filter_read(struct MHD_Connection *connection, struct scores_query *query,
                               const char **field, gaia_error *err)
{
    static const char *const rules[] = {"pairwise", "propagate"};
    struct derive_filter *filter = &query->filter;
    size_t rule = 0;
    const struct {
        const char *key;
        const char *const **names;
        size_t *n_names;
    } lists[] = {{"forecast", &filter->forecasts, &filter->n_forecasts},
                 {"variable", &filter->variables, &filter->n_variables},
                 {"region", &filter->regions, &filter->n_regions},
                 {"weights", &filter->weights, &filter->n_weights},
                 {"metric", &filter->metrics, &filter->n_metrics}};
    gaia_status status = axes_read(connection, query, field, err);
    for (size_t i = 0; status == GAIA_OK && i < sizeof lists / sizeof *lists; i++) {
        *field = lists[i].key;
        status = names_read(connection, query, *field, lists[i].names, lists[i].n_names, err);
    }
    if (status == GAIA_OK && query_has(connection, "missing")) {
        *field = "missing";
        status = choice_read(connection, query, *field, rules, 2, &rule, err);
        filter->has_missing = true;
        filter->missing = rule == 0 ? GAIA_MISSING_PAIRWISE : GAIA_MISSING_PROPAGATE;
    }
    return status;
}

static gaia_status cursor_read(struct MHD_Connection *connection, struct scores_query *query,
                               gaia_error *err)
{
    const char *text = query_text(connection, "cursor");
    uint64_t hash = 0;
    uint64_t unit = 0;
    query->unit = -1;
    if (!query_has(connection, "cursor")) {
        return GAIA_OK;
    }
    if (text == NULL || strlen(text) != CURSOR_DIGITS || !query_digits(text, 16, &hash) ||
        !query_digits(text + 16, 8, &unit) || !query_digits(text + 24, 8, &query->skip) ||
        query->limit == 0 || hash != query->hash) {
        return error_set(err, GAIA_USAGE,
                         "cursor: one that a link of this answer had is wanted, with all else that "
                         "stood there");
    }
    query->unit = (int64_t)unit;
    return GAIA_OK;
}

static gaia_status format_read(struct MHD_Connection *connection, struct scores_query *query,
                               const char **field, gaia_error *err)
{
    static const char *const formats[] = {"csv", "json", "stat"};
    static const char *const rows[] = {"all", "times", "aggregates"};
    size_t choice = 0;
    *field = "format";
    gaia_status status = choice_read(connection, query, *field, formats, 3, &choice, err);
    query->format = (enum scores_format)choice;
    if (status == GAIA_OK) {
        *field = "rows";
        status = choice_read(connection, query, *field, rows, 3, &choice, err);
        query->rows = (enum scores_rows)choice;
    }
    return status;
}

/* Lines of MET have columns of their own: metrics and rows have no place there. */
static gaia_status stat_check(const struct scores_query *query, const char **field, gaia_error *err)
{
    if (query->format != SCORES_STAT ||
        (query->filter.n_metrics == 0 && query->rows == SCORES_ALL)) {
        return GAIA_OK;
    }
    *field = query->filter.n_metrics > 0 ? "metric" : "rows";
    return error_set(err, GAIA_USAGE, "%s: not with the format stat, whose columns are fixed",
                     *field);
}

gaia_status scores_query_read(struct MHD_Connection *connection, const char *id,
                              struct scores_query *query, const char **field, gaia_error *err)
{
    *query = (struct scores_query){.unit = -1};
    arena_init(&query->arena, 1 << 20);
    gaia_status status = format_read(connection, query, field, err);
    if (status == GAIA_OK) {
        status = filter_read(connection, query, field, err);
    }
    if (status == GAIA_OK) {
        status = stat_check(query, field, err);
    }
    if (status == GAIA_OK) {
        *field = "limit";
        status = query_count(connection, *field, LIMIT_MAX, 0, &query->limit, err);
    }
    if (status == GAIA_OK && query->limit > 0 && query->url.length > URL_BYTES_MAX) {
        status = error_set(err, GAIA_USAGE, "limit: not with a query of more than %d bytes",
                           URL_BYTES_MAX);
    }
    if (status == GAIA_OK && query->url.failed) {
        *field = NULL;
        status = error_memory(err, URL_BYTES_MAX);
    }
    if (status == GAIA_OK) {
        *field = "cursor";
        const char *asked = query->url.length > 0 ? query->url.s : "";
        query->hash = XXH3_64bits_withSeed(asked, strlen(asked), XXH3_64bits(id, strlen(id)));
        status = cursor_read(connection, query, err);
    }
    return status;
}

void scores_query_fini(struct scores_query *query)
{
    text_fini(&query->url);
    arena_fini(&query->arena);
}

void scores_query_link(const struct scores_query *query, const char *id, uint64_t unit,
                       uint64_t skip, struct text *out)
{
    text_printf(out,
                "</v1/jobs/%s/scores?%s%slimit=%" PRId64 "&cursor=%016" PRIx64 "%08" PRIx64
                "%08" PRIx64 ">; rel=\"next\"",
                id, query->url.length > 0 ? query->url.s : "", query->url.length > 0 ? "&" : "",
                query->limit, query->hash, unit, skip);
}

const char *scores_query_field(gaia_status status)
{
    static const struct {
        gaia_status status;
        const char *field;
    } fields[] = {{GAIA_NOT_FOUND, "forecast"},    {GAIA_VARIABLE_MISSING, "variable"},
                  {GAIA_LEVEL_MISSING, "level"},   {GAIA_LEAD_MISSING, "lead"},
                  {GAIA_REGION_UNKNOWN, "region"}, {GAIA_WEIGHTING_UNKNOWN, "weights"},
                  {GAIA_METRIC_UNKNOWN, "metric"}, {GAIA_FORMAT_UNSUPPORTED, "format"}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i].status == status) {
            return fields[i].field;
        }
    }
    return NULL;
}
