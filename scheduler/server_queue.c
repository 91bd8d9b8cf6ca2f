/* SPDX-License-Identifier: MIT
 *
 * What goes into the queue: jobs that users submit, jobs that schedules submit, failed jobs that
 * are taken up again, and the schedules themselves. Called by server_api.c and server.c.
 *
 * Invariant: a job is told to the core in the turn that writes it to the store.
 */
#include <stdlib.h>
#include <string.h>

#include <gaia/job.h>

#include "clock.h"
#include "error.h"
#include "server_state.h"

enum { ID_BYTES = 8 };

struct schedule_run {
    TAILQ_ENTRY(schedule_run) in_list;
    int64_t schedule;
    char id[RECORD_ID];
};

/* A job that has the submission's key, if there is one. */
static void found_take(void *context, const struct store_job *job)
{
    record_id_copy(context, job->record.id);
}

gaia_status submission_find(struct server *server, const struct submission *submission, char *id)
{
    const struct store_visitor visitor = {.context = id, .job = found_take};
    gaia_error error = {0};
    id[0] = '\0';
    if (submission->key[0] == '\0') {
        return GAIA_OK;
    }
    const gaia_status status = server->store->ops->job_find_key(
        server->store, submission->terms.tenant, submission->key, &visitor, &error);
    if (status != GAIA_OK && status != GAIA_NOT_FOUND) {
        server->error = error;
        return status;
    }
    return GAIA_OK;
}

gaia_status submission_take(struct server *server, const struct submission *submission, char *id)
{
    struct store_job job = {.name = submission->name,
                            .key = submission->key[0] != '\0' ? submission->key : NULL,
                            .spec_bytes = submission->spec_bytes};
    struct job_record *record = &job.record;
    random_hex(record->id, ID_BYTES);
    record->state = JOB_QUEUED;
    record->terms = submission->terms;
    record->batches_total = 1;
    record->submitted_ms = server->wall_ms;
    const gaia_status status = server->store->ops->job_insert(server->store, &job, submission->spec,
                                                              &record->seq, &server->error);
    if (status != GAIA_OK) {
        return status;
    }
    log_event(server->config.log, LOG_APPLICATION, LOG_INFO, "job_submitted",
              "a job was taken into the queue", log_text("job", record->id),
              log_text("name", job.name), log_text("tenant", record->terms.tenant));
    metrics_turn_add(server->metrics, METRIC_RUNS_SUBMITTED, 0, 1);
    record_id_copy(id, record->id);
    struct core_event event = {.kind = CORE_SUBMIT,
                               .u.job = {.record = record,
                                         .payload_bytes = job.spec_bytes,
                                         .is_task = submission->is_task}};
    return server_step(server, &event);
}

/* What a load of one job hands to the core. */
struct adoption {
    struct server *server;
    gaia_status status;
    bool found;
};

static void adopt_job(void *context, const struct store_job *job)
{
    struct adoption *adoption = context;
    struct core_event event = {.kind = CORE_ADOPT_JOB, .u.job = {&job->record, job->spec_bytes}};
    adoption->found = true;
    adoption->status = server_step(adoption->server, &event);
}

static void adopt_batch(void *context, const struct batch_record *batch)
{
    struct adoption *adoption = context;
    struct core_event event = {.kind = CORE_ADOPT_BATCH, .u.batch = batch};
    if (adoption->status == GAIA_OK) {
        adoption->status = server_step(adoption->server, &event);
    }
}

gaia_status job_replay(struct server *server, int64_t seq)
{
    struct adoption adoption = {.server = server};
    const struct store_visitor visitor = {
        .context = &adoption, .job = adopt_job, .batch = adopt_batch};
    struct store *store = server->store;
    gaia_status status = store->ops->job_revive(store, seq, &server->error);
    if (status == GAIA_OK) {
        status = store->ops->job_load(store, seq, &visitor, &server->error);
    }
    if (status == GAIA_OK) {
        status = adoption.status;
    }
    if (status == GAIA_OK && adoption.found) {
        struct core_event end = {.kind = CORE_ADOPT_END};
        status = server_step(server, &end);
    }
    return status;
}

gaia_status schedule_take(struct server *server, const char *name, const char *cron,
                          const char *zone, const char *spec, char *id, gaia_error *problem)
{
    struct cron *parsed = NULL;
    struct store_schedule schedule = {.name = name};
    struct schedule_record *record = &schedule.record;
    gaia_status status = cron_open(cron, zone, &parsed, problem);
    if (status != GAIA_OK) {
        return GAIA_OK; /* told in *problem */
    }
    random_hex(record->id, ID_BYTES);
    record_name_copy(record->cron, cron);
    record_tenant_copy(record->zone, zone);
    record->due_ms = cron_next_ms(parsed, server->wall_ms);
    cron_close(parsed);
    status = server->store->ops->schedule_insert(server->store, &schedule, spec, &record->seq,
                                                 &server->error);
    if (status != GAIA_OK) {
        return status;
    }
    record_id_copy(id, record->id);
    struct core_event event = {.kind = CORE_SCHEDULE, .u.schedule = record};
    return server_step(server, &event);
}

gaia_status schedule_run_add(struct server *server, const struct schedule_record *schedule)
{
    struct schedule_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return error_memory(&server->error, sizeof *run);
    }
    run->schedule = schedule->seq;
    record_id_copy(run->id, schedule->id);
    TAILQ_INSERT_TAIL(&server->runs, run, in_list);
    return GAIA_OK;
}

/* Submits the job of a schedule, unless that was removed in the same turn. One that no longer
 * parses, because a profile is gone say, is told to the log and tried again when it is next due. */
static gaia_status schedule_submit(struct server *server, const struct schedule_run *run)
{
    struct gaia_job *job = NULL;
    struct submission submission;
    char id[RECORD_ID] = "";
    char *spec = NULL;
    gaia_error error = {0};
    gaia_status status =
        server->store->ops->schedule_spec_read(server->store, run->schedule, &spec, &server->error);
    if (status != GAIA_OK) {
        return status == GAIA_NOT_FOUND ? GAIA_OK : status;
    }
    status = gaia_job_parse(spec, strlen(spec), &job, &error);
    if (status == GAIA_OK) {
        status = submission_make(job, NULL, server->wall_ms, &submission, &error);
    }
    if (status == GAIA_OK) {
        submission.terms.schedule = run->schedule;
        submission.key[0] = '\0'; /* each run is a job of its own */
        status = submission_take(server, &submission, id);
    } else if (status != GAIA_OUT_OF_MEMORY) {
        log_event(server->config.log, LOG_APPLICATION, LOG_ERROR, "schedule_failed",
                  "a schedule could not submit its job", log_text("schedule", run->id),
                  log_text("error", error.detail));
        status = GAIA_OK;
    } else {
        server->error = error;
    }
    gaia_job_free(job);
    free(spec);
    return status;
}

gaia_status schedule_runs(struct server *server)
{
    struct schedule_run *run = NULL;
    gaia_status status = GAIA_OK;
    while (status == GAIA_OK && (run = TAILQ_FIRST(&server->runs)) != NULL) {
        TAILQ_REMOVE(&server->runs, run, in_list);
        status = schedule_submit(server, run);
        free(run);
    }
    return status;
}

void schedule_runs_drop(struct server *server)
{
    struct schedule_run *run = NULL;
    while ((run = TAILQ_FIRST(&server->runs)) != NULL) {
        TAILQ_REMOVE(&server->runs, run, in_list);
        free(run);
    }
}
