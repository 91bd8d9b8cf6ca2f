/* SPDX-License-Identifier: MIT
 *
 * An engine without files, for the tests of the executor.
 */
#include <stddef.h>

#include "engine_double.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <jansson.h>

#include "clock.h"
#include "error.h"
#include "http.h"
#include "engine.h"
#include "task.h"

struct engine {
    int unused;
};

static atomic_int runs;
static atomic_uint tries;
static atomic_int cancelled;
static atomic_bool held;
static atomic_int failure;

void engine_double_reset(void)
{
    atomic_store(&tries, 0);
    atomic_store(&runs, 0);
    atomic_store(&cancelled, 0);
    atomic_store(&held, false);
    atomic_store(&failure, GAIA_OK);
}

void engine_double_hold(bool hold)
{
    atomic_store(&held, hold);
}

void engine_double_fail(gaia_status status)
{
    atomic_store(&failure, (int)status);
}

int engine_double_runs(void)
{
    return atomic_load(&runs);
}

int engine_double_cancelled(void)
{
    return atomic_load(&cancelled);
}

double engine_double_sum(size_t u, size_t r, size_t k)
{
    return (double)(u * 1000 + r * 100 + k);
}

gaia_status engine_open(const struct gaia_engine_options *options, struct engine **engine,
                        gaia_error *err)
{
    (void)options;
    *engine = calloc(1, sizeof **engine);
    return *engine != NULL ? GAIA_OK : error_memory(err, sizeof **engine);
}

void engine_limit_remote(struct engine *engine, const struct http_limits *limits)
{
    (void)engine;
    atomic_store(&tries, limits->attempts);
}

const struct http_limits *engine_remote(const struct engine *engine)
{
    (void)engine;
    return NULL;
}

unsigned engine_double_tries(void)
{
    return atomic_load(&tries);
}

void engine_close(struct engine *engine)
{
    free(engine);
}

const char *engine_device(const struct engine *engine)
{
    (void)engine;
    return "cpu";
}

void engine_measure(const struct engine *engine, struct engine_use *use)
{
    const int n = atomic_load(&runs);
    (void)engine;
    *use = (struct engine_use){.kernel_s = 0.5 * n,
                               .uploaded_bytes = 1000 * (uint64_t)n,
                               .used_bytes = n > 0 ? 300 : 0,
                               .limit_bytes = 400,
                               .resident_bytes = n > 0 ? 200 : 0};
}

const char *engine_note(const struct engine *engine)
{
    (void)engine;
    return NULL;
}

/* A task that says which it was, held and failed as sums are. */
gaia_status task_run(struct engine *engine, const struct gaia_job *job,
                     struct engine_control *control, json_t **document, gaia_error *err)
{
    (void)engine;
    atomic_fetch_add(&runs, 1);
    while (atomic_load(&held)) {
        if (atomic_load(&control->cancel)) {
            atomic_fetch_add(&cancelled, 1);
            return error_set(err, GAIA_CANCELLED, "cancelled");
        }
        clock_sleep_ms(5);
    }
    if (atomic_load(&failure) != GAIA_OK) {
        return error_set(err, (gaia_status)atomic_load(&failure), "file \xff: not there");
    }
    *document = json_pack("{s:s}", "task", job->task != NULL ? job->task : "none");
    return *document != NULL ? GAIA_OK : error_memory(err, 1);
}

gaia_status engine_plan(struct engine *engine, const struct gaia_job *job, struct plan **plan,
                        gaia_error *err)
{
    static const char text[] =
        "{\"forecasts\":[{\"id\":\"a\",\"status\":\"ok\",\"detail\":\"\"}],\"variables\":[\"z\"],"
        "\"regions\":[\"global\"],\"weights\":[\"cos\"],\"warnings\":[],\"metrics\":\"1\","
        "\"missing\":\"pairwise\",\"has_climatology\":false,\"has_reference\":false,"
        "\"field_bytes\":8,\"units\":[[0,0,500,3600,0],[0,0,500,7200,0]]}";
    (void)engine;
    (void)job;
    json_t *json = json_loads(text, 0, NULL);
    const gaia_status status = plan_from_json(json, plan, err);
    json_decref(json);
    return status;
}

gaia_status engine_sums(struct engine *engine, const struct gaia_job *job, const struct plan *plan,
                        const struct gaia_unit *units, size_t n_units, struct gaia_moments *rows,
                        struct engine_failure *failures, size_t *n_failures,
                        struct engine_control *control, gaia_error *err)
{
    const size_t n_rows = plan_rows_per_unit(plan);
    (void)engine;
    (void)job;
    (void)units;
    (void)failures;
    *n_failures = 0;
    atomic_fetch_add(&runs, 1);
    while (atomic_load(&held)) {
        if (atomic_load(&control->cancel)) {
            atomic_fetch_add(&cancelled, 1);
            return error_set(err, GAIA_CANCELLED, "cancelled");
        }
        clock_sleep_ms(5);
    }
    if (atomic_load(&failure) != GAIA_OK) {
        return error_set(err, (gaia_status)atomic_load(&failure), "file \xff: not there");
    }
    atomic_fetch_add(&control->counts.bytes[READ_ZARR], 64);
    atomic_fetch_add(&control->counts.kept, 2);
    atomic_fetch_add(&control->counts.fresh, 1);
    atomic_fetch_add(&control->counts.summed_bytes, 192);
    for (size_t i = 0; i < n_units * n_rows * GAIA_MOMENT_COUNT; i++) {
        const size_t row = i / GAIA_MOMENT_COUNT;
        rows[row].sum[i % GAIA_MOMENT_COUNT] =
            engine_double_sum(row / n_rows, row % n_rows, i % GAIA_MOMENT_COUNT);
    }
    return GAIA_OK;
}

/* Jobs here ask for no maps. */
gaia_status engine_maps_open(struct engine *engine, const struct gaia_job *job,
                             const struct plan *plan, const struct gaia_unit *units, size_t n_units,
                             size_t *end, const struct map_sums **maps, gaia_error *err)
{
    (void)engine;
    (void)job;
    (void)plan;
    (void)units;
    (void)err;
    *end = n_units;
    *maps = NULL;
    return GAIA_OK;
}

void engine_maps_close(struct engine *engine)
{
    (void)engine;
}
