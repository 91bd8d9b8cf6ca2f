/* SPDX-License-Identifier: MIT
 *
 * `gaia health`: whether what was started on a state directory does its work, for the health checks
 * of containers and supervisors.
 *
 * Invariant: a scheduler that stands by, or whose database is away, is in health: to start it again
 * would not help.
 */
#include "command.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <jansson.h>

#include <gaia/client.h>

#include "beat.h"
#include "error.h"
#include "file.h"

enum { HELP, STATE, JSON, N_OPTIONS };

static const struct option_spec options[N_OPTIONS] = {OPTION_HELP, OPTION_STATE, OPTION_JSON};

const struct command_spec command_health_spec = {
    .usage = "health [--state DIR] [--json]",
    .summary = "Says whether what was started on a state directory does its work: its scheduler\n"
               "answers, and of its executors at least one was heard by a scheduler in the last\n"
               "30 s. Exit status 0 if all that is there does, and something is.",
    .options = options,
    .n_options = N_OPTIONS,
};

/* Whether the scheduler of the directory answers; *there says whether one has announced itself. */
static gaia_status scheduler_ask(const char *state, bool *there, gaia_error *err)
{
    char note[PATH_MAX + 32];
    struct gaia_client *client = NULL;
    (void)snprintf(note, sizeof note, "%s/scheduler.json", state);
    *there = access(note, F_OK) == 0;
    if (!*there) {
        return GAIA_OK;
    }
    gaia_status status = gaia_client_open(state, &client, err);
    if (status == GAIA_OK) {
        status = gaia_client_live(client, err);
    }
    gaia_client_close(client);
    return status;
}

static gaia_status health_tell(const char *state, bool as_json, gaia_error *err)
{
    bool there = false;
    gaia_error why = {0};
    const gaia_status scheduler = scheduler_ask(state, &there, &why);
    const struct beat_count beats = beat_look(state);
    const char *answer = !there ? "none" : scheduler == GAIA_OK ? "answers" : "silent";
    gaia_status status = GAIA_OK;
    if (as_json) {
        status = command_write_json(json_pack("{s:s, s:s, s:I, s:I}", "schema", "gaia.health/1",
                                              "scheduler", answer, "executors", (json_int_t)beats.n,
                                              "executors_heard", (json_int_t)beats.n_fresh),
                                    err);
    } else {
        (void)printf("scheduler: %s; executors: %zu, heard: %zu\n", answer, beats.n, beats.n_fresh);
    }
    if (status == GAIA_OK && scheduler != GAIA_OK) {
        status = error_set(err, scheduler, "%s", why.detail);
    } else if (status == GAIA_OK && beats.n > 0 && beats.n_fresh == 0) {
        status = error_set(err, GAIA_UNREACHABLE, "no scheduler has heard an executor for %d s",
                           BEAT_FRESH_S);
    } else if (status == GAIA_OK && !there && beats.n == 0) {
        status = error_set(err, GAIA_UNREACHABLE, "nothing runs on %s", state);
    }
    return status;
}

int command_health(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    char state[PATH_MAX];
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_health_spec, argc, argv, values, NULL, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = state_directory(values[STATE].text, state, sizeof state, &err);
        if (status == GAIA_OK) {
            status = health_tell(state, values[JSON].is_set, &err);
        }
    }
    return command_end(status, &err);
}
