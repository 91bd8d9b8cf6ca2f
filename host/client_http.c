/* SPDX-License-Identifier: MIT
 *
 * The client of the scheduler's HTTP API over libcurl: beside the engine in libgaia, behind `gaia
 * submit` and its sisters. What there is to ask here, how it is asked in client_exchange.c, what
 * the answers say in client_json.c.
 */
#include <gaia/client.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "client_events.h"
#include "client_exchange.h"
#include "client_json.h"
#include "clock.h"
#include "error.h"
#include "http_library.h"
#include "text.h"

enum {
    BACKUP_SECONDS = 3600, /* until the first byte: it comes when the copy is there */
    KEY_RANDOM_BYTES = 16,
    TAKEOVER_MS = 20000, /* a lease and then some: within it another scheduler leads */
};

/* Opens a client whose place was found (status), or says why it was not. */
static gaia_status client_make(struct gaia_client *made, gaia_status status,
                               struct gaia_client **client, gaia_error *err)
{
    if (status == GAIA_OK) {
        status = http_library_init(err);
    }
    if (status == GAIA_OK) {
        made->curl = curl_easy_init();
        status = made->curl != NULL ? GAIA_OK : error_memory(err, 0);
    }
    if (status != GAIA_OK) {
        gaia_client_close(made);
        return status;
    }
    *client = made;
    return GAIA_OK;
}

gaia_status gaia_client_open(const char *state, struct gaia_client **client, gaia_error *err)
{
    const struct gaia_client_remote remote = {.url = getenv("GAIA_SCHEDULER"),
                                              .token_file = getenv("GAIA_TOKEN_FILE"),
                                              .ca_file = getenv("GAIA_CA_FILE")};
    if (state == NULL && remote.url != NULL) {
        return gaia_client_open_remote(&remote, client, err);
    }
    struct gaia_client *made = calloc(1, sizeof *made);
    return made != NULL
               ? client_make(made, client_places_state(state, &made->places, err), client, err)
               : error_memory(err, sizeof *made);
}

gaia_status gaia_client_open_remote(const struct gaia_client_remote *remote,
                                    struct gaia_client **client, gaia_error *err)
{
    struct gaia_client *made = calloc(1, sizeof *made);
    return made != NULL
               ? client_make(made, client_places_remote(remote, &made->places, err), client, err)
               : error_memory(err, sizeof *made);
}

void gaia_client_close(struct gaia_client *client)
{
    if (client != NULL) {
        curl_easy_cleanup(client->curl);
        client_places_fini(&client->places);
        free(client);
    }
}

static gaia_status job_exchange(struct gaia_client *client, struct exchange *exchange,
                                const char *id, const char *suffix, gaia_error *err)
{
    return exchange_run_one(client, exchange, "job", id, suffix, err);
}

static gaia_status path_get(struct gaia_client *client, const char *path, gaia_error *err)
{
    struct exchange exchange = {.method = "GET", .path = path};
    const gaia_status status = exchange_run(client, &exchange, err);
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_live(struct gaia_client *client, gaia_error *err)
{
    return path_get(client, "/livez", err);
}

gaia_status gaia_client_ready(struct gaia_client *client, gaia_error *err)
{
    return path_get(client, "/readyz", err);
}

gaia_status gaia_client_submit(struct gaia_client *client, const char *json, size_t length,
                               char *id, gaia_error *err)
{
    char key[2 * KEY_RANDOM_BYTES + 1];
    struct exchange exchange = {.method = "POST",
                                .path = "/v1/jobs",
                                .body = json,
                                .body_bytes = length,
                                .is_repeatable = true,
                                .patience_ms = TAKEOVER_MS};
    /* One place may have taken the job and not have said so: the next then knows it by its key,
     * once it leads. */
    if (client->places.n > 1 && !client_job_has_key(json, length)) {
        random_hex(key, KEY_RANDOM_BYTES);
        exchange.key = key;
    }
    gaia_status status = exchange_run(client, &exchange, err);
    if (status == GAIA_OK) {
        status = client_id_read(exchange.answer.s, exchange.answer.length, id, err);
    }
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_find(struct gaia_client *client, const char *id,
                             struct gaia_client_jobs **job, gaia_error *err)
{
    struct exchange exchange = {.method = "GET"};
    gaia_status status = job_exchange(client, &exchange, id, "", err);
    if (status == GAIA_OK) {
        status = client_job_read(exchange.answer.s, exchange.answer.length, job, err);
    }
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_watch(struct gaia_client *client, const char *id,
                              int (*take)(void *context,
                                          const struct gaia_client_progress *progress),
                              void *context, gaia_error *err)
{
    struct client_events events = {.take = take, .context = context};
    struct exchange exchange = {.method = "GET", .take = client_events_take, .context = &events};
    gaia_status status = job_exchange(client, &exchange, id, "/events", err);
    if (events.error.status != GAIA_OK) { /* rather than that the receiver stopped */
        status = error_set(err, events.error.status, "%s", events.error.detail);
    }
    text_fini(&events.line);
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_cancel(struct gaia_client *client, const char *id, gaia_error *err)
{
    struct exchange exchange = {.method = "DELETE"};
    const gaia_status status = job_exchange(client, &exchange, id, "", err);
    text_fini(&exchange.answer);
    return status;
}

/* Hands what a job has on. */
static gaia_status bytes_exchange(struct gaia_client *client, const char *id, const char *suffix,
                                  int (*take)(void *context, const char *bytes, size_t length),
                                  void *context, gaia_error *err)
{
    struct exchange exchange = {.method = "GET", .take = take, .context = context};
    const gaia_status status = job_exchange(client, &exchange, id, suffix, err);
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_scores(struct gaia_client *client, const char *id,
                               int (*take)(void *context, const char *bytes, size_t length),
                               void *context, gaia_error *err)
{
    return bytes_exchange(client, id, "/scores", take, context, err);
}

gaia_status gaia_client_moments(struct gaia_client *client, const char *id,
                                int (*take)(void *context, const char *bytes, size_t length),
                                void *context, gaia_error *err)
{
    return bytes_exchange(client, id, "/moments", take, context, err);
}

gaia_status gaia_client_maps(struct gaia_client *client, const char *id,
                             int (*take)(void *context, const char *bytes, size_t length),
                             void *context, gaia_error *err)
{
    return bytes_exchange(client, id, "/maps", take, context, err);
}

gaia_status gaia_client_composites(struct gaia_client *client, const char *id,
                                   int (*take)(void *context, const char *bytes, size_t length),
                                   void *context, gaia_error *err)
{
    return bytes_exchange(client, id, "/composite", take, context, err);
}

gaia_status gaia_client_result(struct gaia_client *client, const char *id,
                               int (*take)(void *context, const char *bytes, size_t length),
                               void *context, gaia_error *err)
{
    return bytes_exchange(client, id, "/result", take, context, err);
}

gaia_status gaia_client_backup(struct gaia_client *client,
                               int (*take)(void *context, const char *bytes, size_t length),
                               void *context, gaia_error *err)
{
    struct exchange exchange = {.method = "GET",
                                .path = "/v1/backup",
                                .take = take,
                                .context = context,
                                .silence_s = BACKUP_SECONDS};
    const gaia_status status = exchange_run(client, &exchange, err);
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_replay(struct gaia_client *client, const char *id, gaia_error *err)
{
    struct exchange exchange = {.method = "POST", .body = "", .body_bytes = 0};
    const gaia_status status = job_exchange(client, &exchange, id, "/replay", err);
    text_fini(&exchange.answer);
    return status;
}

static gaia_status executor_change(struct gaia_client *client, const char *executor,
                                   const char *suffix, gaia_error *err)
{
    struct exchange exchange = {.method = "POST", .body = "", .body_bytes = 0};
    const gaia_status status =
        exchange_run_one(client, &exchange, "executor", executor, suffix, err);
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_drain(struct gaia_client *client, const char *executor, gaia_error *err)
{
    return executor_change(client, executor, "/drain", err);
}

gaia_status gaia_client_resume(struct gaia_client *client, const char *executor, gaia_error *err)
{
    return executor_change(client, executor, "/resume", err);
}

gaia_status gaia_client_schedule(struct gaia_client *client, const char *json, size_t length,
                                 char *id, gaia_error *err)
{
    struct exchange exchange = {
        .method = "POST", .path = "/v1/schedules", .body = json, .body_bytes = length};
    gaia_status status = exchange_run(client, &exchange, err);
    if (status == GAIA_OK) {
        status = client_id_read(exchange.answer.s, exchange.answer.length, id, err);
    }
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_schedule_change(struct gaia_client *client, const char *id,
                                        enum gaia_schedule_change change, gaia_error *err)
{
    static const char *const suffixes[] = {[GAIA_SCHEDULE_REMOVE] = "",
                                           [GAIA_SCHEDULE_PAUSE] = "/pause",
                                           [GAIA_SCHEDULE_RESUME] = "/resume"};
    const bool removes = change == GAIA_SCHEDULE_REMOVE;
    struct exchange exchange = {.method = removes ? "DELETE" : "POST", .body = removes ? NULL : ""};
    const gaia_status status =
        exchange_run_one(client, &exchange, "schedule", id, suffixes[change], err);
    text_fini(&exchange.answer);
    return status;
}

/* Adds a parameter to a path, percent-encoded; none where the value is NULL. */
static void parameter_append(struct text *path, const char *key, const char *value)
{
    static const char kept[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~";
    if (value == NULL) {
        return;
    }
    text_printf(path, "%c%s=", path->s != NULL && strchr(path->s, '?') != NULL ? '&' : '?', key);
    for (const char *s = value; *s != '\0'; s++) {
        text_printf(path, strchr(kept, *s) != NULL ? "%c" : "%%%02X", (unsigned char)*s);
    }
}

gaia_status gaia_client_list_some(struct gaia_client *client,
                                  const struct gaia_client_choice *choice,
                                  struct gaia_client_jobs **jobs, gaia_error *err)
{
    struct exchange exchange = {.method = "GET"};
    struct text path = {0};
    char limit[16];
    (void)snprintf(limit, sizeof limit, "%u", choice->limit);
    text_append(&path, "/v1/jobs");
    parameter_append(&path, "state", choice->state);
    parameter_append(&path, "tenant", choice->tenant);
    parameter_append(&path, "name", choice->name);
    parameter_append(&path, "limit", choice->limit > 0 ? limit : NULL);
    exchange.path = path.s;
    gaia_status status =
        path.failed ? error_memory(err, path.length) : exchange_run(client, &exchange, err);
    if (status == GAIA_OK) {
        status = client_jobs_read(exchange.answer.s, exchange.answer.length, jobs, err);
    }
    text_fini(&path);
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_leaderboard(struct gaia_client *client,
                                    const struct gaia_client_ranking *ranking,
                                    int (*take)(void *context, const char *bytes, size_t length),
                                    void *context, gaia_error *err)
{
    struct exchange exchange = {.method = "GET", .take = take, .context = context};
    struct text path = {0};
    char limit[16];
    (void)snprintf(limit, sizeof limit, "%u", ranking->limit);
    text_append(&path, "/v1/leaderboard");
    parameter_append(&path, "profile", ranking->profile);
    parameter_append(&path, "tenant", ranking->tenant);
    parameter_append(&path, "name", ranking->name);
    parameter_append(&path, "forecast", ranking->forecast);
    parameter_append(&path, "limit", ranking->limit > 0 ? limit : NULL);
    exchange.path = path.s;
    const gaia_status status =
        path.failed ? error_memory(err, path.length) : exchange_run(client, &exchange, err);
    text_fini(&path);
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_token_create(struct gaia_client *client, const char *json, size_t length,
                                     char *id, char *token, gaia_error *err)
{
    struct exchange exchange = {
        .method = "POST", .path = "/v1/tokens", .body = json, .body_bytes = length};
    gaia_status status = exchange_run(client, &exchange, err);
    if (status == GAIA_OK) {
        status = client_id_read(exchange.answer.s, exchange.answer.length, id, err);
    }
    if (status == GAIA_OK) {
        status = client_token_read(exchange.answer.s, exchange.answer.length, token, err);
    }
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_token_revoke(struct gaia_client *client, const char *id, gaia_error *err)
{
    struct exchange exchange = {.method = "DELETE"};
    const gaia_status status = exchange_run_one(client, &exchange, "token", id, "", err);
    text_fini(&exchange.answer);
    return status;
}

gaia_status gaia_client_list_json(struct gaia_client *client, enum gaia_client_list_of what,
                                  const char *id,
                                  int (*take)(void *context, const char *bytes, size_t length),
                                  void *context, gaia_error *err)
{
    static const char *const paths[] = {[GAIA_CLIENT_DEAD] = "/v1/batches?state=dead",
                                        [GAIA_CLIENT_SCHEDULES] = "/v1/schedules",
                                        [GAIA_CLIENT_EXECUTORS] = "/v1/executors",
                                        [GAIA_CLIENT_TOKENS] = "/v1/tokens"};
    struct exchange exchange = {.method = "GET", .take = take, .context = context};
    gaia_status status = GAIA_OK;
    if (what == GAIA_CLIENT_ATTEMPTS) {
        status = job_exchange(client, &exchange, id, "/attempts", err);
    } else {
        exchange.path = paths[what];
        status = exchange_run(client, &exchange, err);
    }
    text_fini(&exchange.answer);
    return status;
}
