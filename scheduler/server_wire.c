/* SPDX-License-Identifier: MIT
 *
 * The executor's protocol (wire/PROTOCOL.md) on the scheduler's side: requests are decoded, checked
 * and become events; what the core decides becomes replies. Called by server.c; results go to
 * server_result.c.
 *
 * Invariant: every request is hostile until it is checked here: no type, size or range of it is
 * believed.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "json.h"
#include "machine.h"
#include "server_state.h"
#include "wire.h"

enum { BEAT_LEASES_MAX = 4096 };

void wire_call_drop(struct wire_calls *list, struct wire_call *call)
{
    TAILQ_REMOVE(list, call, in_list);
    transport_drop(call->request);
    free(call->bytes);
    free(call);
}

gaia_status wire_reply(struct server *server, struct wire_call *call, json_t *header)
{
    gaia_status status = GAIA_OUT_OF_MEMORY;
    if (header != NULL) {
        status = wire_encode(header, NULL, 0, &call->bytes, &call->length, &server->error);
    } else {
        (void)error_memory(&server->error, 1);
    }
    json_decref(header);
    if (status ==
        GAIA_LIMIT) { /* the executor goes on without it, and its leases are lost in time */
        static const char too_large[] = "the reply is larger than a message may be";
        log_event(server->config.log, LOG_APPLICATION | LOG_OFTEN, LOG_ERROR, "reply_too_large",
                  "a reply is larger than a message may be",
                  log_text("error", server->error.detail));
        status = GAIA_OUT_OF_MEMORY;
        header = json_pack("{s:s, s:s, s:s}", "verb", "ERROR", "status",
                           gaia_status_name(GAIA_LIMIT), "detail", too_large);
        if (header != NULL) {
            status = wire_encode(header, NULL, 0, &call->bytes, &call->length, &server->error);
        }
        json_decref(header);
    }
    if (status == GAIA_OK) {
        TAILQ_REMOVE(&server->waiting, call, in_list);
        TAILQ_INSERT_TAIL(&server->ready, call, in_list);
    }
    return status;
}

json_t *text_to_json(const char *text)
{
    json_t *json = json_string(text);
    return json != NULL ? json : json_string("(not UTF-8)");
}

gaia_status wire_refuse(struct server *server, struct wire_call *call, const char *verb,
                        const gaia_error *error)
{
    return wire_reply(server, call,
                      json_pack("{s:s, s:s, s:o}", "verb", verb, "status",
                                gaia_status_name(error->status), "detail",
                                text_to_json(error->detail)));
}

gaia_status wire_error(struct server *server, struct wire_call *call, const gaia_error *error)
{
    refusal_add(&server->refusals, REFUSAL_MESSAGE, 1, error->detail, server->config.log,
                server->now_ms);
    return wire_refuse(server, call, "ERROR", error);
}

static gaia_status session_read(const json_t *header, const char *path, const char **session,
                                gaia_error *err)
{
    return json_get_string(header, path, "session", true, session, err);
}

/* The keys of truths that the executor has at hand: a hint, so that what is odd is left out. */
static size_t resident_read(const json_t *header, const char **keys)
{
    const json_t *resident = json_object_get(header, "resident");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(resident) && n < CORE_RESIDENT_MAX; i++) {
        const char *key = json_string_value(json_array_get(resident, i));
        if (key != NULL && strlen(key) == RECORD_TRUTH - 1) {
            keys[n++] = key;
        }
    }
    return n;
}

gaia_status fetch_read(const json_t *header, const char *path, struct wire_fetch *fetch,
                       gaia_error *err)
{
    gaia_status status = json_get_int(header, path, "seq", true, &fetch->seq, err);
    if (status == GAIA_OK) {
        status = json_get_int(header, path, "credits", true, &fetch->credits, err);
    }
    if (status == GAIA_OK &&
        (fetch->seq < 1 || fetch->credits < 1 || fetch->credits > UINT32_MAX)) {
        status = error_set(err, GAIA_PROTOCOL, "%s: seq and credits count from 1", path);
    }
    fetch->n_resident = resident_read(header, fetch->resident);
    fetch->held = json_object_get(header, "held");
    return status;
}

/* The keys of jobs that the executor holds: a hint, of which what is odd is left out. */
static void held_read(struct wire_call *call, const json_t *held)
{
    for (size_t i = 0; i < json_array_size(held) && call->n_held < WIRE_HELD_MAX; i++) {
        const char *key = json_string_value(json_array_get(held, i));
        if (key != NULL && strlen(key) == JOB_CACHE_KEY - 1) {
            memcpy(call->held[call->n_held++], key, JOB_CACHE_KEY);
        }
    }
}

gaia_status fetch_take(struct server *server, struct wire_call *call,
                       const struct wire_fetch *fetch, const char *session, bool at_once)
{
    struct core_event event = {.kind = CORE_FETCH,
                               .request = call,
                               .pipe = call->pipe,
                               .session = session,
                               .u.fetch = {.seq = (uint64_t)fetch->seq,
                                           .credits = (uint32_t)fetch->credits,
                                           .resident = fetch->resident,
                                           .n_resident = fetch->n_resident,
                                           .at_once = at_once}};
    held_read(call, fetch->held);
    return server_step(server, &event);
}

static gaia_status wire_fetch(struct server *server, struct wire_call *call, const json_t *header)
{
    struct wire_fetch fetch = {0};
    const char *session = NULL;
    gaia_error error = {0};
    gaia_status status = session_read(header, "FETCH", &session, &error);
    if (status == GAIA_OK) {
        status = fetch_read(header, "FETCH", &fetch, &error);
    }
    if (status != GAIA_OK) {
        error.status = GAIA_PROTOCOL;
        return wire_error(server, call, &error);
    }
    return fetch_take(server, call, &fetch, session, false);
}

/* Reads the leases that a BEAT names; *named is the caller's, to be freed, whatever is returned. */
static gaia_status beat_leases_read(const json_t *header, struct core_beat_lease **named, size_t *n,
                                    gaia_error *err)
{
    const json_t *leases = NULL;
    gaia_status status = json_get_array(header, "BEAT", "leases", true, &leases, err);
    const size_t count = json_array_size(leases);
    if (status == GAIA_OK && count > BEAT_LEASES_MAX) {
        status = error_set(err, GAIA_PROTOCOL, "BEAT.leases: %zu entries", count);
    }
    struct core_beat_lease *read = status == GAIA_OK ? calloc(count + 1, sizeof *read) : NULL;
    if (status == GAIA_OK && read == NULL) {
        status = error_memory(err, count * sizeof *read);
    }
    for (size_t i = 0; status == GAIA_OK && i < count; i++) {
        const json_t *lease = json_array_get(leases, i);
        int64_t done = 0;
        status = json_get_string(lease, "BEAT.leases", "attempt", true, &read[i].attempt, err);
        if (status == GAIA_OK) {
            status = json_get_int(lease, "BEAT.leases", "done", false, &done, err);
        }
        if (status == GAIA_OK && strlen(read[i].attempt) >= RECORD_ID) {
            status = error_set(err, GAIA_PROTOCOL, "BEAT.leases[%zu].attempt: too long", i);
        }
        read[i].done = done > 0 ? (uint64_t)done : 0;
    }
    *named = read;
    *n = count;
    return status;
}

static gaia_status wire_beat(struct server *server, struct wire_call *call, const json_t *header,
                             uint32_t pipe)
{
    struct core_event event = {.kind = CORE_BEAT, .request = call, .pipe = pipe};
    gaia_error error = {0};
    const struct {
        const char *key;
        uint64_t *bytes;
    } told[] = {{"rss_bytes", &event.u.beat.held.rss_bytes},
                {"device_bytes", &event.u.beat.held.device_bytes},
                {"device_limit_bytes", &event.u.beat.held.device_limit_bytes},
                {"resident_bytes", &event.u.beat.held.resident_bytes}};
    size_t n = 0;
    struct core_beat_lease *named = NULL;
    gaia_status status = session_read(header, "BEAT", &event.session, &error);
    if (status == GAIA_OK) {
        status = beat_leases_read(header, &named, &n, &error);
    }
    for (size_t i = 0; status == GAIA_OK && i < sizeof told / sizeof *told; i++) {
        int64_t bytes = 0;
        status = json_get_int(header, "BEAT", told[i].key, false, &bytes, &error);
        *told[i].bytes = bytes > 0 ? (uint64_t)bytes : 0;
    }
    if (status == GAIA_OK) {
        event.u.beat.leases = named;
        event.u.beat.n_leases = n;
        status = server_step(server, &event);
    } else {
        error.status = GAIA_PROTOCOL;
        status = wire_error(server, call, &error);
    }
    free(named);
    return status;
}

/* Hands the request to its verb. The channel matters: a FETCH parked on the control connection
 * would hold up beats. */
static gaia_status wire_dispatch(struct server *server, struct wire_call *call,
                                 const struct message *message, const json_t *header,
                                 const double *sums, size_t n_sums)
{
    const char *verb = "";
    const char *session = "";
    gaia_error error = {0};
    if (json_get_string(header, "message", "verb", true, &verb, &error) != GAIA_OK ||
        json_get_string(header, "message", "session", false, &session, &error) != GAIA_OK) {
        error.status = GAIA_PROTOCOL;
        return wire_error(server, call, &error);
    }
    if (message->channel == CORE_CONTROL && strcmp(verb, "HELLO") == 0) {
        return wire_hello(server, call, header);
    }
    if (core_session_known(server->core, session)) {
        transport_trust(message->listener->transport, message->pipe);
    }
    if (message->channel == CORE_CONTROL && strcmp(verb, "BEAT") == 0) {
        return wire_beat(server, call, header, message->pipe);
    }
    if (message->channel == CORE_WORK && strcmp(verb, "FETCH") == 0) {
        return wire_fetch(server, call, header);
    }
    if (message->channel == CORE_WORK && strcmp(verb, "RESULT") == 0) {
        return wire_result(server, call, header, sums, n_sums);
    }
    (void)error_set(&error, GAIA_PROTOCOL, "verb '%.32s' is not for this address", verb);
    return wire_error(server, call, &error);
}

gaia_status wire_message(struct server *server, struct message *message)
{
    json_t *header = NULL;
    double *sums = NULL;
    size_t n_sums = 0;
    gaia_error error = {0};
    struct wire_call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        transport_drop(message->request);
        return error_memory(&server->error, sizeof *call);
    }
    call->request = message->request;
    call->listener = message->listener;
    call->pipe = message->pipe;
    TAILQ_INSERT_TAIL(&server->waiting, call, in_list);
    const struct wire_limits *limits =
        message->channel == CORE_CONTROL ? &wire_control_limits : &wire_work_limits;
    gaia_status status =
        wire_decode(limits, message->bytes, message->length, &header, &sums, &n_sums, &error);
    if (status == GAIA_OK) {
        status = wire_dispatch(server, call, message, header, sums, n_sums);
    } else {
        status = wire_error(server, call, &error);
    }
    json_decref(header);
    free(sums);
    memory_give_back(message->length);
    return status;
}

static bool is_held(const struct wire_call *call, const char *key)
{
    for (size_t i = 0; i < call->n_held; i++) {
        if (strcmp(call->held[i], key) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds to a score batch's lease what it is of; the job and the head of its plan only for those who
 * do not hold them. False when out of memory. */
static bool lease_add_units(const struct wire_call *call, const struct core_lease *lease,
                            const struct job_texts *texts, json_t *json)
{
    int failed = json_object_set_new(json, "key", json_string(texts->key));
    if (!is_held(call, texts->key)) {
        failed |= json_object_set(json, "spec", texts->spec);
        failed |= json_object_set(json, "plan", texts->plan_head);
    }
    failed |= json_object_set_new(json, "first_unit", json_integer((json_int_t)lease->first_unit));
    failed |= json_object_set_new(
        json, "units", plan_units_to_json(texts->plan->units + lease->first_unit, lease->n_units));
    return failed == 0;
}

/* One lease as it goes out; NULL with the server's error set. */
static json_t *lease_to_json(struct server *server, const struct wire_call *call,
                             const struct core_lease *lease)
{
    const struct job_texts *texts = NULL;
    const bool scores = lease->kind == BATCH_KIND_SCORE;
    if (job_cache_get(&server->cache, server->store, lease->job->seq, scores, &texts,
                      &server->error) != GAIA_OK) {
        return NULL;
    }
    if (scores && (lease->first_unit > texts->plan->n_units ||
                   lease->n_units > texts->plan->n_units - lease->first_unit)) {
        (void)error_set(&server->error, GAIA_STORE, "job %s: a batch lies outside the stored plan",
                        lease->job->id);
        return NULL;
    }
    json_t *json =
        json_pack("{s:s, s:I, s:s, s:s}", "job", lease->job->id, "batch", (json_int_t)lease->batch,
                  "attempt", lease->attempt, "kind", batch_kind_name(lease->kind));
    const bool whole = json != NULL && (scores ? lease_add_units(call, lease, texts, json)
                                               : json_object_set(json, "spec", texts->spec) == 0);
    if (!whole) {
        (void)error_memory(&server->error, 1);
        json_decref(json);
        return NULL;
    }
    return json;
}

static gaia_status leases_reply(struct server *server, const struct core_action *action)
{
    struct wire_call *call = action->request;
    json_t *leases = json_array();
    gaia_status status = leases != NULL ? GAIA_OK : error_memory(&server->error, 1);
    for (size_t i = 0; status == GAIA_OK && i < action->count; i++) {
        json_t *lease = lease_to_json(server, call, &server->actions.leases[action->first + i]);
        if (lease == NULL) {
            status = server->error.status;
        } else if (json_array_append_new(leases, lease) != 0) {
            status = error_memory(&server->error, 1);
        }
    }
    if (status != GAIA_OK) {
        json_decref(leases);
        return status;
    }
    json_t *reply = call->outcomes != NULL
                        ? json_pack("{s:s, s:O, s:o}", "verb", "RESULTS", "outcomes",
                                    call->outcomes, "leases", leases)
                        : json_pack("{s:s, s:o}", "verb", "LEASES", "leases", leases);
    return wire_reply(server, call, reply);
}

static gaia_status beat_reply(struct server *server, const struct core_action *action)
{
    json_t *cancel = json_array();
    for (size_t i = 0; i < action->count; i++) {
        const char *attempt = server->actions.leases[action->first + i].attempt;
        if (json_array_append_new(cancel, json_string(attempt)) != 0) {
            json_decref(cancel);
            return error_memory(&server->error, 1);
        }
    }
    return wire_reply(
        server, action->request,
        json_pack("{s:s, s:o, s:b}", "verb", "BEAT_OK", "cancel", cancel, "drain", action->drain));
}

gaia_status wire_action(struct server *server, const struct core_action *action)
{
    const gaia_error stale = {GAIA_PROTOCOL, "FETCH.seq: a later one was answered already"};
    const struct wire_call *call = action->request;
    if (action->kind == CORE_REPLY_LEASES) {
        return leases_reply(server, action);
    }
    if (call->outcomes != NULL) {
        return GAIA_OK; /* a RESULT gets its outcomes; what there is to say its next FETCH hears */
    }
    if (action->kind == CORE_REPLY_BEAT) {
        return beat_reply(server, action);
    }
    if (action->kind == CORE_REPLY_WELCOME) {
        return wire_welcome(server, action->request, action->session);
    }
    if (action->kind == CORE_REPLY_DRAIN) {
        return wire_reply(server, action->request, json_pack("{s:s}", "verb", "DRAIN"));
    }
    if (action->kind == CORE_REPLY_UNKNOWN) {
        return wire_reply(server, action->request, json_pack("{s:s}", "verb", "UNKNOWN_SESSION"));
    }
    if (action->kind == CORE_REPLY_STALE) {
        return wire_refuse(server, action->request, "ERROR", &stale);
    }
    wire_call_drop(&server->waiting, action->request);
    return GAIA_OK;
}
