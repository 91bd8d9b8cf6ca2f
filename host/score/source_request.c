/* SPDX-License-Identifier: MIT
 *
 * Reading gaia.hash/1 and gaia.verify/1.
 */
#include "source_request.h"

#include <math.h>
#include <string.h>

#include <gaia/time.h>

#include "error.h"
#include "job_source.h"
#include "json.h"

enum { REQUEST_ARENA_BYTES_MAX = 64 << 20, HOUR_S = 3600 };

static const double LEVEL_MAX = 1e6;

gaia_status request_numbers_read(struct arena *arena, const json_t *object, const char *path,
                                 const char *key, double most, const double **numbers, size_t *n,
                                 gaia_error *err)
{
    const json_t *array = NULL;
    const gaia_status status = json_get_array(object, path, key, false, &array, err);
    const size_t count = array != NULL ? json_array_size(array) : 0;
    if (status != GAIA_OK || count == 0) {
        return status;
    }
    double *list = arena_alloc(arena, count, sizeof *list);
    if (list == NULL) {
        return error_memory(err, count * sizeof *list);
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(array, i);
        list[i] = json_number_value(item);
        if (!json_is_number(item) || !(fabs(list[i]) <= most)) {
            return error_set(err, GAIA_JOB_INVALID,
                             "%s.%s[%zu]: a number up to %g is wanted, not %s", path, key, i, most,
                             json_is_number(item) ? "a larger one" : json_type_text(item));
        }
    }
    *numbers = list;
    *n = count;
    return GAIA_OK;
}

gaia_status request_leads_read(struct arena *arena, const json_t *object, const char *path,
                               const char *key, const int64_t **leads_s, size_t *n, gaia_error *err)
{
    const double *hours = NULL;
    size_t count = 0;
    const gaia_status status =
        request_numbers_read(arena, object, path, key, JOB_LEAD_HOURS_MAX, &hours, &count, err);
    if (status != GAIA_OK || count == 0) {
        return status;
    }
    int64_t *list = arena_alloc(arena, count, sizeof *list);
    if (list == NULL) {
        return error_memory(err, count * sizeof *list);
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = llround(hours[i] * HOUR_S);
    }
    *leads_s = list;
    *n = count;
    return GAIA_OK;
}

static gaia_status times_read(struct source_request *request, const json_t *root, gaia_error *err)
{
    const char *const *texts = NULL;
    size_t n = 0;
    gaia_status status = job_texts_read(&request->arena, root, "request", "times", &texts, &n, err);
    if (status != GAIA_OK || n == 0) {
        return status;
    }
    const char **times = arena_alloc(&request->arena, n, sizeof *times);
    if (times == NULL) {
        return error_memory(err, n * sizeof *times);
    }
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        char where[JOB_PATH_TEXT];
        (void)snprintf(where, sizeof where, "request.times[%zu]", i);
        status = job_time_copy(&request->arena, texts[i], where, &times[i], err);
    }
    request->times = times;
    request->n_times = n;
    return status;
}

static gaia_status flag_read(const json_t *root, const char *key, bool *flag, gaia_error *err)
{
    const json_t *value = json_object_get(root, key);
    if (value != NULL && !json_is_boolean(value)) {
        return error_set(err, GAIA_JOB_INVALID, "request.%s: a boolean is wanted, not %s", key,
                         json_type_text(value));
    }
    *flag = value != NULL && json_is_true(value);
    return GAIA_OK;
}

/* What both kinds of request begin with: known keys, the schema and the source. */
static gaia_status request_begin(struct source_request *request, const char *schema_wanted,
                                 const char *const *keys, size_t n_keys, gaia_error *err)
{
    const char *schema = NULL;
    const json_t *source = json_object_get(request->root, "source");
    gaia_status status = json_check_keys(request->root, "request", keys, n_keys, err);
    if (status == GAIA_OK) {
        status = json_get_string(request->root, "request", "schema", true, &schema, err);
    }
    if (status == GAIA_OK && strcmp(schema, schema_wanted) != 0) {
        status = error_set(err, GAIA_JOB_INVALID, "request.schema: '%s' is wanted, not '%s'",
                           schema_wanted, schema);
    }
    if (status == GAIA_OK && source == NULL) {
        status = error_set(err, GAIA_JOB_INVALID, "request: key 'source' is missing");
    }
    return status == GAIA_OK ? job_source_read(&request->arena, source, "request.source", "source",
                                               &request->source, err)
                             : status;
}

static gaia_status role_read(struct source_request *request, gaia_error *err)
{
    static const char *const roles[] = {"forecast", "truth", "climatology"};
    const char *text = roles[0];
    const gaia_status status = json_get_string(request->root, "request", "role", false, &text, err);
    for (size_t i = 0; status == GAIA_OK && i < sizeof roles / sizeof *roles; i++) {
        if (strcmp(text, roles[i]) == 0) {
            request->role = (enum request_role)i;
            return GAIA_OK;
        }
    }
    return status != GAIA_OK
               ? status
               : error_set(err, GAIA_JOB_INVALID,
                           "request.role: 'forecast', 'truth' or 'climatology' is wanted, not '%s'",
                           text);
}

static gaia_status hash_read(struct source_request *request, gaia_error *err)
{
    static const char *const keys[] = {"schema", "role",  "source", "variables",
                                       "levels", "leads", "times",  "fields"};
    struct arena *arena = &request->arena;
    gaia_status status =
        request_begin(request, "gaia.hash/1", keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = role_read(request, err);
    }
    if (status == GAIA_OK) {
        status = job_texts_read(arena, request->root, "request", "variables", &request->variables,
                                &request->n_variables, err);
    }
    if (status == GAIA_OK) {
        status = request_numbers_read(arena, request->root, "request", "levels", LEVEL_MAX,
                                      &request->levels, &request->n_levels, err);
    }
    if (status == GAIA_OK) {
        status = request_leads_read(arena, request->root, "request", "leads", &request->leads_s,
                                    &request->n_leads, err);
    }
    if (status == GAIA_OK) {
        status = times_read(request, request->root, err);
    }
    if (status == GAIA_OK && request->n_leads > 0 && request->role != REQUEST_FORECAST) {
        status = error_set(err, GAIA_JOB_INVALID, "request.leads: only a forecast has lead times");
    }
    if (status == GAIA_OK && request->n_times > 0 && request->role == REQUEST_CLIMATOLOGY) {
        status = error_set(err, GAIA_JOB_INVALID,
                           "request.times: a climatology has hours of day, and is hashed whole");
    }
    return status == GAIA_OK ? flag_read(request->root, "fields", &request->fields, err) : status;
}

static gaia_status verify_read(struct source_request *request, gaia_error *err)
{
    static const char *const keys[] = {"schema", "source", "requirements", "content_hash",
                                       "findings"};
    int64_t findings = FINDINGS_DEFAULT;
    gaia_status status =
        request_begin(request, "gaia.verify/1", keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = flag_read(request->root, "content_hash", &request->content_hash, err);
    }
    if (status == GAIA_OK) {
        status = json_get_int(request->root, "request", "findings", false, &findings, err);
    }
    if (status == GAIA_OK && (findings < 1 || findings > FINDINGS_MAX)) {
        status =
            error_set(err, GAIA_JOB_INVALID, "request.findings: 1 to %d is wanted", FINDINGS_MAX);
    }
    request->requirements = json_object_get(request->root, "requirements");
    if (status == GAIA_OK && !json_is_string(request->requirements) &&
        !json_is_object(request->requirements)) {
        status =
            error_set(err, GAIA_JOB_INVALID, "request.requirements: a name or an object is wanted");
    }
    request->findings_max = (size_t)findings;
    return status;
}

static gaia_status request_parse(const char *json, size_t length, struct source_request *request,
                                 gaia_status (*read)(struct source_request *, gaia_error *),
                                 gaia_error *err)
{
    *request = (struct source_request){.role = REQUEST_FORECAST};
    arena_init(&request->arena, REQUEST_ARENA_BYTES_MAX);
    gaia_status status = json_parse("request", json, length, &request->root, err);
    if (status == GAIA_OK) {
        status = read(request, err);
    }
    if (status != GAIA_OK) {
        source_request_fini(request);
    }
    return status;
}

gaia_status hash_request_parse(const char *json, size_t length, struct source_request *request,
                               gaia_error *err)
{
    return request_parse(json, length, request, hash_read, err);
}

gaia_status verify_request_parse(const char *json, size_t length, struct source_request *request,
                                 gaia_error *err)
{
    return request_parse(json, length, request, verify_read, err);
}

void source_request_fini(struct source_request *request)
{
    json_decref(request->root);
    arena_fini(&request->arena);
    *request = (struct source_request){.role = REQUEST_FORECAST};
}
