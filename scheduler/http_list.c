/* SPDX-License-Identifier: MIT
 *
 * Filters of lists, from parameters to what the store takes.
 */
#include "http_list.h"

#include <string.h>

#include "error.h"
#include "http_query.h"
#include "http_respond.h"
#include "record.h"

enum { JOBS_MAX = 10000, RANKS_MAX = 1000, RANKS = 100, CURSOR_DIGITS = 16 };

/* A parameter that is a text, and where it goes. */
struct text_parameter {
    const char *key;
    const char **value;
};

/* Reads n of them. On failure *field is the one that is wrong. */
static gaia_status texts_read(struct MHD_Connection *connection, const struct text_parameter *texts,
                              size_t n, const char **field, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        *field = texts[i].key;
        status = query_value(connection, *field, texts[i].value, err);
    }
    return status;
}

static gaia_status cursor_read(struct MHD_Connection *connection, int64_t *before, gaia_error *err)
{
    const char *text = NULL;
    uint64_t number = 0;
    const gaia_status status = query_value(connection, "cursor", &text, err);
    *before = INT64_MAX;
    if (status != GAIA_OK || text == NULL) {
        return status;
    }
    if (strlen(text) != CURSOR_DIGITS || !query_digits(text, CURSOR_DIGITS, &number) ||
        number > INT64_MAX) {
        return error_set(err, GAIA_USAGE, "cursor: one that a list had as next is wanted");
    }
    *before = (int64_t)number;
    return GAIA_OK;
}

static gaia_status jobs_read(struct MHD_Connection *connection, struct job_filter *filter,
                             const char **field, gaia_error *err)
{
    static const char *const states[] = {
#define X(code, name) name,
        JOB_STATE_MAP(X)
#undef X
    };
    const struct text_parameter texts[] = {{"tenant", &filter->tenant}, {"name", &filter->name}};
    size_t state = 0;
    gaia_status status = texts_read(connection, texts, 2, field, err);
    if (status == GAIA_OK) {
        *field = "state";
        filter->has_state = query_has(connection, *field);
        status = query_name(connection, *field, states, JOB_STATE_COUNT, 0, &state, err);
        filter->state = (enum job_state)state;
    }
    if (status == GAIA_OK) {
        *field = "limit";
        status = query_count(connection, *field, JOBS_MAX, JOBS_MAX, &filter->limit, err);
    }
    if (status == GAIA_OK) {
        *field = "cursor";
        status = cursor_read(connection, &filter->before, err);
    }
    return status;
}

static gaia_status ranking_read(struct MHD_Connection *connection, struct rank_filter *filter,
                                const char **field, gaia_error *err)
{
    const struct text_parameter texts[] = {{"profile", &filter->profile},
                                           {"tenant", &filter->tenant},
                                           {"name", &filter->name},
                                           {"forecast", &filter->forecast}};
    const gaia_status status = texts_read(connection, texts, 4, field, err);
    if (status != GAIA_OK) {
        return status;
    }
    *field = "limit";
    return query_count(connection, *field, RANKS_MAX, RANKS, &filter->limit, err);
}

enum MHD_Result http_list_answer(const struct http_api_config *config, const struct caller *caller,
                                 struct MHD_Connection *connection, enum api_verb verb)
{
    struct job_filter jobs = {.has_state = false};
    struct rank_filter ranking = {.limit = 0};
    struct api_request request = {
        .verb = verb, .caller = caller, .jobs = &jobs, .ranking = &ranking};
    const char *field = NULL;
    gaia_error error = {0};
    const gaia_status status = verb == API_JOBS
                                   ? jobs_read(connection, &jobs, &field, &error)
                                   : ranking_read(connection, &ranking, &field, &error);
    if (status != GAIA_OK) {
        return http_refuse(connection, HTTP_BAD_REQUEST, field, &error);
    }
    config->ask(config->context, &request);
    return http_respond_answer(connection, &request);
}
