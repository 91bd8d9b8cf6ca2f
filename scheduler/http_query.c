/* SPDX-License-Identifier: MIT
 *
 * One table of what each route may be asked, and the readers of values.
 */
#include "http_query.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"

/* openapi/v1.json describes each. */
static const struct parameter {
    enum api_verb verb;
    const char *name;
    bool may_repeat;
} parameters[] = {
    {API_BATCHES, "state", false},       {API_JOBS, "state", false},
    {API_JOBS, "tenant", false},         {API_JOBS, "name", false},
    {API_JOBS, "limit", false},          {API_JOBS, "cursor", false},
    {API_LEADERBOARD, "profile", false}, {API_LEADERBOARD, "tenant", false},
    {API_LEADERBOARD, "name", false},    {API_LEADERBOARD, "forecast", false},
    {API_LEADERBOARD, "limit", false},   {API_SCORES, "format", false},
    {API_SCORES, "forecast", true},      {API_SCORES, "variable", true},
    {API_SCORES, "level", true},         {API_SCORES, "lead", true},
    {API_SCORES, "region", true},        {API_SCORES, "weights", true},
    {API_SCORES, "metric", true},        {API_SCORES, "missing", false},
    {API_SCORES, "rows", false},         {API_SCORES, "limit", false},
    {API_SCORES, "cursor", false},
};
enum { N_PARAMETERS = sizeof parameters / sizeof *parameters };

static const double NUMBER_MAX = 1e8;

struct check {
    enum api_verb verb;
    bool seen[N_PARAMETERS];
    gaia_error wrong; /* its detail is the name of the first one; GAIA_OK: none */
};

static enum MHD_Result parameter_look(void *context, enum MHD_ValueKind kind, const char *key,
                                      const char *value)
{
    struct check *check = context;
    (void)kind;
    (void)value;
    for (size_t i = 0; i < N_PARAMETERS; i++) {
        if (parameters[i].verb == check->verb && strcmp(parameters[i].name, key) == 0 &&
            (parameters[i].may_repeat || !check->seen[i])) {
            check->seen[i] = true;
            return MHD_YES;
        }
    }
    (void)error_set(&check->wrong, GAIA_USAGE, "%.64s", key);
    return MHD_NO;
}

gaia_status query_check(struct MHD_Connection *connection, enum api_verb verb, char *field,
                        gaia_error *err)
{
    struct check check = {.verb = verb};
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, parameter_look, &check);
    if (check.wrong.status == GAIA_OK) {
        return GAIA_OK;
    }
    memcpy(field, check.wrong.detail, GAIA_ERROR_DETAIL);
    return error_set(err, GAIA_USAGE, "the parameter '%s' is unknown here, or comes twice", field);
}

bool query_has(struct MHD_Connection *connection, const char *key)
{
    return MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, key, strlen(key), NULL,
                                         NULL) == MHD_YES;
}

const char *query_text(struct MHD_Connection *connection, const char *key)
{
    return MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, key);
}

gaia_status query_value(struct MHD_Connection *connection, const char *key, const char **value,
                        gaia_error *err)
{
    *value = query_text(connection, key);
    return *value == NULL && query_has(connection, key)
               ? error_set(err, GAIA_USAGE, "%s: a value is wanted", key)
               : GAIA_OK;
}

bool query_digits(const char *text, size_t n, uint64_t *value)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL) {
            return false;
        }
        found = found << 4 | (uint64_t)(digit - digits);
    }
    *value = found;
    return true;
}

struct list {
    const char *key;
    const char *values[QUERY_ITEMS_MAX];
    size_t n; /* may be beyond what there is room for */
};

static enum MHD_Result value_take(void *context, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
    struct list *list = context;
    (void)kind;
    if (strcmp(list->key, key) == 0) {
        if (list->n < QUERY_ITEMS_MAX) {
            list->values[list->n] = value != NULL ? value : "";
        }
        list->n++;
    }
    return MHD_YES;
}

static gaia_status list_check(const struct list *list, gaia_error *err)
{
    if (list->n > QUERY_ITEMS_MAX) {
        return error_set(err, GAIA_USAGE, "%s: at most %d are wanted", list->key, QUERY_ITEMS_MAX);
    }
    for (size_t i = 0; i < list->n; i++) {
        if (list->values[i][0] == '\0') {
            return error_set(err, GAIA_USAGE, "%s: a value is wanted", list->key);
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(list->values[i], list->values[k]) == 0) {
                return error_set(err, GAIA_USAGE, "%s: '%s' is asked for twice", list->key,
                                 list->values[i]);
            }
        }
    }
    return GAIA_OK;
}

gaia_status query_list(struct MHD_Connection *connection, const char *key, struct arena *arena,
                       const char *const **values, size_t *n_values, gaia_error *err)
{
    struct list list = {.key = key};
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, value_take, &list);
    const gaia_status status = list_check(&list, err);
    if (status != GAIA_OK || list.n == 0) {
        return status;
    }
    const char **copy = arena_alloc(arena, list.n, sizeof *copy);
    if (copy == NULL) {
        return error_memory(err, list.n * sizeof *copy);
    }
    memcpy(copy, list.values, list.n * sizeof *copy);
    *values = copy;
    *n_values = list.n;
    return GAIA_OK;
}

gaia_status query_numbers(struct MHD_Connection *connection, const char *key, struct arena *arena,
                          double **values, size_t *n_values, gaia_error *err)
{
    const char *const *texts = NULL;
    size_t n = 0;
    const gaia_status status = query_list(connection, key, arena, &texts, &n, err);
    if (status != GAIA_OK || n == 0) {
        return status;
    }
    double *numbers = arena_alloc(arena, n, sizeof *numbers);
    if (numbers == NULL) {
        return error_memory(err, n * sizeof *numbers);
    }
    for (size_t i = 0; i < n; i++) {
        if (texts[i][strspn(texts[i], "+-.0123456789eE")] != '\0' || /* nor hexadecimal */
            !number_parse(texts[i], &numbers[i]) || !(fabs(numbers[i]) < NUMBER_MAX)) {
            return error_set(err, GAIA_USAGE, "%s '%.64s': a number is wanted", key, texts[i]);
        }
        for (size_t k = 0; k < i; k++) {
            if (numbers[i] == numbers[k]) {
                return error_set(err, GAIA_USAGE, "%s: %.64s is asked for twice", key, texts[i]);
            }
        }
    }
    *values = numbers;
    *n_values = n;
    return GAIA_OK;
}

gaia_status query_count(struct MHD_Connection *connection, const char *key, int64_t most,
                        int64_t otherwise, int64_t *value, gaia_error *err)
{
    const char *text = query_text(connection, key);
    if (!query_has(connection, key)) {
        *value = otherwise;
        return GAIA_OK;
    }
    int64_t n = 0;
    for (const char *s = text; s != NULL && *s >= '0' && *s <= '9' && n <= most; s++) {
        n = 10 * n + (*s - '0');
        text = s + 1;
    }
    if (text == NULL || *text != '\0' || n < 1 || n > most) {
        return error_set(err, GAIA_USAGE, "%s: a whole number from 1 to %lld is wanted", key,
                         (long long)most);
    }
    *value = n;
    return GAIA_OK;
}

gaia_status query_name(struct MHD_Connection *connection, const char *key, const char *const *names,
                       size_t n, size_t otherwise, size_t *value, gaia_error *err)
{
    char list[GAIA_ERROR_DETAIL / 2] = "";
    size_t used = 0;
    const char *text = query_text(connection, key);
    if (!query_has(connection, key)) {
        *value = otherwise;
        return GAIA_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (text != NULL && strcmp(names[i], text) == 0) {
            *value = i;
            return GAIA_OK;
        }
    }
    for (size_t i = 0; i < n && used < sizeof list; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                 i == 0      ? ""
                                 : i + 1 < n ? ", "
                                             : " or ",
                                 names[i]);
    }
    return error_set(err, GAIA_USAGE, "%s: %s is wanted", key, list);
}
