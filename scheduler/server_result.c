/* SPDX-License-Identifier: MIT
 *
 * RESULT: what executors report is checked against batch and plan, committed behind the fence of
 * its attempt, and told to the core. Called by server_wire.c, within the turn's transaction.
 *
 * Invariant: a report reaches the store only through result_commit, and the core only with its
 * outcome. A lease holder whose report is unusable has failed its batch: another executor gets it.
 */
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "server_state.h"

enum { MS_PER_S = 1000 };
enum { RESULTS_MAX = 1024, PLAN_HEAD_BYTES_MAX = 16 << 20, DOCUMENT_BYTES_MAX = 16 << 20 };

/* One entry of `results`, and what checking it yields. Strings are borrowed from the message. */
struct report {
    const json_t *object;
    const char *job;
    const char *attempt;
    uint32_t batch;
    gaia_error error;  /* status GAIA_OK for a success */
    struct plan *plan; /* of a plan batch: owned */
    char *document;    /* of a task: owned */
    struct core_plan facts;
    struct core_range *whole; /* of the plan: owned */
    struct store_result result;
    bool *is_absent; /* of a score batch: owned, [n_units] */
    struct log_field about[5];
    struct log log; /* whose lines say what the report is about */
    struct result_cost cost;
};

static void report_fini(struct report *report)
{
    plan_free(report->plan);
    free(report->document);
    free(report->is_absent);
    free(report->whole);
}

/* Reads what every report has. An error here is the message's, not the batch's. */
static gaia_status report_read(const json_t *object, struct report *report, gaia_error *err)
{
    static const char path[] = "RESULT.results";
    int64_t batch = 0;
    const char *name = NULL;
    const char *detail = "";
    report->object = object;
    gaia_status status = json_get_string(object, path, "job", true, &report->job, err);
    if (status == GAIA_OK) {
        status = json_get_int(object, path, "batch", true, &batch, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(object, path, "attempt", true, &report->attempt, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(object, path, "status", true, &name, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(object, path, "detail", false, &detail, err);
    }
    if (status == GAIA_OK) {
        status = cost_read(object, &report->cost, err);
    }
    if (status == GAIA_OK && (batch < 0 || batch >= UINT32_MAX)) {
        status = error_set(err, GAIA_PROTOCOL, "RESULT.results: batch out of range");
    }
    if (status == GAIA_OK) {
        report->batch = (uint32_t)batch;
        const gaia_status reported = gaia_status_from_name(name);
        (void)error_set(&report->error, reported, "%s", reported == GAIA_OK ? "" : detail);
    }
    return status;
}

static void report_bind(const struct server *server, const char *session, struct report *report)
{
    report->result.attempt = report->attempt;
    report->result.session = session;
    const struct log_field about[] = {
        log_text("job", report->job), log_int("batch", report->batch),
        log_short("attempt", report->attempt),
        log_text("executor", core_session_executor(server->core, session)), LOG_END};
    memcpy(report->about, about, sizeof about);
    report->log = log_bound(server->config.log, report->about);
}

/* Measures what of the plan goes out with every lease. */
static gaia_status head_measure(const struct plan *plan, uint64_t *bytes, gaia_error *err)
{
    json_t *head = plan_head_to_json(plan);
    const size_t length = head != NULL ? json_dumpb(head, NULL, 0, JSON_COMPACT) : 0;
    json_decref(head);
    if (length == 0) {
        return error_memory(err, 1);
    }
    *bytes = length;
    return length <= PLAN_HEAD_BYTES_MAX
               ? GAIA_OK
               : error_set(err, GAIA_LIMIT, "the plan without its fields takes %zu bytes", length);
}

/* Checks the plan that a plan batch made. The job's text says how many forecasts there are. */
static gaia_status plan_check(struct server *server, const struct job_record *job,
                              struct report *report, gaia_error *err)
{
    const struct job_texts *texts = NULL;
    gaia_status status = job_cache_get(&server->cache, server->store, job->seq, false, &texts, err);
    if (status == GAIA_OK) {
        status = plan_from_json(json_object_get(report->object, "plan"), &report->plan, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    const struct plan *plan = report->plan;
    const size_t n_forecasts = json_array_size(json_object_get(texts->spec, "forecasts"));
    if (plan->n_forecasts != n_forecasts) {
        return error_set(err, GAIA_PROTOCOL, "plan.forecasts: %zu entries for %zu forecasts",
                         plan->n_forecasts, n_forecasts);
    }
    const uint64_t unit_bytes = plan_rows_per_unit(plan) * sizeof(struct gaia_moments);
    if (unit_bytes > server->config.core.result_bytes) {
        return error_set(err, GAIA_LIMIT, "a field's sums take %llu bytes, %llu are allowed",
                         (unsigned long long)unit_bytes,
                         (unsigned long long)server->config.core.result_bytes);
    }
    report->facts = (struct core_plan){
        .n_units = plan->n_units, .field_bytes = plan->field_bytes, .unit_bytes = unit_bytes};
    status = maps_ranges(server, plan, &report->whole, &report->facts.n_whole, err);
    report->facts.whole = report->whole;
    return status == GAIA_OK ? head_measure(plan, &report->facts.payload_bytes, err) : status;
}

/* Marks the units whose forecast failed in this batch: their sums mean nothing. */
static gaia_status failures_check(const struct plan *plan, struct report *report, gaia_error *err)
{
    const json_t *failed = NULL;
    struct store_result *result = &report->result;
    gaia_status status =
        json_get_array(report->object, "RESULT.results", "failed", false, &failed, err);
    report->is_absent = calloc(result->n_units + 1, sizeof *report->is_absent);
    if (report->is_absent == NULL) {
        return error_memory(err, result->n_units);
    }
    result->is_absent = report->is_absent;
    if (status == GAIA_OK && json_array_size(failed) > plan->n_forecasts) {
        status = error_set(err, GAIA_PROTOCOL, "failed: %zu entries", json_array_size(failed));
    }
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(failed); i++) {
        const json_t *failure = json_array_get(failed, i);
        const char *text = NULL;
        int64_t forecast = -1;
        status = json_get_int(failure, "failed", "forecast", true, &forecast, err);
        if (status == GAIA_OK) {
            status = json_get_string(failure, "failed", "status", true, &text, err);
        }
        if (status == GAIA_OK) {
            status = json_get_string(failure, "failed", "detail", true, &text, err);
        }
        if (status == GAIA_OK && (forecast < 0 || (uint64_t)forecast >= plan->n_forecasts)) {
            status = error_set(err, GAIA_PROTOCOL, "failed[%zu].forecast: out of range", i);
        }
        for (size_t k = 0; status == GAIA_OK && k < result->n_units; k++) {
            if (plan->units[result->first_unit + k].forecast == (uint32_t)forecast) {
                report->is_absent[k] = true;
            }
        }
    }
    return status;
}

/* Checks the sums of a score batch against the batch and the plan. */
static gaia_status sums_check(struct server *server, const struct batch_record *batch,
                              struct report *report, const double *sums, size_t n_sums,
                              gaia_error *err)
{
    static const char *const keys[] = {"first_unit", "n_units", "rows_per_unit", "offset", "count"};
    const struct job_texts *texts = NULL;
    int64_t value[5] = {0};
    gaia_status status =
        job_cache_get(&server->cache, server->store, batch->job, true, &texts, err);
    for (size_t i = 0; status == GAIA_OK && i < 5; i++) {
        status = json_get_int(report->object, "RESULT.results", keys[i], true, &value[i], err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    const struct plan *plan = texts->plan;
    const uint64_t rows = plan_rows_per_unit(plan);
    const uint64_t count = batch->n_units * rows * GAIA_MOMENT_COUNT;
    if ((uint64_t)value[0] != batch->first_unit || (uint64_t)value[1] != batch->n_units ||
        (uint64_t)value[2] != rows || (uint64_t)value[4] != count) {
        return error_set(err, GAIA_PROTOCOL, "the sums are not those of the batch");
    }
    if (value[3] < 0 || (uint64_t)value[3] > n_sums || count > n_sums - (uint64_t)value[3] ||
        batch->first_unit + batch->n_units > plan->n_units) {
        return error_set(err, GAIA_PROTOCOL, "the sums lie outside the message");
    }
    report->result.first_unit = batch->first_unit;
    report->result.n_units = batch->n_units;
    report->result.unit_doubles = (size_t)rows * GAIA_MOMENT_COUNT;
    report->result.sums = sums + value[3];
    status = failures_check(plan, report, err);
    return status == GAIA_OK ? maps_take(server, report->job, batch, &report->result, plan, err)
                             : status;
}

/* Takes the document of a task. */
static gaia_status document_check(struct report *report, gaia_error *err)
{
    const json_t *document = json_object_get(report->object, "document");
    if (!json_is_object(document)) {
        return error_set(err, GAIA_PROTOCOL, "RESULT.results.document: an object is wanted");
    }
    report->document = json_dumps(document, JSON_COMPACT);
    if (report->document == NULL) {
        return error_memory(err, 1);
    }
    return strlen(report->document) <= DOCUMENT_BYTES_MAX
               ? GAIA_OK
               : error_set(err, GAIA_LIMIT, "the document takes %zu bytes, %d are allowed",
                           strlen(report->document), DOCUMENT_BYTES_MAX);
}

/* Checks what a success brings along. Whatever is wrong with it becomes the batch's error; only the
 * store's and the memory's own failures end the turn. */
static gaia_status report_check(struct server *server, const struct core_job_view *job,
                                const struct batch_record *batch, struct report *report,
                                const double *sums, size_t n_sums)
{
    gaia_error error = {0};
    gaia_status status =
        batch->kind == BATCH_KIND_PLAN   ? plan_check(server, job->record, report, &error)
        : batch->kind == BATCH_KIND_TASK ? document_check(report, &error)
                                         : sums_check(server, batch, report, sums, n_sums, &error);
    if (status == GAIA_STORE || status == GAIA_OUT_OF_MEMORY) {
        server->error = error;
        return status;
    }
    if (status != GAIA_OK) {
        /* Not the user's fault, so not of a class that ends the job at once. */
        const gaia_status class =
            status == GAIA_LIMIT || status == GAIA_DISK ? status : GAIA_INTERNAL;
        (void)error_set(&report->error, class, "the executor sent an unusable result: %s",
                        error.detail);
        log_event(&report->log, LOG_APPLICATION, LOG_WARNING, "result_unusable",
                  "an executor's result cannot be used", log_text("error", error.detail));
    }
    return GAIA_OK;
}

/* Writes the plan, its forecasts and warnings beside the batch that made it. */
static gaia_status plan_store(struct server *server, int64_t job, const struct report *report)
{
    struct store *store = server->store;
    const struct plan *plan = report->plan;
    gaia_status status = GAIA_OK;
    json_t *json = plan_to_json(plan);
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (text == NULL) {
        return error_memory(&server->error, 1);
    }
    status = store->ops->plan_put(store, job, text, &server->error);
    for (size_t i = 0; status == GAIA_OK && i < plan->n_forecasts; i++) {
        const struct store_forecast forecast = {(uint32_t)i, plan->forecasts[i].id,
                                                plan->forecasts[i].status,
                                                plan->forecasts[i].detail};
        status = store->ops->forecast_put(store, job, &forecast, &server->error);
    }
    for (size_t i = 0; status == GAIA_OK && i < plan->n_warnings; i++) {
        status = store->ops->warning_add(store, job, plan->warnings[i], &server->error);
    }
    free(text);
    return status;
}

static gaia_status failures_store(struct server *server, int64_t job, const struct report *report)
{
    const json_t *failed = json_object_get(report->object, "failed");
    const struct job_texts *texts = NULL;
    gaia_status status =
        job_cache_get(&server->cache, server->store, job, true, &texts, &server->error);
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(failed); i++) {
        const json_t *failure = json_array_get(failed, i);
        const uint32_t index = (uint32_t)json_integer_value(json_object_get(failure, "forecast"));
        gaia_status why =
            gaia_status_from_name(json_string_value(json_object_get(failure, "status")));
        const struct store_forecast forecast = {
            index, texts->plan->forecasts[index].id, why != GAIA_OK ? why : GAIA_INTERNAL,
            json_string_value(json_object_get(failure, "detail"))};
        status = server->store->ops->forecast_put(server->store, job, &forecast, &server->error);
    }
    return status;
}

/* Counts a report that was committed, before the core lets go of its lease. */
static void report_count(struct server *server, const struct report *report)
{
    const struct store_result *result = &report->result;
    struct batch_measure measure = {.attempt = report->attempt, .status = report->error.status};
    for (uint64_t i = 0; report->is_absent != NULL && i < result->n_units; i++) {
        measure.n_fields += !report->is_absent[i];
    }
    measure.bytes = measure.n_fields * result->unit_doubles * sizeof(double);
    metrics_batch(server, &report->log, &measure);
}

/* Commits the report behind its fence and tells the core. seq is the job's number. */
static gaia_status report_commit(struct server *server, int64_t seq, struct report *report,
                                 enum store_outcome *outcome)
{
    const bool ok = report->error.status == GAIA_OK;
    report->result.job = seq;
    report->result.batch = report->batch;
    report->result.ok = ok;
    gaia_status status =
        server->store->ops->result_commit(server->store, &report->result, outcome, &server->error);
    if (status == GAIA_OK && *outcome == STORE_FENCED) {
        log_event(&report->log, LOG_APPLICATION | LOG_OFTEN, LOG_INFO, "result_fenced",
                  "a result of a lease that is over was left", LOG_END);
    }
    if (status != GAIA_OK || *outcome != STORE_COMMITTED) {
        return status;
    }
    if (ok && report->plan != NULL) {
        status = plan_store(server, seq, report);
    } else if (ok && report->document != NULL) {
        status =
            server->store->ops->document_put(server->store, seq, report->document, &server->error);
    } else if (ok) {
        status = failures_store(server, seq, report);
    } else {
        log_event(&report->log, LOG_APPLICATION, LOG_INFO, "batch_failed", "a batch has failed",
                  log_text("status", gaia_status_name(report->error.status)),
                  log_text("error", report->error.detail));
    }
    if (status != GAIA_OK) {
        return status;
    }
    report_count(server, report);
    cost_count(server, &report->cost, report->result.session);
    metrics_set(server->metrics, METRIC_LAST_RESULT, 0, server->wall_ms / MS_PER_S);
    struct core_event event = {
        .kind = CORE_RESULT,
        .id = report->job,
        .session = report->result.session,
        .u.result = {report->batch, report->attempt, CORE_COMMITTED, &report->error,
                     &report->facts},
    };
    return server_step(server, &event);
}

static void job_seq_take(void *context, const struct store_job *job)
{
    *(int64_t *)context = job->record.seq;
}

/* A report on a job that is over or never was: the store alone can tell a repetition. */
static gaia_status report_late(struct server *server, struct report *report,
                               enum store_outcome *outcome)
{
    int64_t seq = 0;
    const struct store_visitor visitor = {.context = &seq, .job = job_seq_take};
    gaia_error error = {0};
    const gaia_status status =
        server->store->ops->job_find(server->store, report->job, &visitor, &error);
    *outcome = STORE_FENCED;
    if (status == GAIA_NOT_FOUND) {
        return GAIA_OK;
    }
    if (status != GAIA_OK) {
        server->error = error;
        return status;
    }
    (void)error_set(&report->error, GAIA_CANCELLED, "the job is over");
    return report_commit(server, seq, report, outcome);
}

static gaia_status report_take(struct server *server, struct report *report, const double *sums,
                               size_t n_sums, enum store_outcome *outcome)
{
    struct core_job_view job;
    struct batch_record batch;
    gaia_status status = GAIA_OK;
    if (!core_job_get(server->core, report->job, &job)) {
        return report_late(server, report, outcome);
    }
    if (!core_batch_get(server->core, report->job, report->batch, &batch)) {
        *outcome = STORE_FENCED;
        return GAIA_OK;
    }
    if (report->error.status == GAIA_OK) {
        status = report_check(server, &job, &batch, report, sums, n_sums);
    }
    return status == GAIA_OK ? report_commit(server, job.record->seq, report, outcome) : status;
}

/* Takes all reports of the message; outcomes gets their names in order. */
static gaia_status reports_take(struct server *server, const char *session, const json_t *results,
                                const double *sums, size_t n_sums, json_t *outcomes)
{
    static const char *const names[] = {[STORE_COMMITTED] = "COMMITTED",
                                        [STORE_DUPLICATE] = "DUPLICATE",
                                        [STORE_FENCED] = "FENCED"};
    gaia_status status = GAIA_OK;
    for (size_t i = 0; status == GAIA_OK && i < json_array_size(results); i++) {
        struct report report = {0};
        enum store_outcome outcome = STORE_FENCED;
        status = report_read(json_array_get(results, i), &report, &server->error);
        if (status == GAIA_OK) {
            report_bind(server, session, &report);
            status = report_take(server, &report, sums, n_sums, &outcome);
        }
        if (status == GAIA_OK &&
            json_array_append_new(outcomes, json_string(names[outcome])) != 0) {
            status = error_memory(&server->error, 1);
        }
        metrics_turn_add(server->metrics, METRIC_RESULTS, (size_t)outcome, status == GAIA_OK);
        report_fini(&report);
    }
    return status;
}

/* A RESULT as far as it must be sound before any of it is taken. */
struct result_request {
    const char *session;
    const json_t *results;
    bool fetches;
    struct wire_fetch fetch;
};

static gaia_status result_read(const json_t *header, struct result_request *request,
                               gaia_error *err)
{
    const json_t *fetch = json_object_get(header, "fetch");
    gaia_status status = json_get_string(header, "RESULT", "session", true, &request->session, err);
    if (status == GAIA_OK) {
        status = json_get_array(header, "RESULT", "results", true, &request->results, err);
    }
    const size_t n_results = json_array_size(request->results);
    if (status == GAIA_OK && n_results > RESULTS_MAX) {
        status = error_set(err, GAIA_PROTOCOL, "RESULT.results: %zu entries", n_results);
    }
    for (size_t i = 0; status == GAIA_OK && i < n_results; i++) {
        struct report report = {0};
        status = report_read(json_array_get(request->results, i), &report, err);
    }
    request->fetches = fetch != NULL;
    return status == GAIA_OK && request->fetches
               ? fetch_read(fetch, "RESULT.fetch", &request->fetch, err)
               : status;
}

/* Takes the reports, then hands out what the executor asks for with them, in one reply. */
static gaia_status result_take(struct server *server, struct wire_call *call,
                               const struct result_request *request, const double *sums,
                               size_t n_sums, json_t *outcomes)
{
    gaia_status status =
        reports_take(server, request->session, request->results, sums, n_sums, outcomes);
    if (status == GAIA_OK && request->fetches) {
        call->outcomes = outcomes;
        status = fetch_take(server, call, &request->fetch, request->session, true);
        call->outcomes = NULL;
    }
    if (status == GAIA_OK && call->bytes == NULL) {
        status = wire_reply(server, call,
                            json_pack("{s:s, s:O}", "verb", "RESULTS", "outcomes", outcomes));
    }
    return status;
}

gaia_status wire_result(struct server *server, struct wire_call *call, const json_t *header,
                        const double *sums, size_t n_sums)
{
    struct result_request request = {0};
    gaia_error error = {0};
    if (result_read(header, &request, &error) != GAIA_OK) {
        error.status = GAIA_PROTOCOL;
        log_event(server->config.log, LOG_SECURITY | LOG_OFTEN, LOG_WARNING, "result_refused",
                  "a result that does not follow the protocol was refused",
                  log_text("error", error.detail));
        metrics_turn_add(server->metrics, METRIC_RESULTS, METRIC_RESULT_REFUSED, 1);
        return wire_error(server, call, &error);
    }
    if (!core_session_known(server->core, request.session)) {
        return wire_reply(server, call, json_pack("{s:s}", "verb", "UNKNOWN_SESSION"));
    }
    json_t *outcomes = json_array();
    const gaia_status status = outcomes != NULL
                                   ? result_take(server, call, &request, sums, n_sums, outcomes)
                                   : error_memory(&server->error, 1);
    json_decref(outcomes);
    return status;
}
