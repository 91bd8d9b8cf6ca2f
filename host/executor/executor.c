/* SPDX-License-Identifier: MIT
 *
 * The executor's flow, top to bottom: open the engine, find the scheduler, then FETCH, run, RESULT
 * until told to leave. Three threads: this one, which alone touches files; control.c's, which
 * beats; and watch.c's, which waits for signals and looks at the time that a batch takes.
 *
 * A result asks for the next lease in the same message; a FETCH is for when there was none to give.
 *
 * Invariant: a lease that was run is reported with its attempt until the scheduler has answered for
 * it, and no other work is begun before.
 */
#include "executor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "clock.h"
#include "control.h"
#include "cost.h"
#include "error.h"
#include "engine.h"
#include "file.h"
#include "held.h"
#include "lease.h"
#include "machine.h"
#include "resident.h"
#include "sandbox.h"
#include "watch.h"
#include "wire.h"

enum {
    CREDITS = 1,
    FETCH_MARGIN_MS = 5000, /* beyond the time that a FETCH may park */
    RETRY_MS = 100,
    US_PER_S = 1000000,
};

struct executor {
    const struct executor_options *options;
    struct engine *engine;
    struct control *control;
    struct beat heard;
    struct control_session session;
    struct transport_client *work;
    char work_url[ADDRESS_URL]; /* where `work` dials */
    int64_t seq;
    struct engine_control run;
    struct device_gauges gauges;
    struct watch *watch;
    struct resident resident;
    struct held held;
    struct log log;      /* of the batch that is worked on */
    uint64_t base_bytes; /* resident when the engine was open and had done nothing */
    uint64_t batches;    /* run so far */
    int64_t begin_ms;
};

/* Makes the work connection lead to where the session's scheduler listens. */
static gaia_status work_dial(struct executor *executor, gaia_error *err)
{
    struct address_place place;
    if (executor->work != NULL && strcmp(executor->work_url, executor->session.work) == 0) {
        return GAIA_OK;
    }
    transport_hang_up(executor->work);
    executor->work = NULL;
    memcpy(executor->work_url, executor->session.work, ADDRESS_URL);
    address_pick(&executor->options->address, executor->session.i_place, &place);
    return address_dial(&place.options, executor->work_url, &executor->work, err);
}

/* Waits for a session later than the one in use; a new token starts the count of FETCHes anew.
 * False if the executor is to leave. */
static bool session_next(struct executor *executor, uint64_t after)
{
    struct control_session next = {0};
    gaia_error why = {0};
    if (!control_wait(executor->control, after, &next)) {
        return false;
    }
    if (strcmp(next.token, executor->session.token) != 0) {
        executor->seq = 1;
    }
    executor->session = next;
    if (work_dial(executor, &why) != GAIA_OK) {
        log_event(executor->options->log, LOG_APPLICATION | LOG_OFTEN, LOG_WARNING, "dial_failed",
                  "the scheduler's address for work cannot be dialled",
                  log_text("error", why.detail));
        control_lost(executor->control, next.generation);
        clock_sleep_ms(RETRY_MS);
    }
    return true;
}

/* Sends bytes on the work connection and decodes the answer. *reply is the caller's reference,
 * *verb points into it. */
static gaia_status work_call(struct executor *executor, const unsigned char *bytes, size_t length,
                             int64_t timeout_ms, json_t **reply, const char **verb, gaia_error *err)
{
    unsigned char *answer = NULL;
    double *sums = NULL;
    size_t answer_length = 0;
    size_t n_sums = 0;
    json_t *header = NULL;
    if (executor->work == NULL) {
        return error_set(err, GAIA_UNREACHABLE, "no connection for work");
    }
    gaia_status status =
        transport_call(executor->work, bytes, length, timeout_ms, &answer, &answer_length, err);
    if (status == GAIA_OK) {
        status =
            wire_decode(&wire_work_limits, answer, answer_length, &header, &sums, &n_sums, err);
    }
    if (status == GAIA_OK) {
        *verb = json_string_value(json_object_get(header, "verb"));
        *verb = *verb != NULL ? *verb : "";
        *reply = header;
    }
    free(sums);
    free(answer);
    return status;
}

/* A call that failed or was answered with something unforeseen: seek the scheduler again, not at
 * once. */
static void call_failed(struct executor *executor, const char *what, gaia_status status,
                        const char *why)
{
    log_event(executor->options->log, LOG_APPLICATION | LOG_OFTEN, LOG_INFO, "call_failed",
              "the scheduler gave no answer that can be used", log_text("verb", what),
              log_text("error", why));
    if (status == GAIA_UNREACHABLE) { /* a new connection is surer than one that nng makes again */
        transport_hang_up(executor->work);
        executor->work = NULL;
    }
    control_lost(executor->control, executor->session.generation);
    clock_sleep_ms(RETRY_MS);
}

/* What a request for work says, without its verb; NULL when out of memory. */
static json_t *wish_make(struct executor *executor)
{
    const uint64_t free_bytes =
        resident_free_bytes(&executor->resident, executor->options->engine.memory_bytes,
                            executor->base_bytes, clock_monotonic_ms());
    return json_pack("{s:I, s:i, s:I, s:o, s:o}", "seq", (json_int_t)executor->seq, "credits",
                     CREDITS, "free_memory_bytes", (json_int_t)free_bytes, "resident",
                     resident_json(&executor->resident), "held", held_json(&executor->held));
}

static json_t *fetch_make(struct executor *executor)
{
    json_t *fetch = json_pack("{s:s, s:s}", "verb", "FETCH", "session", executor->session.token);
    json_t *wish = wish_make(executor);
    const int failed = fetch == NULL || wish == NULL || json_object_update(fetch, wish) != 0;
    json_decref(wish);
    if (failed) {
        json_decref(fetch);
        return NULL;
    }
    return fetch;
}

/* The leases of a reply, which count as the answer to the seq; NULL if there are none. A new
 * reference. */
static json_t *leases_take(struct executor *executor, const json_t *reply)
{
    json_t *leases = json_object_get(reply, "leases");
    if (json_is_array(leases)) {
        executor->seq++;
        return json_incref(leases);
    }
    return NULL;
}

/* Asks for leases. *leases is the caller's reference; NULL if there are none. False if the executor
 * is to leave. */
static bool fetch(struct executor *executor, json_t **leases)
{
    unsigned char *bytes = NULL;
    size_t length = 0;
    json_t *answer = NULL;
    const char *verb = "";
    gaia_error why = {0};
    bool go_on = true;
    *leases = NULL;
    json_t *request = fetch_make(executor);
    gaia_status status = request == NULL ? error_memory(&why, 0)
                                         : wire_encode(request, NULL, 0, &bytes, &length, &why);
    json_decref(request);
    if (status == GAIA_OK && control_fetching(executor->control, executor->work)) {
        status = work_call(executor, bytes, length, executor->session.park_ms + FETCH_MARGIN_MS,
                           &answer, &verb, &why);
        go_on = control_fetching(executor->control, NULL);
    } else if (status == GAIA_OK) {
        go_on = false;
    }
    free(bytes);
    if (go_on && status == GAIA_OK && strcmp(verb, "LEASES") == 0) {
        *leases = leases_take(executor, answer);
    } else if (strcmp(verb, "DRAIN") == 0) {
        log_event(executor->options->log, LOG_APPLICATION, LOG_INFO, "leaving",
                  "the executor leaves when its lease is done",
                  log_text("why", "drained by the scheduler"));
        go_on = false;
    } else if (go_on) {
        call_failed(executor, "FETCH", status, status != GAIA_OK ? why.detail : verb);
    }
    json_decref(answer);
    return go_on;
}

/* The message of a result, with a wish for more work if `more`; NULL when out of memory. */
static json_t *result_make(struct executor *executor, const struct lease_result *result, bool more)
{
    json_t *message = json_pack("{s:s, s:s, s:[O]}", "verb", "RESULT", "session",
                                executor->session.token, "results", result->entry);
    if (message != NULL && more &&
        json_object_set_new(message, "fetch", wish_make(executor)) != 0) {
        json_decref(message);
        return NULL;
    }
    return message;
}

/* Sends a result, with the same attempt, until it is answered; false if the time to leave came
 * first. With next, *next is what is given with the answer: leases (a new reference), or NULL. */
static bool result_send(struct executor *executor, const struct lease_result *result, json_t **next,
                        gaia_status *encoded, gaia_error *err)
{
    for (;;) {
        unsigned char *bytes = NULL;
        size_t length = 0;
        json_t *answer = NULL;
        const char *verb = "";
        gaia_error why = {0};
        json_t *message = result_make(executor, result, next != NULL);
        *encoded = message == NULL
                       ? error_memory(err, 0)
                       : wire_encode(message, result->sums, result->n_sums, &bytes, &length, err);
        json_decref(message);
        if (*encoded != GAIA_OK) {
            return true;
        }
        const gaia_status status =
            work_call(executor, bytes, length, executor->options->result_ms, &answer, &verb, &why);
        const char *outcome =
            json_string_value(json_array_get(json_object_get(answer, "outcomes"), 0));
        const bool answered = strcmp(verb, "RESULTS") == 0 || strcmp(verb, "ERROR") == 0;
        if (answered) {
            const bool is_good = outcome != NULL && strcmp(outcome, "COMMITTED") == 0;
            log_event(&executor->log, LOG_APPLICATION, is_good ? LOG_DEBUG : LOG_WARNING,
                      "result_answered", "a result was answered",
                      log_text("outcome", outcome != NULL ? outcome : verb));
            if (next != NULL) {
                *next = leases_take(executor, answer);
            }
        } else {
            call_failed(executor, "RESULT", status, status != GAIA_OK ? why.detail : verb);
        }
        json_decref(answer);
        free(bytes);
        if (answered) {
            return true;
        }
        if (!session_next(executor, executor->session.generation)) {
            return false;
        }
    }
}

/* Sends what came out of a lease; a result that makes no message is reported as a failure instead.
 * next as with result_send. */
static void result_deliver(struct executor *executor, const json_t *lease,
                           struct lease_result *result, json_t **next)
{
    gaia_status encoded = GAIA_OK;
    gaia_error why = {0};
    bool delivered = result_send(executor, result, next, &encoded, &why);
    if (encoded != GAIA_OK) {
        gaia_error ignored = {0};
        log_event(&executor->log, LOG_APPLICATION, LOG_ERROR, "result_unusable",
                  "a result makes no message", log_text("error", why.detail));
        if (lease_result_fail(lease, &why, result, &ignored) == GAIA_OK) {
            delivered = result_send(executor, result, next, &encoded, &why);
        }
    }
    if (!delivered) {
        log_event(&executor->log, LOG_APPLICATION, LOG_WARNING, "result_undelivered",
                  "the executor leaves without having delivered a result", LOG_END);
    }
}

/* What becomes of a lease whose run has returned status: one that was cancelled because it took too
 * long is a failure to report. */
static gaia_status lease_judge(struct executor *executor, const json_t *lease, gaia_status status,
                               struct lease_result *result, gaia_error *err)
{
    gaia_error late = {0};
    executor->batches++;
    resident_touch(&executor->resident, json_object_get(lease, "spec"));
    if (watch_end(executor->watch, &late) != GAIA_OK && status == GAIA_CANCELLED) {
        return lease_result_fail(lease, &late, result, err);
    }
    return status;
}

/* Whether it has run as many batches as it is to. Not at a tender age: it would be started again
 * and again, and do nothing but start. */
static bool is_worn(const struct executor *executor)
{
    const struct executor_options *options = executor->options;
    return options->batches_max > 0 && executor->batches >= options->batches_max &&
           clock_monotonic_ms() - executor->begin_ms >= options->life_min_ms;
}

static gaia_status lease_try(struct executor *executor, json_t *lease, struct lease_result *result,
                             gaia_error *err)
{
    const struct held_job *held = NULL;
    gaia_error why = {0};
    if (lease_scores(lease) && held_take(&executor->held, lease, &held, &why) != GAIA_OK) {
        return lease_result_fail(lease, &why, result, err);
    }
    return lease_run(executor->engine, lease, held, executor->options->staging, &executor->run,
                     result, err);
}

/* What the performance log has of a run. */
static void lease_measure(const struct executor *executor, gaia_status status, int64_t begin_us)
{
    log_event(&executor->log, LOG_PERFORMANCE, LOG_INFO, "batch_run", "a batch was run",
              log_number("seconds", (double)(clock_monotonic_us() - begin_us) / US_PER_S),
              log_int("fields", (int64_t)atomic_load(&executor->run.fields_done)),
              log_int("rss_bytes", (int64_t)process_rss_bytes(getpid())),
              log_text("status", gaia_status_name(status)));
}

/* What the scheduler has not taken of a lease's maps it will not take any more. */
static void staging_clear(const struct executor *executor)
{
    if (executor->options->staging != NULL) {
        directory_clear(AT_FDCWD, executor->options->staging);
    }
}

/* Runs the lease and reports it. With next, leases are asked for in return: *next, NULL if there
 * are none. */
static void lease_do(struct executor *executor, json_t *lease, json_t **next)
{
    struct lease_result result = {0};
    gaia_error why = {0};
    const struct cost cost = cost_begin(executor->engine, &executor->run);
    const int64_t begin_us = clock_monotonic_us();
    watch_begin(executor->watch, &executor->run, &executor->log);
    gaia_status status = lease_try(executor, lease, &result, &why);
    lease_measure(executor, status, begin_us);
    status = lease_judge(executor, lease, status, &result, &why);
    cost_tell(&cost, executor->engine, &executor->run, &executor->gauges, result.entry);
    const bool more = next != NULL && !is_worn(executor) && !lease_lost_device(&result) &&
                      control_fetching(executor->control, NULL);
    if (status == GAIA_OK) {
        result_deliver(executor, lease, &result, more ? next : NULL);
    } else {
        log_event(&executor->log, LOG_APPLICATION, LOG_INFO, "batch_left",
                  "a batch was left without a result",
                  log_text("error", status == GAIA_CANCELLED ? "cancelled" : why.detail));
    }
    control_lease_end(executor->control);
    staging_clear(executor);
    if (lease_lost_device(&result)) {
        log_event(&executor->log, LOG_APPLICATION, LOG_WARNING, "device_lost",
                  "the device failed: the executor leaves, for a new process to open it anew",
                  LOG_END);
        control_stop(executor->control);
    }
    lease_result_fini(&result);
}

/* The same of any lease that came; what is logged meanwhile says which one. */
static void lease_work(struct executor *executor, json_t *lease, json_t **next)
{
    const char *attempt = lease_attempt(lease);
    const struct log_field about[] = {
        log_text("job", json_string_value(json_object_get(lease, "job"))),
        log_int("batch", json_integer_value(json_object_get(lease, "batch"))),
        log_short("attempt", attempt), LOG_END};
    executor->log = log_bound(executor->options->log, about);
    atomic_store(&executor->run.cancel, false);
    atomic_store(&executor->run.fields_done, 0);
    atomic_store(&executor->run.fields_total, 0);
    if (attempt != NULL && control_lease_begin(executor->control, attempt, &executor->run)) {
        lease_do(executor, lease, next);
    } else {
        log_event(&executor->log, LOG_APPLICATION, LOG_ERROR, "lease_unusable",
                  "a lease without a usable attempt was left", LOG_END);
    }
    executor->log = log_bound(executor->options->log, NULL);
}

static void leave_if_worn(const struct executor *executor)
{
    if (is_worn(executor)) {
        log_event(executor->options->log, LOG_APPLICATION, LOG_INFO, "leaving",
                  "the executor leaves when its lease is done", log_text("why", "it is worn"),
                  log_int("batches", (int64_t)executor->batches));
        control_stop(executor->control);
    }
}

static void executor_loop(struct executor *executor)
{
    json_t *leases = NULL;
    bool go_on = session_next(executor, 0);
    while (go_on) {
        json_t *next = NULL;
        const bool fetched = leases != NULL || fetch(executor, &leases);
        const size_t n = json_array_size(leases);
        for (size_t i = 0; i < n; i++) {
            lease_work(executor, json_array_get(leases, i), i + 1 == n ? &next : NULL);
        }
        leave_if_worn(executor);
        const uint64_t after = leases == NULL ? executor->session.generation : 0;
        json_decref(leases);
        leases = next;
        go_on = fetched && session_next(executor, after);
    }
    json_decref(leases);
}

/* Opens what the loop needs. What is open is closed by the caller also after a failure. */
static gaia_status executor_open(struct executor *executor, gaia_error *err)
{
    const struct executor_options *options = executor->options;
    gaia_status status = engine_open(&options->engine, &executor->engine, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (engine_note(executor->engine) != NULL) {
        log_event(options->log, LOG_APPLICATION, LOG_WARNING, "device_noted",
                  "the device is not the one that might be wanted",
                  log_text("note", engine_note(executor->engine)));
    }
    if (options->remote != NULL) {
        engine_limit_remote(executor->engine, options->remote);
    }
    if (options->sandbox) { /* drivers of devices need more to start than to run */
        sandbox_calls(options->log);
    }
    executor->base_bytes = process_rss_bytes(getpid());
    beat_open(&executor->heard, options->scratch);
    const struct control_options control = {.address = options->address,
                                            .device = engine_device(executor->engine),
                                            .memory_bytes = options->engine.memory_bytes,
                                            .heard = &executor->heard,
                                            .replaces = options->replaces,
                                            .gauges = &executor->gauges,
                                            .log = options->log};
    status = control_open(&control, &executor->control, err);
    if (status != GAIA_OK) {
        return status;
    }
    const struct watch_options watch = {.log = options->log,
                                        .control = executor->control,
                                        .batch_ms = options->batch_ms,
                                        .batch_cpu_ms = options->batch_cpu_ms,
                                        .grace_ms = WATCH_GRACE_MS};
    return watch_open(&watch, &executor->watch, err);
}

gaia_status executor_run(const struct executor_options *options, gaia_error *err)
{
    struct executor executor = {
        .heard.fd = -1, .options = options, .seq = 1, .begin_ms = clock_monotonic_ms()};
    gaia_status status = executor_open(&executor, err);
    if (status == GAIA_OK) {
        executor_loop(&executor);
        watch_close(executor.watch);
        status = control_refusal(executor.control, err);
    }
    held_fini(&executor.held);
    transport_hang_up(executor.work);
    control_close(executor.control);
    beat_close(&executor.heard);
    engine_close(executor.engine);
    return status;
}
