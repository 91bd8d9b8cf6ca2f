/* SPDX-License-Identifier: MIT
 *
 * `gaia submit`: a job's way to the scheduler, and the wait for its scores.
 *
 * Invariant: with --wait the command ends as `gaia score` would for the same job.
 */
#include "command.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gaia/client.h>
#include <gaia/job.h>

#include "clock.h"
#include "error.h"
#include "job_inputs.h"
#include "job_paths.h"
#include "progress.h"
#include "report_file.h"
#include "report_page.h"
#include "scores_fetch.h"

enum {
    POLL_MIN_MS = 50,
    POLL_MAX_MS = 500,
    LOST_MS = 60000, /* so long may a scheduler be away while a command waits for a job */
};

static bool job_ended(const struct gaia_client_job *job)
{
    return strcmp(job->state, "succeeded") == 0 || strcmp(job->state, "failed") == 0 ||
           strcmp(job->state, "cancelled") == 0;
}

static int on_progress(void *context, const struct gaia_client_progress *now)
{
    progress_show(context, now->state, now->units_done, now->units_total);
    return 0;
}

/* Waits until the job has ended: as long as the scheduler sends events by following them. A
 * scheduler that is restarted meanwhile, or sends none because too many want them, is asked again
 * and again. */
static gaia_status job_wait(struct gaia_client *client, const char *id,
                            struct gaia_client_jobs **ended, gaia_error *err)
{
    struct progress progress;
    struct gaia_client_jobs *job = NULL;
    gaia_status status = GAIA_OK;
    int64_t pause_ms = POLL_MIN_MS;
    int64_t seen_ms = clock_monotonic_ms();
    progress_init(&progress);
    for (;;) {
        status = gaia_client_find(client, id, &job, err);
        const int64_t now_ms = clock_monotonic_ms();
        if (status == GAIA_OK) {
            seen_ms = now_ms;
            progress_show(&progress, job->jobs->state, job->jobs->units_done,
                          job->jobs->units_total);
            if (job_ended(job->jobs)) {
                break;
            }
            gaia_client_jobs_free(job);
            job = NULL;
            if (gaia_client_watch(client, id, on_progress, &progress, err) == GAIA_OK) {
                seen_ms = clock_monotonic_ms();
                pause_ms = POLL_MIN_MS;
            }
        } else if (gaia_status_class(status) != GAIA_CLASS_UNAVAILABLE ||
                   now_ms - seen_ms > LOST_MS) {
            status = error_prefix(err, status, "job %s", id);
            break;
        }
        clock_sleep_ms(pause_ms);
        pause_ms = pause_ms * 5 / 4 < POLL_MAX_MS ? pause_ms * 5 / 4 : POLL_MAX_MS;
    }
    progress_end(&progress);
    *ended = job;
    return status;
}

/* Says on stderr what did not go well; returns the status of the first forecast that failed. */
static gaia_status job_complain(const struct gaia_client_job *job)
{
    gaia_status first = GAIA_OK;
    for (size_t i = 0; i < job->n_warnings; i++) {
        command_tell("warning: %s", job->warnings[i]);
    }
    for (size_t i = 0; i < job->n_forecasts; i++) {
        const struct gaia_client_forecast *forecast = &job->forecasts[i];
        if (forecast->status != GAIA_OK) {
            first = first == GAIA_OK ? forecast->status : first;
            command_tell("forecast %s: %s", forecast->id, forecast->detail);
        }
    }
    return first;
}

/* The second half of `submit --wait`. *exit_status is set from the job's own failures, which have
 * been told already; the returned status is of the command's. */
static gaia_status job_finish(struct gaia_client *client, const char *id, bool has_document,
                              const struct destination *to, int *exit_status, gaia_error *err)
{
    struct gaia_client_jobs *ended = NULL;
    gaia_status status = job_wait(client, id, &ended, err);
    if (status != GAIA_OK) {
        return status;
    }
    const struct gaia_client_job *job = ended->jobs;
    const gaia_status first = job_complain(job);
    if (strcmp(job->state, "succeeded") == 0 && has_document) {
        status = document_write(client, id, to->path, exit_status, err);
    } else if (strcmp(job->state, "succeeded") == 0) {
        status = scores_write(client, id, to, err);
        if (status == GAIA_OK && to->page_path != NULL) {
            status = report_job_write(client, id, to->command, to->page_path, err);
        }
        *exit_status = gaia_status_exit(first);
    } else if (strcmp(job->state, "cancelled") == 0) {
        status = error_set(err, GAIA_CANCELLED, "job %s was cancelled", id);
    } else {
        const gaia_status why = job->error.status != GAIA_OK ? job->error.status : GAIA_INTERNAL;
        status = error_set(err, why, "%s",
                           job->error.detail[0] != '\0' ? job->error.detail : "the job failed");
    }
    gaia_client_jobs_free(ended);
    return status;
}

static const struct option_spec submit_options[] = {
    OPTION_HELP,
    OPTION_STATE,
    {"format", OPTION_TEXT, "FORMAT", 0, 0, "with --wait: table, csv or json [table]"},
    {"out", OPTION_OUTPUT, "FILE", 0, 0, "with --wait: write the scores to FILE [stdout]"},
    {"composite-out", OPTION_OUTPUT, "FILE", 0, 0, "with --wait: write the composites to FILE"},
    OPTION_REPORT,
    {"wait", OPTION_FLAG, NULL, 0, 0, "wait for the job and print its scores, or its document"},
};
enum { HELP, STATE, FORMAT, OUT, COMPOSITE_OUT, REPORT, WAIT, N_SUBMIT_OPTIONS };

/* Without --wait the id can be printed as JSON. */
static bool format_is_json(const struct option_value *values)
{
    return values[FORMAT].is_set && strcmp(values[FORMAT].text, "json") == 0;
}

static gaia_status submit_run(const struct option_value *values, const char *job_path,
                              struct gaia_client **client, char *id, bool *has_document,
                              gaia_error *err)
{
    char directory[PATH_MAX];
    char *json = NULL;
    size_t length = 0;
    struct gaia_job *job = NULL;
    struct outputs outputs;
    if (!values[WAIT].is_set &&
        ((values[FORMAT].is_set && !format_is_json(values)) || values[OUT].is_set ||
         values[COMPOSITE_OUT].is_set || values[REPORT].is_set)) {
        return error_set(err, GAIA_USAGE,
                         "--format, --out, --composite-out and --report need --wait");
    }
    if (getcwd(directory, sizeof directory) == NULL) {
        return error_set(err, GAIA_FILE_MISSING, "the current directory is gone");
    }
    gaia_status status = job_file_read(job_path, directory, &json, &length, err);
    if (status == GAIA_OK) {
        status = gaia_job_parse(json, length, &job, err);
        *has_document = status == GAIA_OK && job->has_document;
        if (status == GAIA_OK) {
            status = outputs_take(submit_options, N_SUBMIT_OPTIONS, values, &outputs, err);
        }
        if (status == GAIA_OK) {
            status = job_inputs_spare(job, job_path, &outputs, err);
        }
        gaia_job_free(job);
    }
    if (status == GAIA_OK) {
        status = gaia_client_open(values[STATE].text, client, err);
    }
    if (status == GAIA_OK) {
        status = gaia_client_submit(*client, json, length, id, err);
    }
    free(json);
    return status;
}

const struct command_spec command_submit_spec = {
    "submit JOB.json [--wait] [--format table|csv|json] [--out FILE] [--composite-out FILE]\n"
    "                                [--report FILE]",
    "Sends a job (gaia.job/1) to the scheduler and prints its id, or waits for its scores.",
    submit_options,
    N_SUBMIT_OPTIONS,
    1,
    0};

int command_submit(int argc, char **argv)
{
    struct option_value values[N_SUBMIT_OPTIONS];
    const char *job_path = NULL;
    struct gaia_client *client = NULL;
    struct destination to = {.format = REPORT_TABLE};
    struct text command = {0};
    char id[GAIA_CLIENT_ID];
    gaia_error err = {0};
    bool helped = false;
    bool has_document = false;
    int exit_status = 0;
    gaia_status status =
        command_arguments(&command_submit_spec, argc, argv, values, &job_path, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = destination_read(&values[FORMAT], &values[OUT], &values[COMPOSITE_OUT],
                              "table, csv or json", &to, &err);
    if (status == GAIA_OK) {
        command_line_append(&command, argc, argv);
        to.page_path = values[REPORT].text;
        to.command = command.s;
        status = values[REPORT].is_set ? report_page_check(&err) : GAIA_OK;
    }
    if (status == GAIA_OK) {
        status = submit_run(values, job_path, &client, id, &has_document, &err);
    }
    if (status == GAIA_OK && values[WAIT].is_set) {
        status = job_finish(client, id, has_document, &to, &exit_status, &err);
    } else if (status == GAIA_OK) {
        status = command_id(format_is_json(values), id, &err);
    }
done:
    text_fini(&command);
    gaia_client_close(client);
    return status != GAIA_OK ? command_end(status, &err) : exit_status;
}
