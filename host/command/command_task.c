/* SPDX-License-Identifier: MIT
 *
 * `gaia task`: the tasks that a validator hands out, by their names. `run` carries a job's task out
 * in this process, `result` fetches what the scheduler has of one, `list` prints the names.
 *
 * Invariant: run and result print the same bytes for the same job and files.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gaia/client.h>
#include <gaia/engine.h>
#include <gaia/job.h>

#include "document.h"
#include "engine.h"
#include "error.h"
#include "file.h"
#include "job_inputs.h"
#include "job_task.h"
#include "scores_fetch.h"
#include "task.h"

enum { JOB_BYTES_MAX = 64 << 20 };

enum { HELP, STATE, OUT, THREADS, MEMORY, JSON, N_OPTIONS };

/* Runs the task of the job file at path. */
static gaia_status task_file_run(const struct option_value *values, const char *path,
                                 int *exit_status, gaia_error *err)
{
    const struct gaia_engine_options options = {.device = "cpu",
                                                .n_threads = (unsigned)values[THREADS].number,
                                                .memory_bytes = values[MEMORY].number};
    char *json = NULL;
    size_t length = 0;
    struct gaia_job *job = NULL;
    struct outputs outputs;
    struct engine *engine = NULL;
    json_t *document = NULL;
    gaia_status status = file_read(path, JOB_BYTES_MAX, &json, &length, err);
    if (status == GAIA_OK) {
        status = gaia_job_parse(json, length, &job, err);
        status = status == GAIA_OK ? status : error_prefix(err, status, "%s", path);
    }
    if (status == GAIA_OK && !job->has_document) {
        status = error_set(err, GAIA_USAGE, "%s: a job with scores: gaia score --job", path);
    }
    if (status == GAIA_OK) {
        status = outputs_take(command_task_spec.options, N_OPTIONS, values, &outputs, err);
    }
    if (status == GAIA_OK) {
        status = job_inputs_spare(job, path, &outputs, err);
    }
    if (status == GAIA_OK) {
        status = engine_open(&options, &engine, err);
    }
    if (status == GAIA_OK) {
        status = task_run(engine, job, NULL, &document, err);
    }
    if (status == GAIA_OK) {
        status = document_print(document, values[OUT].text, err);
        *exit_status = document_exit(document);
    }
    json_decref(document);
    engine_close(engine);
    gaia_job_free(job);
    free(json);
    return status;
}

static gaia_status task_result(const struct option_value *values, const char *id, int *exit_status,
                               gaia_error *err)
{
    struct gaia_client *client = NULL;
    gaia_status status = gaia_client_open(values[STATE].text, &client, err);
    if (status == GAIA_OK) {
        status = document_write(client, id, values[OUT].text, exit_status, err);
    }
    gaia_client_close(client);
    return status;
}

static gaia_status task_do(const struct option_value *values, const char *const *words,
                           int *exit_status, gaia_error *err)
{
    struct text names = {0};
    if (strcmp(words[0], "list") == 0 && words[1] == NULL) {
        for (size_t i = 0; job_task_name(i) != NULL; i++) {
            text_printf(&names, "%s\n", job_task_name(i));
        }
        const gaia_status status = command_write_lines(values[JSON].is_set, "tasks", &names, err);
        text_fini(&names);
        return status;
    }
    if (words[1] != NULL && strcmp(words[0], "run") == 0) {
        return task_file_run(values, words[1], exit_status, err);
    }
    if (words[1] != NULL && strcmp(words[0], "result") == 0) {
        return task_result(values, words[1], exit_status, err);
    }
    return error_set(err, GAIA_USAGE, "usage: gaia task run JOB.json | result ID | list");
}

static const struct option_spec options[N_OPTIONS] = {
    OPTION_HELP,
    OPTION_STATE,
    {"out", OPTION_OUTPUT, "FILE", 0, 0, "where the document goes [standard output]"},
    {"threads", OPTION_NUMBER, "N", 1, 64, "[one per core]"},
    {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX, "for data [2GiB]"},
    {"json", OPTION_FLAG, NULL, 0, 0, "print JSON; documents are that anyway"},
};

const struct command_spec command_task_spec = {
    "task run JOB.json | task result ID | task list [OPTION]...",
    "Carries out the task of a job (gaia.job/1 with \"task\") and prints its document, or\n"
    "prints that of a job of the scheduler. Exit status 3 if the verdict is a rejection.",
    options,
    N_OPTIONS,
    1,
    1};

int command_task(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *words[2] = {NULL, NULL};
    gaia_error err = {0};
    bool helped = false;
    int exit_status = 0;
    gaia_status status =
        command_arguments(&command_task_spec, argc, argv, values, words, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = task_do(values, words, &exit_status, &err);
    }
    return status != GAIA_OK ? command_end(status, &err) : exit_status;
}
