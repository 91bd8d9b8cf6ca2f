/* SPDX-License-Identifier: MIT
 *
 * An executor that does nothing: gaia-executor itself, but for the sums, which are zeros at once,
 * so that what bench/throughput.py measures is the scheduler. The linker puts the two functions of
 * this file before the real ones (--wrap).
 *
 * In its scratch folder it writes, to the file `runs`, when each lease began to run, a line each:
 * the job's name and the clock's nanoseconds since 1970.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"
#include "lease.h"

enum { PATH_BYTES = 4096 };

__typeof__(lease_run) __real_lease_run;
__typeof__(lease_run) __wrap_lease_run;
__typeof__(engine_sums) __wrap_engine_sums;

static void note(const json_t *lease)
{
    static FILE *runs;
    struct timespec now = {0};
    const char *job = json_string_value(json_object_get(json_object_get(lease, "spec"), "name"));
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (runs == NULL) {
        char path[PATH_BYTES];
        const char *scratch = getenv("TMPDIR");
        (void)snprintf(path, sizeof path, "%s/runs", scratch != NULL ? scratch : "/tmp");
        runs = fopen(path, "a");
    }
    if (runs != NULL) {
        (void)fprintf(runs, "%s %lld%09ld\n", job != NULL ? job : "-", (long long)now.tv_sec,
                      now.tv_nsec);
        (void)fflush(runs);
    }
}

gaia_status __wrap_lease_run(struct engine *engine, const json_t *lease,
                             const struct held_job *held, const char *staging,
                             struct engine_control *control, struct lease_result *result,
                             gaia_error *err)
{
    note(lease);
    return __real_lease_run(engine, lease, held, staging, control, result, err);
}

gaia_status __wrap_engine_sums(struct engine *engine, const struct gaia_job *job,
                               const struct plan *plan, const struct gaia_unit *units,
                               size_t n_units, struct gaia_moments *rows,
                               struct engine_failure *failures, size_t *n_failures,
                               struct engine_control *control, gaia_error *err)
{
    (void)engine;
    (void)job;
    (void)units;
    (void)failures;
    (void)control;
    (void)err;
    *n_failures = 0;
    memset(rows, 0, n_units * plan_rows_per_unit(plan) * sizeof *rows);
    return GAIA_OK;
}
