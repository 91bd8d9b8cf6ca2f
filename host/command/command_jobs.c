/* SPDX-License-Identifier: MIT
 *
 * `gaia jobs`, `gaia job` and `gaia cancel`: looking at what the scheduler has, and stopping it.
 *
 * Invariant: these commands keep nothing; what they print is what one request answered.
 */
#include "command.h"

#include <inttypes.h>
#include <stdio.h>

#include <gaia/client.h>
#include <gaia/time.h>

enum { MS_PER_S = 1000 };

static const struct option_spec state_options[] = {OPTION_HELP, OPTION_STATE};
enum { HELP, STATE, N_OPTIONS };

static void moment_append(struct text *out, int64_t time_ms)
{
    char when[GAIA_TIME_TEXT] = "-";
    if (time_ms > 0) {
        gaia_time_format(time_ms / MS_PER_S, when);
    }
    text_printf(out, "%-20s", when);
}

static void jobs_print(struct text *out, const struct gaia_client_jobs *jobs)
{
    text_printf(out, "%-26s %-10s %15s  %-20s%-20s%s\n", "id", "state", "fields", "submitted",
                "finished", "name");
    for (size_t i = 0; i < jobs->n_jobs; i++) {
        const struct gaia_client_job *job = &jobs->jobs[i];
        char fields[48];
        (void)snprintf(fields, sizeof fields, "%" PRIu64 "/%" PRIu64, job->units_done,
                       job->units_total);
        text_printf(out, "%-26s %-10s %15s  ", job->id, job->state, fields);
        moment_append(out, job->submitted_ms);
        moment_append(out, job->finished_ms);
        text_printf(out, "%s\n", job->name);
    }
}

static void job_print(struct text *out, const struct gaia_client_job *job)
{
    text_printf(out, "id         %s\nname       %s\nstate      %s\n", job->id, job->name,
                job->state);
    text_printf(out, "fields     %" PRIu64 " of %" PRIu64 "\n", job->units_done, job->units_total);
    text_printf(out, "batches    %" PRIu64 " of %" PRIu64 "\n", job->batches_done,
                job->batches_total);
    text_append(out, "submitted  ");
    moment_append(out, job->submitted_ms);
    text_append(out, "\nfinished   ");
    moment_append(out, job->finished_ms);
    text_append(out, "\n");
    if (job->error.status != GAIA_OK) {
        text_printf(out, "error      %s: %s\n", gaia_status_name(job->error.status),
                    job->error.detail);
    }
    for (size_t i = 0; i < job->n_forecasts; i++) {
        const struct gaia_client_forecast *forecast = &job->forecasts[i];
        text_printf(out, "forecast   %s: %s%s%s\n", forecast->id,
                    gaia_status_name(forecast->status), forecast->detail[0] != '\0' ? ": " : "",
                    forecast->detail);
    }
    for (size_t i = 0; i < job->n_warnings; i++) {
        text_printf(out, "warning    %s\n", job->warnings[i]);
    }
}

const struct command_spec command_jobs_spec = {
    "jobs [--state DIR]", "Lists the jobs of the scheduler.", state_options, N_OPTIONS, 0, 0};

int command_jobs(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    struct gaia_client *client = NULL;
    struct gaia_client_jobs *jobs = NULL;
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_jobs_spec, argc, argv, values, NULL, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = gaia_client_open(values[STATE].text, &client, &err);
    if (status == GAIA_OK) {
        status = gaia_client_list(client, &jobs, &err);
    }
    if (status == GAIA_OK) {
        jobs_print(&out, jobs);
        status = command_write(NULL, &out, &err);
    }
done:
    text_fini(&out);
    gaia_client_jobs_free(jobs);
    gaia_client_close(client);
    return command_end(status, &err);
}

const struct command_spec command_job_spec = {"job ID [--state DIR]",
                                              "Shows one job: how far it is, what went wrong.",
                                              state_options,
                                              N_OPTIONS,
                                              1,
                                              0};

int command_job(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *id = NULL;
    struct gaia_client *client = NULL;
    struct gaia_client_jobs *job = NULL;
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_job_spec, argc, argv, values, &id, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = gaia_client_open(values[STATE].text, &client, &err);
    if (status == GAIA_OK) {
        status = gaia_client_find(client, id, &job, &err);
    }
    if (status == GAIA_OK) {
        job_print(&out, job->jobs);
        status = command_write(NULL, &out, &err);
    }
done:
    text_fini(&out);
    gaia_client_jobs_free(job);
    gaia_client_close(client);
    return command_end(status, &err);
}

const struct command_spec command_cancel_spec = {
    "cancel ID [--state DIR]",
    "Cancels a job. What it has stored stays; what runs of it is stopped.",
    state_options,
    N_OPTIONS,
    1,
    0};

int command_cancel(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *id = NULL;
    struct gaia_client *client = NULL;
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_cancel_spec, argc, argv, values, &id, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = gaia_client_open(values[STATE].text, &client, &err);
    if (status == GAIA_OK) {
        status = gaia_client_cancel(client, id, &err);
    }
done:
    gaia_client_close(client);
    return command_end(status, &err);
}
