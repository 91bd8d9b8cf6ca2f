/* SPDX-License-Identifier: MIT
 *
 * `gaia explain`: why a forecast got its composite, from a file of composites or a job of the
 * scheduler.
 *
 * Invariant: what exists as a file is a file; anything else is the id of a job.
 */
#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <gaia/client.h>

#include "error.h"
#include "file.h"
#include "leaderboard.h"

static const size_t COMPOSITES_BYTES_MAX = (size_t)1 << 30;

static const struct option_spec options[] = {
    OPTION_HELP,
    OPTION_STATE,
    {"forecast", OPTION_TEXT, "ID", 0, 0, "which forecast, where there are several"},
    OPTION_JSON,
};
enum { HELP, STATE, FORECAST, JSON, N_OPTIONS };

static int piece_take(void *context, const char *bytes, size_t length)
{
    struct text *text = context;
    text_append_n(text, bytes, length);
    return text->failed;
}

/* The composites of a job of the scheduler, as text. */
static gaia_status job_fetch(const char *id, const char *state, struct text *list, gaia_error *err)
{
    struct gaia_client *client = NULL;
    gaia_status status = gaia_client_open(state, &client, err);
    if (status == GAIA_OK) {
        status = gaia_client_composites(client, id, piece_take, list, err);
    }
    if (list->failed) {
        status = error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the composites");
    }
    gaia_client_close(client);
    return status;
}

static gaia_status documents_get(const char *source, const char *state, json_t **documents,
                                 gaia_error *err)
{
    struct text list = {0};
    char *bytes = NULL;
    size_t length = 0;
    gaia_status status = GAIA_OK;
    if (access(source, F_OK) == 0 || strchr(source, '/') != NULL || strchr(source, '.') != NULL) {
        status = file_read(source, COMPOSITES_BYTES_MAX, &bytes, &length, err);
        if (status == GAIA_OK) {
            status = composites_read(source, bytes, length, documents, err);
        }
    } else {
        status = job_fetch(source, state, &list, err);
        if (status == GAIA_OK) {
            status = composites_read(source, list.s, list.length, documents, err);
        }
    }
    text_fini(&list);
    free(bytes);
    return status;
}

const struct command_spec command_explain_spec = {
    "explain COMPOSITES.json|JOB [--forecast ID] [--state DIR] [--json]",
    "Says why a forecast got its composite: what was lost where, penalties, checks, gaps.",
    options,
    N_OPTIONS,
    1,
    0};

int command_explain(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *source = NULL;
    json_t *documents = NULL;
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_explain_spec, argc, argv, values, &source, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    status = documents_get(source, values[STATE].text, &documents, &err);
    if (status == GAIA_OK) {
        status = explain_write(documents, values[FORECAST].text, &out, &err);
        status = status != GAIA_OK ? error_prefix(&err, status, "%s", source) : GAIA_OK;
    }
    if (status == GAIA_OK) {
        status = command_write_lines(values[JSON].is_set, "lines", &out, &err);
    }
done:
    json_decref(documents);
    text_fini(&out);
    return command_end(status, &err);
}
