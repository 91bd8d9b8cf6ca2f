/* SPDX-License-Identifier: MIT
 *
 * `gaia jobs`, `gaia job` and `gaia cancel`: looking at what the scheduler has, and stopping it.
 *
 * Invariant: these commands keep nothing; what they print is what one request answered.
 */
#include "command.h"

#include <inttypes.h>

#include <jansson.h>

#include <gaia/client.h>
#include <gaia/time.h>

#include "listing.h"

enum { MS_PER_S = 1000 };

static const struct option_spec state_options[] = {OPTION_HELP, OPTION_STATE, OPTION_JSON};
enum { HELP, STATE, JSON, N_OPTIONS };

static gaia_status jobs_print(const struct gaia_client_jobs *jobs, gaia_error *err)
{
    static const struct listing_column columns[] = {
        {"id", false, false},       {"state", false, false},   {"fields", true, false},
        {"submitted", false, true}, {"finished", false, true}, {"name", false, false}};
    struct listing listing = {.columns = columns, .n_columns = sizeof columns / sizeof *columns};
    for (size_t i = 0; i < jobs->n_jobs; i++) {
        const struct gaia_client_job *job = &jobs->jobs[i];
        listing_add(&listing, "%s", job->id);
        listing_add(&listing, "%s", job->state);
        listing_add(&listing, "%" PRIu64 "/%" PRIu64, job->units_done, job->units_total);
        listing_add_time(&listing, job->submitted_ms);
        listing_add_time(&listing, job->finished_ms);
        listing_add(&listing, "%s", job->name);
    }
    const gaia_status status = listing_print(&listing, err);
    listing_fini(&listing);
    return status;
}

/* A time in milliseconds, null for none. */
static json_t *time_json(int64_t time_ms)
{
    return time_ms > 0 ? json_integer(time_ms) : json_null();
}

/* What a list of jobs has of one, by the names of the HTTP API. */
static json_t *job_json(const struct gaia_client_job *job)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "id", job->id, "name", job->name,
                     "state", job->state, "units_done", (json_int_t)job->units_done, "units_total",
                     (json_int_t)job->units_total, "submitted_ms", time_json(job->submitted_ms),
                     "finished_ms", time_json(job->finished_ms));
}

static json_t *jobs_json(const struct gaia_client_jobs *jobs)
{
    json_t *list = json_array();
    bool good = list != NULL;
    for (size_t i = 0; good && i < jobs->n_jobs; i++) {
        good = json_array_append_new(list, job_json(&jobs->jobs[i])) == 0;
    }
    if (!good) {
        json_decref(list);
        return NULL;
    }
    return json_pack("{s:o}", "jobs", list);
}

/* The same with all that is known of one job. */
static json_t *job_whole_json(const struct gaia_client_job *job)
{
    json_t *root = job_json(job);
    json_t *forecasts = json_array();
    json_t *warnings = json_array();
    for (size_t i = 0; i < job->n_forecasts; i++) {
        const struct gaia_client_forecast *forecast = &job->forecasts[i];
        (void)json_array_append_new(
            forecasts, json_pack("{s:s, s:s, s:s}", "id", forecast->id, "status",
                                 gaia_status_name(forecast->status), "detail", forecast->detail));
    }
    for (size_t i = 0; i < job->n_warnings; i++) {
        (void)json_array_append_new(warnings, json_string(job->warnings[i]));
    }
    json_t *error = job->error.status == GAIA_OK
                        ? json_null()
                        : json_pack("{s:s, s:s}", "code", gaia_status_name(job->error.status),
                                    "detail", job->error.detail);
    json_t *more =
        json_pack("{s:I, s:I, s:o, s:o, s:o}", "batches_done", (json_int_t)job->batches_done,
                  "batches_total", (json_int_t)job->batches_total, "error", error, "forecasts",
                  forecasts, "warnings", warnings);
    const bool good = root != NULL && more != NULL && json_object_update(root, more) == 0 &&
                      json_array_size(json_object_get(root, "forecasts")) == job->n_forecasts &&
                      json_array_size(json_object_get(root, "warnings")) == job->n_warnings;
    json_decref(more);
    if (!good) {
        json_decref(root);
        return NULL;
    }
    return root;
}

static void moment_append(struct text *out, int64_t time_ms)
{
    char when[GAIA_TIME_TEXT] = "-";
    if (time_ms > 0) {
        gaia_time_format(time_ms / MS_PER_S, when);
    }
    text_append(out, when);
}

static void job_print(struct text *out, const struct gaia_client_job *job)
{
    text_printf(out, "id         %s\nname       ", job->id);
    text_append_clean(out, job->name);
    text_printf(out, "\nstate      %s\n", job->state);
    text_printf(out, "fields     %" PRIu64 " of %" PRIu64 "\n", job->units_done, job->units_total);
    text_printf(out, "batches    %" PRIu64 " of %" PRIu64 "\n", job->batches_done,
                job->batches_total);
    text_append(out, "submitted  ");
    moment_append(out, job->submitted_ms);
    text_append(out, "\nfinished   ");
    moment_append(out, job->finished_ms);
    text_append(out, "\n");
    if (job->error.status != GAIA_OK) {
        text_printf(out, "error      %s: ", gaia_status_name(job->error.status));
        text_append_clean(out, job->error.detail);
        text_append(out, "\n");
    }
    for (size_t i = 0; i < job->n_forecasts; i++) {
        const struct gaia_client_forecast *forecast = &job->forecasts[i];
        text_append(out, "forecast   ");
        text_append_clean(out, forecast->id);
        text_printf(out, ": %s%s", gaia_status_name(forecast->status),
                    forecast->detail[0] != '\0' ? ": " : "");
        text_append_clean(out, forecast->detail);
        text_append(out, "\n");
    }
    for (size_t i = 0; i < job->n_warnings; i++) {
        text_append(out, "warning    ");
        text_append_clean(out, job->warnings[i]);
        text_append(out, "\n");
    }
}

enum { OF_STATE = N_OPTIONS, OF_TENANT, OF_NAME, LIMIT, N_JOBS_OPTIONS };
enum { LISTED_MAX = 10000 };

static const struct option_spec jobs_options[N_JOBS_OPTIONS] = {
    OPTION_HELP,
    OPTION_STATE,
    OPTION_JSON,
    {"of-state", OPTION_TEXT, "STATE", 0, 0,
     "queued, planning, running, succeeded, failed or cancelled [any]"},
    {"tenant", OPTION_TEXT, "NAME", 0, 0, "jobs of this tenant; \"\": that name none [any]"},
    {"name", OPTION_TEXT, "NAME", 0, 0, "jobs that are called so, to the letter [any]"},
    {"limit", OPTION_NUMBER, "N", 1, LISTED_MAX, "so many at most, the latest [10000]"},
};

const struct command_spec command_jobs_spec = {"jobs [--of-state STATE] [OPTION]...",
                                               "Lists the jobs of the scheduler.",
                                               jobs_options,
                                               N_JOBS_OPTIONS,
                                               0,
                                               0};

int command_jobs(int argc, char **argv)
{
    struct option_value values[N_JOBS_OPTIONS];
    struct gaia_client *client = NULL;
    struct gaia_client_jobs *jobs = NULL;
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_jobs_spec, argc, argv, values, NULL, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = gaia_client_open(values[STATE].text, &client, &err);
    if (status == GAIA_OK) {
        const struct gaia_client_choice choice = {.state = values[OF_STATE].text,
                                                  .tenant = values[OF_TENANT].text,
                                                  .name = values[OF_NAME].text,
                                                  .limit = (unsigned)values[LIMIT].number};
        status = gaia_client_list_some(client, &choice, &jobs, &err);
    }
    if (status == GAIA_OK) {
        status = values[JSON].is_set ? command_write_json(jobs_json(jobs), &err)
                                     : jobs_print(jobs, &err);
    }
done:
    gaia_client_jobs_free(jobs);
    gaia_client_close(client);
    return command_end(status, &err);
}

const struct command_spec command_job_spec = {"job ID [--state DIR] [--json]",
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
    if (status == GAIA_OK && values[JSON].is_set) {
        status = command_write_json(job_whole_json(job->jobs), &err);
    } else if (status == GAIA_OK) {
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
    "cancel ID [--state DIR] [--json]",
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
    if (status == GAIA_OK) {
        status = command_done(values[JSON].is_set, id, "cancel", &err);
    }
done:
    gaia_client_close(client);
    return command_end(status, &err);
}
