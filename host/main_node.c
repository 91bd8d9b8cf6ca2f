/* SPDX-License-Identifier: MIT
 *
 * gaia-node: the supervisor of one machine. Options in, node_run, exit status out.
 *
 * Invariant: one thread, so that it may fork.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_options.h"
#include "error.h"
#include "file.h"
#include "library.h"
#include "log.h"
#include "machine.h"
#include "node.h"
#include "options.h"
#include "recycle.h"
#include "stack_options.h"

enum { CORES_PER_EXECUTOR = 2, NUMBER_BYTES = 24, OPTION_NAME_BYTES = 32 };

static const uint64_t memory_most = (uint64_t)2 << 30; /* for data, where it is not said */
static const uint64_t memory_least = (uint64_t)64 << 20;

static const struct option_spec specs[] = {
    {"help", OPTION_FLAG, NULL, 0, 0, "show this text and end"},
    {"state", OPTION_TEXT, "DIR", 0, 0, "state directory [$XDG_STATE_HOME/gaia]"},
    STACK_OPTION_SPECS,
    {"scheduler", OPTION_TEXT, "FILE", 0, 0,
     "run executors only, of the scheduler on another machine that this file names"},
    {"listen", OPTION_TEXT, "HOST", 0, 0,
     "passed to the scheduler, like the next: where executors of other machines dial"},
    {"listen-control-port", OPTION_NUMBER, "N", 0, 65535, "port for HELLO and BEAT"},
    {"listen-work-port", OPTION_NUMBER, "N", 0, 65535, "port for FETCH and RESULT"},
    {"ca", OPTION_TEXT, "FILE", 0, 0, "authority of the executors' certificates"},
    {"certificate", OPTION_TEXT, "FILE", 0, 0, "the scheduler's certificate"},
    {"key", OPTION_TEXT, "FILE", 0, 0, "its private key, mode 0600"},
    API_OPTION_SPECS,
    {"version", OPTION_FLAG, NULL, 0, 0, "print the version, and those of libraries, and end"},
};
enum {
    HELP,
    STATE,
    FIRST,
    SCHEDULER = FIRST + STACK_OPTIONS,
    LISTEN,
    LISTEN_CONTROL_PORT,
    LISTEN_WORK_PORT,
    CA,
    CERTIFICATE,
    KEY,
    API_FIRST,
    VERSION = API_FIRST + API_OPTIONS,
    N_OPTIONS
};

_Static_assert(2 * (VERSION - LISTEN) <= NODE_PASSED_MAX, "every option can be passed on");

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

/* How many executors run, and how many threads each has. */
static void counts_choose(const struct option_value *values, unsigned n_gpus, char *threads,
                          size_t threads_bytes, struct node_options *options)
{
    const unsigned n_cores = cores_count();
    options->n_executors = 1;
    if (values[STACK_EXECUTORS].is_set) {
        options->n_executors = (unsigned)values[STACK_EXECUTORS].number;
    } else if (options->gpus != NULL) {
        options->n_executors = n_gpus;
    } else if (n_cores > CORES_PER_EXECUTOR) {
        options->n_executors = n_cores / CORES_PER_EXECUTOR;
    }
    if (options->threads == NULL) {
        const unsigned share = n_cores / options->n_executors;
        (void)snprintf(threads, threads_bytes, "%u", share > 0 ? share : 1);
        options->threads = threads;
    }
}

/* The limits that were given, in place of the defaults. A hard limit alone brings its soft one
 * down, a soft one alone its hard one up. */
static void limits_take(const struct option_value *values, struct limits *limits)
{
    enum { SECOND_MS = 1000 };
    const struct {
        enum stack_option option;
        uint64_t *bytes;
    } sizes[] = {
        {STACK_RSS_SOFT, &limits->rss_soft_bytes},     {STACK_RSS_HARD, &limits->rss_hard_bytes},
        {STACK_GPU_SOFT, &limits->gpu_soft_bytes},     {STACK_GPU_HARD, &limits->gpu_hard_bytes},
        {STACK_ADDRESS_SPACE, &limits->address_bytes}, {STACK_BATCHES, &limits->batches}};
    const struct {
        enum stack_option option;
        int64_t *ms;
    } times[] = {{STACK_LIFETIME, &limits->lifetime_ms},
                 {STACK_LIFETIME_MIN, &limits->life_min_ms},
                 {STACK_BATCH_TIME, &limits->batch_ms},
                 {STACK_BATCH_CPU, &limits->batch_cpu_ms}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (values[sizes[i].option].is_set) {
            *sizes[i].bytes = values[sizes[i].option].number;
        }
    }
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (values[times[i].option].is_set) {
            *times[i].ms = (int64_t)values[times[i].option].number * SECOND_MS;
        }
    }
    for (size_t i = 0; i < 4; i += 2) { /* the two pairs of soft and hard */
        const bool soft = values[sizes[i].option].is_set;
        const bool hard = values[sizes[i + 1].option].is_set;
        if (hard && !soft) {
            *sizes[i].bytes = *sizes[i + 1].bytes / 4 * 3;
        } else if (soft && !hard && *sizes[i].bytes > *sizes[i + 1].bytes / 4 * 3) {
            *sizes[i + 1].bytes = *sizes[i].bytes / 3 * 4;
        }
    }
}

/* Memory for data and the limits that follow from it; says where they do not go together. */
static gaia_status limits_choose(const struct option_value *values, const struct log *log,
                                 char *memory, size_t memory_bytes, struct node_options *options,
                                 gaia_error *err)
{
    struct machine_memory machine;
    machine_memory_read("", &machine);
    struct limits_basis basis = {.memory_bytes = values[STACK_MEMORY].number,
                                 .gpu_memory_bytes = values[STACK_GPU_MEMORY].number,
                                 .machine_bytes = machine.limit_bytes,
                                 .n_executors = options->n_executors};
    if (!values[STACK_MEMORY].is_set) {
        const uint64_t half = limits_share_bytes(machine.limit_bytes, options->n_executors) / 2;
        basis.memory_bytes = half < memory_least  ? memory_least
                             : half < memory_most ? half
                                                  : memory_most;
        (void)snprintf(memory, memory_bytes, "%" PRIu64, basis.memory_bytes);
        options->memory = memory;
    }
    options->limits = limits_default(&basis);
    limits_take(values, &options->limits);
    const uint64_t soft = options->limits.rss_soft_bytes;
    if (soft > 0 && soft < basis.memory_bytes) {
        log_line(log, LOG_WARNING,
                 "%" PRIu64 " MiB for data do not fit below the soft limit of %" PRIu64
                 " MiB: executors will be replaced often",
                 basis.memory_bytes >> 20, soft >> 20);
    }
    return limits_check(&options->limits, err);
}

/* The scheduler's arguments, as they were given; NULL at their end. names: [NODE_PASSED_MAX]. */
static gaia_status passed_arguments(const struct option_value *values,
                                    char names[][OPTION_NAME_BYTES], const char **passed,
                                    gaia_error *err)
{
    size_t n = 0;
    for (size_t i = LISTEN; i < VERSION; i++) {
        if (values[i].is_set && values[SCHEDULER].is_set) {
            return error_set(err, GAIA_USAGE, "--%s is of a scheduler here, --scheduler of another",
                             specs[i].name);
        }
        if (values[i].is_set) {
            (void)snprintf(names[i - LISTEN], OPTION_NAME_BYTES, "--%s", specs[i].name);
            passed[n++] = names[i - LISTEN];
        }
        if (values[i].is_set && values[i].text != NULL) {
            passed[n++] = values[i].text;
        }
    }
    passed[n] = NULL;
    return GAIA_OK;
}

static gaia_status run(const struct option_value *values, const struct log *log, gaia_error *err)
{
    char named[PATH_MAX];
    char state[PATH_MAX];
    char remote[PATH_MAX];
    char threads[NUMBER_BYTES];
    char memory[NUMBER_BYTES];
    char names[NODE_PASSED_MAX / 2][OPTION_NAME_BYTES];
    const char *passed[NODE_PASSED_MAX + 1];
    const struct option_value *stack = values + FIRST;
    struct node_options options = {.memory = stack[STACK_MEMORY].text,
                                   .device = stack[STACK_DEVICE].text,
                                   .threads = stack[STACK_THREADS].text,
                                   .gpu_memory = stack[STACK_GPU_MEMORY].text,
                                   .gpus = stack[STACK_GPU].text,
                                   .passed = passed,
                                   .no_sandbox = stack[STACK_NO_SANDBOX].is_set};
    unsigned n_gpus = 0;
    gaia_status status = gpus_count(options.gpus, &n_gpus, err);
    if (status == GAIA_OK) {
        status = passed_arguments(values, names, passed, err);
    }
    if (status == GAIA_OK && values[SCHEDULER].is_set) {
        options.remote = realpath(values[SCHEDULER].text, remote);
        status = options.remote != NULL ? GAIA_OK
                                        : error_set(err, GAIA_FILE_MISSING, "%s: %s",
                                                    values[SCHEDULER].text, strerror(errno));
    }
    if (status == GAIA_OK) {
        counts_choose(stack, n_gpus, threads, sizeof threads, &options);
        status = limits_choose(stack, log, memory, sizeof memory, &options, err);
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
    if (status == GAIA_OK && values[VERSION].is_set) {
        version_print("gaia-node");
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
