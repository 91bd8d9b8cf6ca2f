/* SPDX-License-Identifier: MIT
 *
 * gaia-executor: options in, executor_run, exit status out.
 *
 * Invariant: SIGTERM and SIGINT are blocked before any thread starts, so that the one thread which
 * waits for them gets them all.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "executor.h"
#include "file.h"
#include "log.h"
#include "options.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 128, THREADS_MAX = 1024 };

static const uint64_t memory_default = (uint64_t)2 << 30;

static const struct option_spec specs[] = {
    {"help", OPTION_FLAG, NULL, 0, 0, "show this text and end"},
    {"state", OPTION_TEXT, "DIR[,DIR]...", 0, 0,
     "state directory, or those of schedulers that share a database [$XDG_STATE_HOME/gaia]"},
    {"device", OPTION_TEXT, "DEVICE", 0, 0, "auto, cpu or cuda [auto]"},
    {"threads", OPTION_NUMBER, "N", 1, THREADS_MAX, "compute threads [one per core]"},
    {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX, "memory for data [2GiB]"},
    {"gpu", OPTION_NUMBER, "N", 0, 1023, "which GPU, where there are several [0]"},
    {"gpu-memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX,
     "memory of the GPU for data [most of what is free]"},
    {"id", OPTION_TEXT, "NAME", 0, 0, "name of this executor [host and process number]"},
};
enum { HELP, STATE, DEVICE, THREADS, MEMORY, GPU, GPU_MEMORY, ID, N_OPTIONS };

static void signals_block(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    /* A reader that goes away, of the log too, is an error to handle and no reason to die. */
    (void)signal(SIGPIPE, SIG_IGN);
}

static gaia_status run(const struct option_value *values, const struct log *log, gaia_error *err)
{
    char state[PATH_BYTES];
    char host[NAME_BYTES / 2] = "host";
    char name[NAME_BYTES];
    const gaia_status status = state_directory(values[STATE].text, state, sizeof state, err);
    if (status != GAIA_OK) {
        return status;
    }
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(name, sizeof name, "%s-%ld", host, (long)getpid());
    const struct executor_options options = {
        .state = state,
        .executor = values[ID].is_set ? values[ID].text : name,
        .engine = {.device = values[DEVICE].is_set ? values[DEVICE].text : "auto",
                   .n_threads = (unsigned)values[THREADS].number,
                   .memory_bytes = values[MEMORY].is_set ? values[MEMORY].number : memory_default,
                   .gpu_memory_bytes = values[GPU_MEMORY].number,
                   .gpu = (unsigned)values[GPU].number},
        .log = log};
    return executor_run(&options, err);
}

int main(int argc, char **argv)
{
    const struct log log = {.stream = stderr, .program = "gaia-executor", .level = LOG_INFO};
    struct option_value values[N_OPTIONS];
    size_t n_positional = 0;
    gaia_error err = {0};
    signals_block();
    gaia_status status =
        options_parse(specs, N_OPTIONS, argc, argv, values, NULL, 0, &n_positional, &err);
    if (status == GAIA_OK && values[HELP].is_set) {
        (void)printf("usage: gaia-executor [OPTION]...\n\n"
                     "Leases batches from the scheduler of a state directory and runs them until "
                     "SIGTERM.\n\n");
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
