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
#include <unistd.h>

#include "config_program.h"
#include "error.h"
#include "file.h"
#include "log_options.h"
#include "machine.h"
#include "node.h"
#include "settings.h"
#include "recycle.h"

enum { CORES_PER_EXECUTOR = 2, NUMBER_BYTES = 24 };

static const uint64_t memory_most = (uint64_t)2 << 30; /* for data, where it is not said */
static const uint64_t memory_least = (uint64_t)64 << 20;

static const struct option_spec own_specs[] = {
    PROGRAM_OWN_SPECS,
    {"scheduler", OPTION_PATHS, "FILE", 0, 0, "the same as --scheduler-file: run executors only"},
};
enum { SCHEDULER = OWN_FIRST, N_OWN };

_Static_assert((int)CONFIG_OPTIONS <= NODE_ARGUMENTS_MAX, "every option can be passed on");

/* The cores that this process may use, which in a container are fewer than the machine has. */
static unsigned cores_count(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

/* How many executors run, and how many threads each has. */
static unsigned counts_choose(struct config *config)
{
    const unsigned n_cores = cores_count();
    unsigned n_executors = 1;
    if (config_is_given(config, CONFIG_EXECUTORS)) {
        n_executors = (unsigned)config_number(config, CONFIG_EXECUTORS);
    } else if (config_is_given(config, CONFIG_GPU)) {
        n_executors = (unsigned)config_number(config, CONFIG_GPU);
    } else if (n_cores > CORES_PER_EXECUTOR) {
        n_executors = n_cores / CORES_PER_EXECUTOR;
    }
    if (!config_is_given(config, CONFIG_THREADS)) {
        const unsigned share = n_cores / n_executors;
        char text[NUMBER_BYTES];
        (void)snprintf(text, sizeof text, "%u", share > 0 ? share : 1);
        config_choose(config, CONFIG_THREADS, text);
    }
    return n_executors;
}

/* The limits that were given, in place of the defaults. A hard limit alone brings its soft one
 * down, a soft one alone its hard one up. */
static void limits_take(const struct config *config, struct limits *limits)
{
    const struct {
        enum config_option option;
        uint64_t *limit;
    } sizes[] = {{CONFIG_RSS_SOFT, &limits->rss_soft_bytes},
                 {CONFIG_RSS_HARD, &limits->rss_hard_bytes},
                 {CONFIG_GPU_SOFT, &limits->gpu_soft_bytes},
                 {CONFIG_GPU_HARD, &limits->gpu_hard_bytes}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (config_is_given(config, sizes[i].option)) {
            *sizes[i].limit = config_number(config, sizes[i].option);
        }
    }
    limits->address_bytes = config_number(config, CONFIG_ADDRESS_SPACE);
    limits->batches = config_number(config, CONFIG_BATCHES);
    limits->lifetime_ms = config_ms(config, CONFIG_LIFETIME);
    limits->life_min_ms = config_ms(config, CONFIG_LIFETIME_MIN);
    limits->batch_ms = config_ms(config, CONFIG_BATCH_TIME);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes;
         i += 2) { /* the two pairs of soft and hard */
        const bool soft = config_is_given(config, sizes[i].option);
        const bool hard = config_is_given(config, sizes[i + 1].option);
        if (hard && !soft) {
            *sizes[i].limit = *sizes[i + 1].limit / 4 * 3;
        } else if (soft && !hard && *sizes[i].limit > *sizes[i + 1].limit / 4 * 3) {
            *sizes[i + 1].limit = *sizes[i].limit / 3 * 4;
        }
    }
}

/* Memory for data and the limits that follow from it; says where they do not go together. */
static void limits_choose(struct config *config, const struct log *log,
                          struct node_options *options)
{
    struct machine_memory machine;
    machine_memory_read("", &machine);
    if (!config_is_given(config, CONFIG_MEMORY)) {
        const uint64_t half = limits_share_bytes(machine.limit_bytes, options->n_executors) / 2;
        char text[NUMBER_BYTES];
        (void)snprintf(text, sizeof text, "%" PRIu64,
                       half < memory_least  ? memory_least
                       : half < memory_most ? half
                                            : memory_most);
        config_choose(config, CONFIG_MEMORY, text);
    }
    const struct limits_basis basis = {.memory_bytes = config_number(config, CONFIG_MEMORY),
                                       .gpu_memory_bytes = config_number(config, CONFIG_GPU_MEMORY),
                                       .machine_bytes = machine.limit_bytes,
                                       .n_executors = options->n_executors};
    options->limits = limits_default(&basis);
    limits_take(config, &options->limits);
    const uint64_t soft = options->limits.rss_soft_bytes;
    if (soft > 0 && soft < basis.memory_bytes) {
        log_event(log, LOG_APPLICATION, LOG_WARNING, "limit_low",
                  "memory for data does not fit below the soft limit: executors will be replaced "
                  "often",
                  log_int("memory_bytes", (int64_t)basis.memory_bytes),
                  log_int("rss_soft_bytes", (int64_t)soft));
    }
}

/* A scheduler elsewhere is not configured here: GAIA_USAGE if an argument does. */
static gaia_status remote_check(const struct config *config, gaia_error *err)
{
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        if (config->values[i].source == CONFIG_FROM_ARGUMENT &&
            (config_rows[i].programs & (PROGRAM_SCHEDULER | PROGRAM_EXECUTOR)) ==
                PROGRAM_SCHEDULER) {
            return error_set(err, GAIA_USAGE, "--%s is of a scheduler here, --scheduler of another",
                             config_specs[i].name);
        }
    }
    return GAIA_OK;
}

/* GAIA_FILE_MISSING unless each of the files, with commas between them, is there. */
static gaia_status files_check(const char *files, gaia_error *err)
{
    char file[PATH_MAX];
    for (const char *at = files; at != NULL;) {
        const size_t length = strcspn(at, ",");
        (void)snprintf(file, sizeof file, "%.*s", (int)length, at);
        if (access(file, F_OK) != 0) {
            return error_set(err, GAIA_FILE_MISSING, "%s: %s", file, strerror(errno));
        }
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return GAIA_OK;
}

/* The state directory, made and absolute; and that the files of schedulers elsewhere are there. */
static gaia_status places_find(struct config *config, gaia_error *err)
{
    const char *remote = config_text(config, CONFIG_SCHEDULER_FILE);
    char named[PATH_MAX];
    char place[PATH_MAX];
    gaia_status status = GAIA_OK;
    if (remote != NULL) {
        status = remote_check(config, err);
    }
    if (status == GAIA_OK && remote != NULL) {
        status = files_check(remote, err);
    }
    if (status == GAIA_OK) {
        status = state_directory(config_text(config, CONFIG_STATE), named, sizeof named, err);
    }
    if (status == GAIA_OK) {
        status = directory_make(named, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    if (realpath(named, place) == NULL) {
        return error_set(err, GAIA_DISK, "%s: not found", named);
    }
    config_choose(config, CONFIG_STATE, place);
    return GAIA_OK;
}

static gaia_status processes_run(struct config *config, const struct log *log, gaia_error *err)
{
    struct node_options options = {.n_executors = counts_choose(config)};
    struct config_arguments scheduler = {0};
    struct config_arguments executor = {0};
    gaia_status status = places_find(config, err);
    if (status == GAIA_OK) {
        limits_choose(config, log, &options);
        status = config_arguments_make(config, PROGRAM_SCHEDULER, &scheduler, err);
    }
    if (status == GAIA_OK) {
        status = config_arguments_make(config, PROGRAM_EXECUTOR, &executor, err);
    }
    if (status == GAIA_OK) {
        config_environment_clear(config);
        options.state = config_text(config, CONFIG_STATE);
        options.gpus = config_text(config, CONFIG_GPU);
        options.restart = settings_restart(config);
        options.is_remote = config_text(config, CONFIG_SCHEDULER_FILE) != NULL;
        options.scheduler = (const char *const *)scheduler.each;
        options.executor = (const char *const *)executor.each;
        status = node_run(&options, log, err);
    }
    config_arguments_free(&scheduler);
    config_arguments_free(&executor);
    return status;
}

static gaia_status run(struct config *config, const struct option_value *own,
                       struct logger **logger, gaia_error *err)
{
    if (own[SCHEDULER].is_set) {
        config_choose(config, CONFIG_SCHEDULER_FILE, own[SCHEDULER].text);
    }
    const gaia_status status = log_start(config, "gaia-node", "node", logger, err);
    if (status != GAIA_OK) {
        return status;
    }
    const struct log log = {.logger = *logger};
    program_log_ignored(config, &log);
    return processes_run(config, &log, err);
}

int main(int argc, char **argv)
{
    static const struct program program = {
        .name = "gaia-node",
        .bit = PROGRAM_NODE,
        .what = "Runs the scheduler and the executors of this machine until SIGTERM.",
        .own = own_specs,
        .n_own = N_OWN,
        .run = run};
    return program_main(&program, argc, argv);
}
