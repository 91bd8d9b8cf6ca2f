/* SPDX-License-Identifier: MIT
 *
 * An executor with faults: gaia-executor itself, but for what each batch does beside its work. The
 * linker puts lease_run of this file before the real one (--wrap), so that no program that ships
 * has a place for faults.
 *
 * Every batch leaks FAULTY_LEAK_MIB and takes FAULTY_BATCH_MS longer. By the first word of its
 * job's name, a score batch
 *    poison    ends the process by SIGSEGV, saying which lease of the process it was
 *    swell     on executor-1, once a job: takes memory up to FAULTY_SWELL_MIB at once, then more,
 *              until it is ended
 *    freeze    once a job: takes memory up to FAULTY_SWELL_MIB and stops itself
 *    slow      goes on until it is cancelled
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "lease.h"
#include "machine.h"

enum { MIB = 1 << 20, SWELL_PAUSE_MS = 100, PATH_BYTES = 4096 };

__typeof__(lease_run) __real_lease_run;
__typeof__(lease_run) __wrap_lease_run;

static int64_t number_of(const char *variable)
{
    const char *text = getenv(variable);
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

/* Pages that are touched and never given back; no sanitizer asks after them. */
static void leak(int64_t n_mib)
{
    if (n_mib > 0) {
        const size_t n_bytes = (size_t)n_mib * MIB;
        void *pages =
            mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages != MAP_FAILED) {
            memset(pages, 1, n_bytes);
        }
    }
}

static void leak_up_to_swell(void)
{
    const uint64_t wanted = (uint64_t)number_of("FAULTY_SWELL_MIB") * MIB;
    for (uint64_t rss = 0; (rss = process_rss_exact_bytes(getpid())) < wanted;) {
        leak((int64_t)((wanted - rss) / MIB) + 1);
    }
}

/* Whether this executor is asked for the first time about the job: a folder in its scratch folder,
 * which outlives it, says so. */
static bool is_first(const char *job)
{
    char path[PATH_BYTES];
    const char *scratch = getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "%s/%s", scratch != NULL ? scratch : "/tmp", job);
    return mkdir(path, 0700) == 0;
}

static bool is_executor_1(void)
{
    const char *scratch = getenv("TMPDIR");
    const char *name = scratch != NULL ? strrchr(scratch, '/') : NULL;
    return name != NULL && strcmp(name, "/executor-1") == 0;
}

static bool starts_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* The fault of a score batch of this job. GAIA_CANCELLED if it was cancelled. */
static gaia_status fault(const json_t *lease, const char *job, long number,
                         const struct engine_control *control, gaia_error *err)
{
    if (starts_with(job, "poison")) {
        const json_t *batch = json_object_get(lease, "batch");
        (void)fprintf(stderr, "%s: batch %lld is lease %ld of process %ld\n", job,
                      (long long)json_integer_value(batch), number, (long)getpid());
        (void)signal(SIGSEGV, SIG_DFL);
        (void)raise(SIGSEGV);
    }
    if (starts_with(job, "swell") && is_executor_1() && is_first(job)) {
        leak_up_to_swell();
        for (;;) {
            leak(1);
            clock_sleep_ms(SWELL_PAUSE_MS);
        }
    }
    if (starts_with(job, "freeze") && is_first(job)) {
        leak_up_to_swell();
        (void)raise(SIGSTOP);
    }
    while (starts_with(job, "slow")) {
        if (atomic_load(&control->cancel)) {
            return error_set(err, GAIA_CANCELLED, "cancelled");
        }
        clock_sleep_ms(SWELL_PAUSE_MS);
    }
    return GAIA_OK;
}

gaia_status __wrap_lease_run(struct engine *engine, const json_t *lease,
                             const struct held_job *held, const char *staging,
                             struct engine_control *control, struct lease_result *result,
                             gaia_error *err)
{
    static long n_batches;
    const char *kind = json_string_value(json_object_get(lease, "kind"));
    const char *job = json_string_value(json_object_get(json_object_get(lease, "spec"), "name"));
    n_batches++;
    leak(number_of("FAULTY_LEAK_MIB"));
    clock_sleep_ms(number_of("FAULTY_BATCH_MS"));
    if (job != NULL && kind != NULL && strcmp(kind, "score") == 0) {
        const gaia_status status = fault(lease, job, n_batches, control, err);
        if (status != GAIA_OK) {
            *result = (struct lease_result){0};
            return status;
        }
    }
    return __real_lease_run(engine, lease, held, staging, control, result, err);
}
