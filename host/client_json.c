/* SPDX-License-Identifier: MIT
 *
 * Reads the answers of the scheduler's HTTP API: problems, ids, jobs. Called by client_http.c with
 * what came over the wire.
 *
 * Invariant: nothing read points into the answer; a list owns its strings through one arena.
 */
#include "client_json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "json.h"

static const char answer_name[] = "answer of the scheduler";

/* The reader's errors are about documents of the user's; here the document is the scheduler's. */
static gaia_status answer_fail(gaia_status status, gaia_error *err)
{
    return status == GAIA_JOB_INVALID ? error_restate(err, GAIA_PROTOCOL) : status;
}

static gaia_status answer_parse(const char *bytes, size_t length, json_t **root, gaia_error *err)
{
    return answer_fail(json_parse(answer_name, bytes != NULL ? bytes : "", length, root, err), err);
}

gaia_status client_problem(long http_status, const char *bytes, size_t length, gaia_error *err)
{
    json_t *root = NULL;
    const char *code = NULL;
    const char *detail = NULL;
    gaia_status status = answer_parse(bytes, length, &root, NULL);
    if (status == GAIA_OK) {
        code = json_string_value(json_object_get(root, "code"));
        detail = json_string_value(json_object_get(root, "detail"));
    }
    if (code == NULL) {
        status = error_set(err, http_status == 503 ? GAIA_UNREACHABLE : GAIA_PROTOCOL,
                           "the scheduler answers with HTTP status %ld", http_status);
    } else {
        status = strcmp(code, "forbidden") == 0            ? GAIA_DENIED
                 : strcmp(code, "method_not_allowed") == 0 ? GAIA_USAGE
                                                           : gaia_status_from_name(code);
        /* A refusal that calls itself a success is none of ours. */
        status = error_set(err, status == GAIA_OK ? GAIA_PROTOCOL : status, "%s",
                           detail != NULL ? detail : gaia_status_text(status));
    }
    json_decref(root);
    return status;
}

bool client_job_has_key(const char *bytes, size_t length)
{
    json_t *root = json_loadb(bytes, length, 0, NULL);
    const bool has = json_object_get(json_object_get(root, "queue"), "key") != NULL;
    json_decref(root);
    return has;
}

/* Copies an id into id, GAIA_CLIENT_ID bytes. */
static gaia_status id_copy(const json_t *object, const char *path, char *id, gaia_error *err)
{
    const char *text = NULL;
    const gaia_status status = json_get_string(object, path, "id", true, &text, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (strlen(text) >= GAIA_CLIENT_ID) {
        return error_set(err, GAIA_PROTOCOL, "%s.id: too long", path);
    }
    memcpy(id, text, strlen(text) + 1);
    return GAIA_OK;
}

gaia_status client_token_read(const char *bytes, size_t length, char *token, gaia_error *err)
{
    json_t *root = NULL;
    const char *text = NULL;
    gaia_status status = answer_parse(bytes, length, &root, err);
    if (status == GAIA_OK) {
        status = json_get_string(root, "answer", "token", true, &text, err);
    }
    if (status == GAIA_OK && strlen(text) >= GAIA_CLIENT_TOKEN) {
        status = error_set(err, GAIA_PROTOCOL, "answer.token: too long");
    } else if (status == GAIA_OK) {
        memcpy(token, text, strlen(text) + 1);
    }
    json_decref(root);
    return status;
}

gaia_status client_id_read(const char *bytes, size_t length, char *id, gaia_error *err)
{
    json_t *root = NULL;
    gaia_status status = answer_parse(bytes, length, &root, err);
    if (status == GAIA_OK) {
        status = answer_fail(id_copy(root, answer_name, id, err), err);
    }
    json_decref(root);
    return status;
}

/* A member that may be absent or null, as a copy: `otherwise` then. */
static gaia_status string_copy(struct arena *arena, const json_t *object, const char *path,
                               const char *key, const char *otherwise, const char **out,
                               gaia_error *err)
{
    const char *text = otherwise;
    if (!json_is_null(json_object_get(object, key))) {
        const gaia_status status = json_get_string(object, path, key, false, &text, err);
        if (status != GAIA_OK) {
            return status;
        }
    }
    *out = arena_strdup(arena, text);
    return *out != NULL ? GAIA_OK : error_memory(err, strlen(text) + 1);
}

static gaia_status count_read(const json_t *object, const char *path, const char *key,
                              uint64_t *count, gaia_error *err)
{
    int64_t value = 0;
    const gaia_status status = json_get_int(object, path, key, false, &value, err);
    if (status == GAIA_OK && value < 0) {
        return error_set(err, GAIA_PROTOCOL, "%s.%s: negative", path, key);
    }
    *count = (uint64_t)value;
    return status;
}

/* A time in milliseconds; absent or null: 0. */
static gaia_status time_read(const json_t *object, const char *path, const char *key,
                             int64_t *time_ms, gaia_error *err)
{
    *time_ms = 0;
    if (json_is_null(json_object_get(object, key))) {
        return GAIA_OK;
    }
    return json_get_int(object, path, key, false, time_ms, err);
}

static gaia_status error_read(const json_t *object, gaia_error *error, gaia_error *err)
{
    const json_t *why = json_object_get(object, "error");
    const char *code = NULL;
    const char *detail = "";
    if (why == NULL || json_is_null(why)) {
        return GAIA_OK;
    }
    gaia_status status = json_get_string(why, "job.error", "code", true, &code, err);
    if (status == GAIA_OK) {
        status = json_get_string(why, "job.error", "detail", false, &detail, err);
    }
    if (status == GAIA_OK) {
        (void)error_set(error, gaia_status_from_name(code), "%s", detail);
    }
    return status;
}

static gaia_status forecasts_read(struct arena *arena, const json_t *object,
                                  struct gaia_client_job *job, gaia_error *err)
{
    const json_t *array = NULL;
    gaia_status status = json_get_array(object, "job", "forecasts", false, &array, err);
    const size_t count = json_array_size(array);
    if (status != GAIA_OK || count == 0) {
        return status;
    }
    struct gaia_client_forecast *forecasts = arena_alloc(arena, count, sizeof *forecasts);
    if (forecasts == NULL) {
        return error_memory(err, count * sizeof *forecasts);
    }
    for (size_t i = 0; status == GAIA_OK && i < count; i++) {
        const json_t *one = json_array_get(array, i);
        const char *name = "ok";
        status = string_copy(arena, one, "forecast", "id", "", &forecasts[i].id, err);
        if (status == GAIA_OK) {
            status = string_copy(arena, one, "forecast", "detail", "", &forecasts[i].detail, err);
        }
        if (status == GAIA_OK) {
            status = json_get_string(one, "forecast", "status", false, &name, err);
        }
        forecasts[i].status = gaia_status_from_name(name);
    }
    job->forecasts = forecasts;
    job->n_forecasts = count;
    return status;
}

static gaia_status warnings_read(struct arena *arena, const json_t *object,
                                 struct gaia_client_job *job, gaia_error *err)
{
    const json_t *array = NULL;
    const gaia_status status = json_get_array(object, "job", "warnings", false, &array, err);
    const size_t count = json_array_size(array);
    if (status != GAIA_OK || count == 0) {
        return status;
    }
    const char **warnings = arena_alloc(arena, count, sizeof *warnings);
    if (warnings == NULL) {
        return error_memory(err, count * sizeof *warnings);
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(array, i));
        warnings[i] = arena_strdup(arena, text != NULL ? text : "");
        if (warnings[i] == NULL) {
            return error_memory(err, 1);
        }
    }
    job->warnings = warnings;
    job->n_warnings = count;
    return GAIA_OK;
}

static gaia_status job_read(struct arena *arena, const json_t *object, struct gaia_client_job *job,
                            gaia_error *err)
{
    gaia_status status = id_copy(object, "job", job->id, err);
    if (status == GAIA_OK) {
        status = string_copy(arena, object, "job", "name", "", &job->name, err);
    }
    if (status == GAIA_OK) {
        status = string_copy(arena, object, "job", "state", "", &job->state, err);
    }
    const struct {
        const char *key;
        uint64_t *count;
    } counts[] = {{"units_done", &job->units_done},
                  {"units_total", &job->units_total},
                  {"batches_done", &job->batches_done},
                  {"batches_total", &job->batches_total}};
    for (size_t i = 0; status == GAIA_OK && i < sizeof counts / sizeof *counts; i++) {
        status = count_read(object, "job", counts[i].key, counts[i].count, err);
    }
    if (status == GAIA_OK) {
        status = time_read(object, "job", "submitted_ms", &job->submitted_ms, err);
    }
    if (status == GAIA_OK) {
        status = time_read(object, "job", "finished_ms", &job->finished_ms, err);
    }
    if (status == GAIA_OK) {
        status = error_read(object, &job->error, err);
    }
    if (status == GAIA_OK) {
        status = forecasts_read(arena, object, job, err);
    }
    return status == GAIA_OK ? warnings_read(arena, object, job, err) : status;
}

/* A list of jobs: the array's, or the one object where there is no array. */
static gaia_status list_read(const json_t *one, const json_t *array, struct gaia_client_jobs **jobs,
                             gaia_error *err)
{
    const size_t count = one != NULL ? 1 : json_array_size(array);
    struct gaia_client_jobs *made = calloc(1, sizeof *made);
    struct arena *arena = calloc(1, sizeof *arena);
    gaia_status status = GAIA_OK;
    if (made == NULL || arena == NULL) {
        free(made);
        free(arena);
        return error_memory(err, sizeof *made);
    }
    arena_init(arena, SIZE_MAX);
    made->memory = arena;
    struct gaia_client_job *list = arena_alloc(arena, count + 1, sizeof *list);
    if (list == NULL) {
        status = error_memory(err, count * sizeof *list);
    }
    for (size_t i = 0; status == GAIA_OK && i < count; i++) {
        status = job_read(arena, one != NULL ? one : json_array_get(array, i), &list[i], err);
    }
    if (status != GAIA_OK) {
        gaia_client_jobs_free(made);
        return answer_fail(status, err);
    }
    made->jobs = list;
    made->n_jobs = count;
    *jobs = made;
    return GAIA_OK;
}

gaia_status client_job_read(const char *bytes, size_t length, struct gaia_client_jobs **job,
                            gaia_error *err)
{
    json_t *root = NULL;
    gaia_status status = answer_parse(bytes, length, &root, err);
    if (status == GAIA_OK) {
        status = list_read(root, NULL, job, err);
    }
    json_decref(root);
    return status;
}

gaia_status client_jobs_read(const char *bytes, size_t length, struct gaia_client_jobs **jobs,
                             gaia_error *err)
{
    json_t *root = NULL;
    const json_t *array = NULL;
    gaia_status status = answer_parse(bytes, length, &root, err);
    if (status == GAIA_OK) {
        status = answer_fail(json_get_array(root, answer_name, "jobs", true, &array, err), err);
    }
    if (status == GAIA_OK) {
        status = list_read(NULL, array, jobs, err);
    }
    json_decref(root);
    return status;
}

gaia_status gaia_client_list(struct gaia_client *client, struct gaia_client_jobs **jobs,
                             gaia_error *err)
{
    const struct gaia_client_choice all = {.limit = 0};
    return gaia_client_list_some(client, &all, jobs, err);
}

void gaia_client_jobs_free(struct gaia_client_jobs *jobs)
{
    if (jobs != NULL) {
        arena_fini(jobs->memory);
        free(jobs->memory);
        free(jobs);
    }
}
