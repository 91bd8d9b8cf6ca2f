/* SPDX-License-Identifier: MIT
 *
 * gaia-executor: options in, executor_run, exit status out.
 *
 * Invariant: SIGTERM and SIGINT are blocked before any thread starts, so that the one thread which
 * waits for them gets them all; and the sandbox is entered before, because it binds the threads
 * that come after.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "executor.h"
#include "file.h"
#include "library.h"
#include "log.h"
#include "options.h"
#include "sandbox.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 128, THREADS_MAX = 1024, SECONDS_MAX = 365 * 86400 };

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
    {"scheduler", OPTION_TEXT, "FILE[,FILE]...", 0, 0,
     "a scheduler on another machine: scheduler.json of `gaia cert make`; NAME is then put behind "
     "the machine's"},
    {"batches", OPTION_NUMBER, "N", 0, UINT64_MAX, "batches after which it leaves [no limit]"},
    {"lifetime-min", OPTION_NUMBER, "SECONDS", 0, SECONDS_MAX,
     "age below which it does not leave for that [0]"},
    {"batch-time", OPTION_NUMBER, "SECONDS", 0, SECONDS_MAX,
     "time that a batch may take [no limit]"},
    {"batch-cpu", OPTION_NUMBER, "SECONDS", 0, SECONDS_MAX,
     "processor time that a batch may take [no limit]"},
    {"no-sandbox", OPTION_FLAG, NULL, 0, 0, "do what the user may: for debugging only"},
    {"version", OPTION_FLAG, NULL, 0, 0, "print the version, and those of libraries, and end"},
};
enum {
    HELP,
    STATE,
    DEVICE,
    THREADS,
    MEMORY,
    GPU,
    GPU_MEMORY,
    ID,
    SCHEDULER,
    BATCHES,
    LIFETIME_MIN,
    BATCH_TIME,
    BATCH_CPU,
    NO_SANDBOX,
    VERSION,
    N_OPTIONS
};

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

/* Makes STATE/scratch/NAME, the one folder that the executor may write to, and has libraries use
 * it. "" where it cannot be made: then it writes nothing. */
static void scratch_make(const char *state, const char *name, char *scratch, size_t bytes,
                         const struct log *log)
{
    char plain[NAME_BYTES];
    gaia_error why = {.detail = "no state directory is known"};
    (void)snprintf(plain, sizeof plain, "%s", name);
    for (char *at = plain; *at != '\0'; at++) { /* a name is no path */
        *at = *at == '/' || (at == plain && *at == '.') ? '_' : *at;
    }
    const int n = snprintf(scratch, bytes, "%s/scratch/%s", state, plain);
    if (state[0] == '\0' || n < 0 || (size_t)n >= bytes ||
        directory_make(scratch, &why) != GAIA_OK) {
        log_line(log, LOG_WARNING, "no scratch folder: %s", why.detail);
        scratch[0] = '\0';
        return;
    }
    (void)setenv("TMPDIR", scratch, 1);
    (void)setenv("CUDA_CACHE_PATH", scratch, 0);
}

/* The first of several state directories has the scratch folder. */
static void confine(const char *states, const char *name, const struct log *log)
{
    const struct address_options all = {.state = states};
    struct address_place first;
    char scratch[PATH_BYTES + NAME_BYTES];
    address_pick(&all, 0, &first);
    scratch_make(first.text, name, scratch, sizeof scratch, log);
    sandbox_files(scratch[0] != '\0' ? scratch : NULL, log);
}

/* Checks the files of schedulers elsewhere; the first one names this machine. */
static gaia_status remotes_check(const char *files, char *machine, gaia_error *err)
{
    const struct address_options all = {.remote = files};
    struct address_place place;
    char other[NAME_BYTES / 2];
    address_pick(&all, 0, &place);
    gaia_status status = address_check_remote(place.text, machine, sizeof other, err);
    for (size_t i = 1; status == GAIA_OK && i < place.count; i++) {
        address_pick(&all, i, &place);
        status = address_check_remote(place.text, other, sizeof other, err);
    }
    return status;
}

/* The executor's id: what --id says or host and process number, behind the machine's name where
 * the scheduler is elsewhere. */
static gaia_status id_make(const struct option_value *values, char *id, gaia_error *err)
{
    char host[NAME_BYTES / 4] = "host";
    char name[NAME_BYTES / 2];
    char machine[NAME_BYTES / 2] = "";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(name, sizeof name, "%s-%ld", host, (long)getpid());
    if (values[SCHEDULER].is_set) {
        const gaia_status status = remotes_check(values[SCHEDULER].text, machine, err);
        if (status != GAIA_OK) {
            return status;
        }
    }
    const int n = snprintf(id, NAME_BYTES, "%s%s%s", machine, machine[0] != '\0' ? "/" : "",
                           values[ID].is_set ? values[ID].text : name);
    return n > 0 && n < NAME_BYTES ? GAIA_OK : error_set(err, GAIA_USAGE, "--id: too long");
}

static gaia_status run(const struct option_value *values, const struct log *log, gaia_error *err)
{
    enum { SECOND_MS = 1000 };
    char state[PATH_BYTES] = "";
    char id[NAME_BYTES];
    gaia_status status = state_directory(values[STATE].text, state, sizeof state, err);
    if (values[SCHEDULER].is_set) { /* which needs no state; without one there is no scratch */
        status = GAIA_OK;
    }
    if (status == GAIA_OK) {
        status = id_make(values, id, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    const struct executor_options options = {
        .address = {.state = state, .remote = values[SCHEDULER].text, .executor = id},
        .engine = {.device = values[DEVICE].is_set ? values[DEVICE].text : "auto",
                   .n_threads = (unsigned)values[THREADS].number,
                   .memory_bytes = values[MEMORY].is_set ? values[MEMORY].number : memory_default,
                   .gpu_memory_bytes = values[GPU_MEMORY].number,
                   .gpu = (unsigned)values[GPU].number},
        .log = log,
        .batches_max = values[BATCHES].number,
        .life_min_ms = (int64_t)values[LIFETIME_MIN].number * SECOND_MS,
        .batch_ms = (int64_t)values[BATCH_TIME].number * SECOND_MS,
        .batch_cpu_ms = (int64_t)values[BATCH_CPU].number * SECOND_MS,
        .sandbox = !values[NO_SANDBOX].is_set};
    if (options.sandbox) {
        confine(state, id, log);
    } else {
        log_line(log, LOG_WARNING,
                 "no sandbox: a hostile file may do whatever this executor's user may");
    }
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
    if (status == GAIA_OK && values[VERSION].is_set) {
        version_print("gaia-executor");
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
