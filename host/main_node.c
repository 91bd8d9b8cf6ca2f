/* SPDX-License-Identifier: MIT
 *
 * gaia-node: the supervisor of one machine. Options in, node_run, exit status out.
 *
 * Invariant: one thread, so that it may fork.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "log.h"
#include "node.h"
#include "options.h"

enum { EXECUTORS_MAX = 1024, CORES_PER_EXECUTOR = 2 };

static const struct option_spec specs[] = {
    {"help", OPTION_FLAG, NULL, 0, 0, "show this text and end"},
    {"state", OPTION_TEXT, "DIR", 0, 0, "state directory [$XDG_STATE_HOME/gaia]"},
    {"executors", OPTION_NUMBER, "N", 1, EXECUTORS_MAX,
     "executors to run [one per GPU named, else per two cores]"},
    {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX, "memory for data per executor [2GiB]"},
    {"device", OPTION_TEXT, "DEVICE", 0, 0, "auto, cpu or cuda [auto]"},
    {"threads", OPTION_NUMBER, "N", 1, 1024, "threads per executor [cores / executors]"},
    {"gpu", OPTION_TEXT, "LIST", 0, 0, "such as 0,1: GPUs that the executors take in turn [0]"},
    {"gpu-memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX,
     "memory of its GPU for data per executor [most of what is free]"},
    {"scheduler", OPTION_TEXT, "FILE", 0, 0,
     "run executors only, of the scheduler on another machine that this file names"},
    {"listen", OPTION_TEXT, "HOST", 0, 0,
     "passed to the scheduler, like the next: where executors of other machines dial"},
    {"listen-control-port", OPTION_NUMBER, "N", 0, 65535, "port for HELLO and BEAT"},
    {"listen-work-port", OPTION_NUMBER, "N", 0, 65535, "port for FETCH and RESULT"},
    {"ca", OPTION_TEXT, "FILE", 0, 0, "authority of the executors' certificates"},
    {"certificate", OPTION_TEXT, "FILE", 0, 0, "the scheduler's certificate"},
    {"key", OPTION_TEXT, "FILE", 0, 0, "its private key, mode 0600"},
};
enum {
    HELP,
    STATE,
    EXECUTORS,
    MEMORY,
    DEVICE,
    THREADS,
    GPU,
    GPU_MEMORY,
    SCHEDULER,
    LISTEN,
    LISTEN_CONTROL_PORT,
    LISTEN_WORK_PORT,
    CA,
    CERTIFICATE,
    KEY,
    N_OPTIONS
};

/* The cores that this process may use, which in a container are fewer than the machine has. */
static unsigned cores_count(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* Numbers with commas between them, and how many; 0 where there is no list. */
static gaia_status gpus_count(const char *list, unsigned *n, gaia_error *err)
{
    static const char digits[] = "0123456789";
    *n = 0;
    for (const char *at = list; at != NULL;) {
        const size_t length = strspn(at, digits);
        if (length == 0 || length > 4 || (at[length] != ',' && at[length] != '\0')) {
            return error_set(err, GAIA_USAGE, "--gpu '%s': numbers with commas are wanted", list);
        }
        (*n)++;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return GAIA_OK;
}

/* The scheduler's arguments for other machines, as they were given; NULL at their end. */
static gaia_status listen_arguments(const struct option_value *values, const char **listen,
                                    gaia_error *err)
{
    static const char *const names[] = {"--listen", "--listen-control-port", "--listen-work-port",
                                        "--ca",     "--certificate",         "--key"};
    size_t n = 0;
    for (size_t i = LISTEN; i <= KEY; i++) {
        if (values[i].is_set && values[SCHEDULER].is_set) {
            return error_set(err, GAIA_USAGE, "%s is of a scheduler here, --scheduler of another",
                             names[i - LISTEN]);
        }
        if (values[i].is_set) {
            listen[n++] = names[i - LISTEN];
            listen[n++] = values[i].text;
        }
    }
    listen[n] = NULL;
    return GAIA_OK;
}

static gaia_status run(const struct option_value *values, const struct log *log, gaia_error *err)
{
    char named[PATH_MAX];
    char state[PATH_MAX];
    char remote[PATH_MAX];
    char threads[16];
    const char *listen[NODE_LISTEN_MAX + 1];
    const unsigned n_cores = cores_count();
    struct node_options options = {.n_executors = 1,
                                   .memory = values[MEMORY].text,
                                   .device = values[DEVICE].text,
                                   .threads = values[THREADS].text,
                                   .gpu_memory = values[GPU_MEMORY].text,
                                   .gpus = values[GPU].text,
                                   .listen = listen};
    unsigned n_gpus = 0;
    gaia_status status = gpus_count(options.gpus, &n_gpus, err);
    if (status == GAIA_OK) {
        status = listen_arguments(values, listen, err);
    }
    if (status == GAIA_OK && values[SCHEDULER].is_set) {
        options.remote = realpath(values[SCHEDULER].text, remote);
        status = options.remote != NULL ? GAIA_OK
                                        : error_set(err, GAIA_FILE_MISSING, "%s: %s",
                                                    values[SCHEDULER].text, strerror(errno));
    }
    if (status == GAIA_OK) {
        status = state_directory(values[STATE].text, named, sizeof named, err);
    }
    if (status == GAIA_OK) {
        status = directory_make(named, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    if (realpath(named, state) == NULL) {
        return error_set(err, GAIA_DISK, "%s: not found", named);
    }
    options.state = state;
    if (values[EXECUTORS].is_set) {
        options.n_executors = (unsigned)values[EXECUTORS].number;
    } else if (options.gpus != NULL) {
        options.n_executors = n_gpus;
    } else if (n_cores > CORES_PER_EXECUTOR) {
        options.n_executors = n_cores / CORES_PER_EXECUTOR;
    }
    if (options.threads == NULL) {
        const unsigned share = n_cores / options.n_executors;
        (void)snprintf(threads, sizeof threads, "%u", share > 0 ? share : 1);
        options.threads = threads;
    }
    return node_run(&options, log, err);
}

int main(int argc, char **argv)
{
    const struct log log = {.stream = stderr, .program = "gaia-node", .level = LOG_INFO};
    struct option_value values[N_OPTIONS];
    size_t n_positional = 0;
    gaia_error err = {0};
    gaia_status status =
        options_parse(specs, N_OPTIONS, argc, argv, values, NULL, 0, &n_positional, &err);
    if (status == GAIA_OK && values[HELP].is_set) {
        (void)printf("usage: gaia-node [OPTION]...\n\n"
                     "Runs the scheduler and the executors of this machine until SIGTERM.\n\n");
        options_print(stdout, specs, N_OPTIONS);
        return 0;
    }
    if (status == GAIA_OK) {
        status = run(values, &log, &err);
    }
    if (status != GAIA_OK) {
        log_line(&log, LOG_ERROR, "%s", err.detail);
    }
    return gaia_status_exit(status);
}
