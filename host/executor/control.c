/* SPDX-License-Identifier: MIT
 *
 * The thread that keeps the executor known to the scheduler. Beside it the main thread fetches work
 * and runs it (executor.c); what both need is in one struct under one lock.
 *
 *     seek: read the address, dial, HELLO ──▶ beat, beat, beat ──▶ unknown or unreachable: seek
 *
 * Invariant: no call to the scheduler is made with the lock held.
 */
#include "control.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "clock.h"
#include "error.h"
#include "hello.h"
#include "json.h"
#include "machine.h"
#include "wire.h"

enum {
    SEEK_PAUSE_MS = 100,
    HELLO_MS = 1000, /* short: a scheduler that was restarted may listen elsewhere by then */
    HELLO_REMOTE_MS = 10000, /* the way is longer, and a connection of TLS takes a while */
    HELLO_TRIES = 4,      /* a nonce may be out of date once it is used, if this machine is slow */
    CALL_MS = 3000,       /* for a beat */
    STOP_GRACE_MS = 4000, /* to deliver the last result */
    BEAT_MS = 1000,       /* until the scheduler says */
    PARK_MS = 5000,
    BOOT_BYTES = 16,
    SHOWN = 8, /* characters of a session */
};

struct control {
    struct control_options options;
    char boot[2 * BOOT_BYTES + 1];
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct control_session session;
    bool established;
    uint64_t lost;               /* the greatest generation reported as lost */
    char attempt[CONTROL_TOKEN]; /* "": no lease */
    struct engine_control *run;
    struct transport_client *fetching;
    bool stopping;
    int64_t stop_ms;
    bool closing;
    gaia_error refusal;
    struct transport_client *client; /* changed by the thread only, interrupted by others */

    /* of the thread alone */
    struct address_place place; /* of the scheduler that is sought or found */
    struct address address;
    int64_t beat_ms;
};

static void lock(struct control *control)
{
    (void)pthread_mutex_lock(&control->lock);
}

static void unlock(struct control *control)
{
    (void)pthread_mutex_unlock(&control->lock);
}

/* Waits for a change, at most until at_ms of the monotonic clock. */
static void changed_wait(struct control *control, int64_t at_ms)
{
    const struct timespec at = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    (void)pthread_cond_timedwait(&control->changed, &control->lock, &at);
}

static void client_replace(struct control *control, struct transport_client *client)
{
    lock(control);
    struct transport_client *old = control->client;
    control->client = client;
    if (client != NULL && control->closing) { /* made too late to be interrupted with the rest */
        transport_interrupt(client);
    }
    unlock(control);
    transport_hang_up(old);
}

/* Sends request, whose reference is taken. *reply is the caller's, *verb points into it. */
static gaia_status control_call(struct control *control, json_t *request, int64_t timeout_ms,
                                json_t **reply, const char **verb, gaia_error *err)
{
    unsigned char *bytes = NULL;
    unsigned char *answer = NULL;
    double *sums = NULL;
    size_t length = 0;
    size_t n_sums = 0;
    json_t *header = NULL;
    gaia_status status = request == NULL ? error_memory(err, 0)
                                         : wire_encode(request, NULL, 0, &bytes, &length, err);
    if (status == GAIA_OK) {
        status = transport_call(control->client, bytes, length, timeout_ms, &answer, &length, err);
    }
    if (status == GAIA_UNREACHABLE) {
        /* A new connection is surer than one that nng makes again (transport_nng.c says why). */
        client_replace(control, NULL);
    }
    if (status == GAIA_OK) {
        status = wire_decode(&wire_control_limits, answer, length, &header, &sums, &n_sums, err);
    }
    if (status == GAIA_OK) {
        *verb = json_string_value(json_object_get(header, "verb"));
        *verb = *verb != NULL ? *verb : "";
        *reply = header;
    }
    json_decref(request);
    free(sums);
    free(answer);
    free(bytes);
    return status;
}

/* Dials where the scheduler listens now; a connection to the same address is kept. */
static gaia_status scheduler_dial(struct control *control, gaia_error *err)
{
    struct address now;
    struct transport_client *client = NULL;
    address_pick(&control->options.address, control->place.index, &control->place);
    gaia_status status = address_read(&control->place.options, &now, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (control->client == NULL || strcmp(now.control, control->address.control) != 0) {
        status = address_dial(&control->place.options, now.control, &client, err);
        if (status != GAIA_OK) {
            return status;
        }
        client_replace(control, client);
    }
    control->address = now;
    return GAIA_OK;
}

/* A refusal for good ends the executor; any other is tried again. */
static gaia_status refused(struct control *control, const json_t *reply, const char *verb,
                           gaia_error *err)
{
    const char *name = json_string_value(json_object_get(reply, "status"));
    const char *detail = json_string_value(json_object_get(reply, "detail"));
    const gaia_status status = name != NULL ? gaia_status_from_name(name) : GAIA_PROTOCOL;
    (void)error_set(err, status, "the scheduler answers HELLO with %s: %s", verb,
                    detail != NULL ? detail : "");
    if (gaia_status_class(status) == GAIA_CLASS_INVALID) {
        lock(control);
        control->refusal = *err;
        unlock(control);
        control_stop(control);
    }
    return status;
}

/* Makes what WELCOME says the session. */
static gaia_status welcome(struct control *control, const json_t *reply, gaia_error *err)
{
    const char *token = NULL;
    int64_t beat_ms = BEAT_MS;
    int64_t park_ms = PARK_MS;
    gaia_status status = json_get_string(reply, "WELCOME", "session", true, &token, err);
    if (status == GAIA_OK) {
        status = json_get_int(reply, "WELCOME", "beat_ms", false, &beat_ms, err);
    }
    if (status == GAIA_OK) {
        status = json_get_int(reply, "WELCOME", "park_ms", false, &park_ms, err);
    }
    if (status == GAIA_OK && (strlen(token) >= CONTROL_TOKEN || beat_ms <= 0 || park_ms < 0)) {
        status = error_set(err, GAIA_PROTOCOL, "WELCOME is out of bounds");
    }
    if (status != GAIA_OK) {
        return status;
    }
    control->beat_ms = beat_ms;
    beat_mark(control->options.heard);
    lock(control);
    if (strcmp(control->session.token, token) != 0) {
        char session[SHOWN + 1];
        (void)snprintf(session, sizeof session, "%.*s", SHOWN, token);
        log_event(control->options.log, LOG_APPLICATION, LOG_INFO, "session_begun",
                  "the scheduler has taken this executor", log_text("session", session),
                  log_text("scheduler", control->address.control));
    }
    control->session.generation++;
    memcpy(control->session.token, token, strlen(token) + 1);
    memcpy(control->session.work, control->address.work, ADDRESS_URL);
    control->session.i_place = control->place.index;
    control->session.park_ms = park_ms;
    control->established = true;
    (void)pthread_cond_broadcast(&control->changed);
    unlock(control);
    return GAIA_OK;
}

static gaia_status session_seek(struct control *control, gaia_error *err)
{
    json_t *reply = NULL;
    const char *verb = "";
    const struct control_options *options = &control->options;
    const int64_t timeout_ms = options->address.remote != NULL ? HELLO_REMOTE_MS : HELLO_MS;
    struct hello hello = {.address = &control->address,
                          .executor = options->address.executor,
                          .boot = control->boot,
                          .device = options->device,
                          .memory_bytes = options->memory_bytes,
                          .replaces = options->replaces};
    gaia_status status = scheduler_dial(control, err);
    for (int i = 0; status == GAIA_OK && i < HELLO_TRIES; i++) {
        json_decref(reply);
        reply = NULL;
        status = control_call(control, hello_request(&hello), timeout_ms, &reply, &verb, err);
        if (status != GAIA_OK || strcmp(verb, "CHALLENGE") != 0) {
            break;
        }
        status = hello_challenged(&hello, reply, err);
    }
    if (status == GAIA_OK && strcmp(verb, "WELCOME") == 0) {
        status = hello_check(&hello, reply, err);
        status = status == GAIA_OK ? welcome(control, reply, err) : status;
    } else if (status == GAIA_OK && strcmp(verb, "CHALLENGE") == 0) {
        status = error_set(err, GAIA_UNREACHABLE, "the scheduler only asks for another proof");
    } else if (status == GAIA_OK) {
        status = refused(control, reply, verb, err);
    }
    json_decref(reply);
    return status;
}

/* The lease that is worked on, as a beat names it; an empty array if there is none. */
static json_t *leases_make(struct control *control)
{
    json_t *leases = json_array();
    lock(control);
    if (control->attempt[0] != '\0') {
        (void)json_array_append_new(
            leases, json_pack("{s:s, s:I, s:I}", "attempt", control->attempt, "done",
                              (json_int_t)atomic_load(&control->run->fields_done), "total",
                              (json_int_t)atomic_load(&control->run->fields_total)));
    }
    unlock(control);
    return leases;
}

static void beat_obey(struct control *control, const json_t *reply)
{
    const json_t *cancel = json_object_get(reply, "cancel");
    lock(control);
    for (size_t i = 0; i < json_array_size(cancel); i++) {
        const char *attempt = json_string_value(json_array_get(cancel, i));
        if (attempt != NULL && control->run != NULL && strcmp(attempt, control->attempt) == 0) {
            atomic_store(&control->run->cancel, true);
        }
    }
    unlock(control);
    if (json_is_true(json_object_get(reply, "drain"))) {
        control_stop(control);
    }
}

/* One beat. False if the session has to be sought again; a beat that got no answer in time has not
 * ended it, so only a scheduler that moved is looked for, or another where there are several. */
static bool beat(struct control *control)
{
    json_t *reply = NULL;
    const char *verb = "";
    gaia_error why = {0};
    struct address now;
    const struct device_gauges *gauges = control->options.gauges;
    json_t *request = json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I}", "verb", "BEAT", "session",
                                control->session.token, "leases", leases_make(control), "rss_bytes",
                                (json_int_t)process_rss_bytes(getpid()), "device_bytes",
                                (json_int_t)atomic_load(&gauges->used_bytes), "device_limit_bytes",
                                (json_int_t)atomic_load(&gauges->limit_bytes), "resident_bytes",
                                (json_int_t)atomic_load(&gauges->resident_bytes));
    const gaia_status status = control_call(control, request, CALL_MS, &reply, &verb, &why);
    bool known = false;
    if (status == GAIA_TIMEOUT) {
        known = control->place.count == 1 &&
                address_read(&control->place.options, &now, NULL) == GAIA_OK &&
                strcmp(now.control, control->address.control) == 0;
    } else if (status == GAIA_OK && strcmp(verb, "BEAT_OK") == 0) {
        beat_mark(control->options.heard);
        beat_obey(control, reply);
        known = true;
    } else if (status == GAIA_OK) {
        log_event(control->options.log, LOG_APPLICATION | LOG_OFTEN, LOG_INFO, "session_lost",
                  "the scheduler does not know this executor", log_text("answer", verb));
    }
    if (status != GAIA_OK && status != GAIA_CANCELLED) {
        log_event(control->options.log, LOG_APPLICATION | LOG_OFTEN, LOG_WARNING, "beat_failed",
                  "a beat was not answered", log_text("error", why.detail));
    }
    json_decref(reply);
    return known;
}

/* Waits until the next beat is due at at_ms, or the session was lost, or all is to end. */
static bool beat_wait(struct control *control, int64_t at_ms)
{
    lock(control);
    while (!control->closing && control->lost < control->session.generation &&
           clock_monotonic_ms() < at_ms) {
        changed_wait(control, at_ms);
    }
    const bool good = control->lost < control->session.generation;
    unlock(control);
    return good;
}

static bool closing(struct control *control)
{
    lock(control);
    const bool is_closing = control->closing;
    unlock(control);
    return is_closing;
}

/* Seeks a session until there is one or all is to end; says once why it takes long. */
static void session_find(struct control *control)
{
    bool said = false;
    lock(control);
    control->established = false;
    unlock(control);
    while (!closing(control)) {
        gaia_error why = {0};
        const gaia_status status = session_seek(control, &why);
        if (status == GAIA_OK) {
            return;
        }
        if (!said && status != GAIA_CANCELLED) {
            log_event(control->options.log, LOG_APPLICATION, LOG_INFO, "scheduler_awaited",
                      "the scheduler is sought until it answers", log_text("error", why.detail));
            said = true;
        }
        const int64_t at_ms = clock_monotonic_ms() + SEEK_PAUSE_MS;
        control->place.index++;
        lock(control);
        while (!control->closing && clock_monotonic_ms() < at_ms) {
            changed_wait(control, at_ms);
        }
        unlock(control);
    }
}

static void *control_run(void *arg)
{
    struct control *control = arg;
    while (!closing(control)) {
        session_find(control);
        int64_t next_ms = clock_monotonic_ms() + control->beat_ms;
        while (beat_wait(control, next_ms) && !closing(control) && beat(control)) {
            /* From the time due: answers that are slow do not thin out the beats. */
            const int64_t now_ms = clock_monotonic_ms();
            next_ms += control->beat_ms;
            next_ms = next_ms > now_ms ? next_ms : now_ms;
            log_tick(control->options.log);
        }
    }
    return NULL;
}

gaia_status control_open(const struct control_options *options, struct control **control,
                         gaia_error *err)
{
    pthread_condattr_t clock;
    struct control *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    made->options = *options;
    made->beat_ms = BEAT_MS;
    random_hex(made->boot, BOOT_BYTES);
    (void)pthread_mutex_init(&made->lock, NULL);
    (void)pthread_condattr_init(&clock);
    (void)pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&made->changed, &clock);
    (void)pthread_condattr_destroy(&clock);
    if (pthread_create(&made->thread, NULL, control_run, made) != 0) {
        (void)pthread_cond_destroy(&made->changed);
        (void)pthread_mutex_destroy(&made->lock);
        free(made);
        return error_set(err, GAIA_LIMIT, "no thread for the control connection");
    }
    *control = made;
    return GAIA_OK;
}

void control_close(struct control *control)
{
    if (control == NULL) {
        return;
    }
    lock(control);
    control->closing = true;
    if (control->client != NULL) {
        transport_interrupt(control->client);
    }
    (void)pthread_cond_broadcast(&control->changed);
    unlock(control);
    (void)pthread_join(control->thread, NULL);
    transport_hang_up(control->client);
    (void)pthread_cond_destroy(&control->changed);
    (void)pthread_mutex_destroy(&control->lock);
    free(control);
}

bool control_wait(struct control *control, uint64_t after, struct control_session *session)
{
    lock(control);
    for (;;) {
        const int64_t now_ms = clock_monotonic_ms();
        const bool found = control->established && control->session.generation > after;
        const bool holds = control->attempt[0] != '\0';
        if (control->stopping && (!holds || now_ms >= control->stop_ms + STOP_GRACE_MS)) {
            unlock(control);
            return false;
        }
        if (found) {
            *session = control->session;
            unlock(control);
            return true;
        }
        changed_wait(control,
                     control->stopping ? control->stop_ms + STOP_GRACE_MS : now_ms + SEEK_PAUSE_MS);
    }
}

void control_lost(struct control *control, uint64_t generation)
{
    lock(control);
    control->lost = generation > control->lost ? generation : control->lost;
    (void)pthread_cond_broadcast(&control->changed);
    unlock(control);
}

bool control_lease_begin(struct control *control, const char *attempt, struct engine_control *run)
{
    if (strlen(attempt) >= CONTROL_TOKEN) {
        return false;
    }
    lock(control);
    memcpy(control->attempt, attempt, strlen(attempt) + 1);
    control->run = run;
    unlock(control);
    return true;
}

void control_lease_end(struct control *control)
{
    lock(control);
    control->attempt[0] = '\0';
    control->run = NULL;
    unlock(control);
}

void control_stop(struct control *control)
{
    lock(control);
    if (!control->stopping) {
        control->stopping = true;
        control->stop_ms = clock_monotonic_ms();
    }
    if (control->fetching != NULL) {
        transport_interrupt(control->fetching);
    }
    (void)pthread_cond_broadcast(&control->changed);
    unlock(control);
}

bool control_fetching(struct control *control, struct transport_client *client)
{
    lock(control);
    const bool go_on = !control->stopping;
    control->fetching = go_on ? client : NULL;
    unlock(control);
    return go_on;
}

gaia_status control_refusal(struct control *control, gaia_error *err)
{
    lock(control);
    const gaia_error refusal = control->refusal;
    unlock(control);
    return refusal.status == GAIA_OK ? GAIA_OK
                                     : error_set(err, refusal.status, "%s", refusal.detail);
}
