/* SPDX-License-Identifier: MIT
 *
 * The engine: request → plan → read → kernel → keep the sums. Read this first.
 *
 * Its two halves are engine_plan and engine_sums. A session (session.c) holds the job's open
 * sources and what is laid out for its grid, plan_build.c lists the units, pipeline.c turns units
 * into moments; score/score_stream.c makes scores of them. Executors run the halves for leases,
 * score_job.c runs all of it in one process.
 *
 * Invariant: no arithmetic on values here: that is the backend's (kernels/backend.h).
 */
#include "engine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend.h"
#include "error.h"
#include "pipeline.h"
#include "plan_build.h"
#include "session.h"

/* Files that are kept open, and what of the memory each is granted for that. */
enum { FILES_OPEN_MIN = 8, FILES_OPEN_MAX = 512, FILE_BYTES = 4 << 20 };

static const uint64_t MEMORY_DEFAULT = UINT64_C(2) << 30;

struct engine {
    struct gaia_engine_options options;
    const struct backend_ops *ops;
    struct backend *backend;
    char note[GAIA_ERROR_DETAIL]; /* why the device is not what was hoped for; "": it is */
    struct session *session;      /* of the last job; NULL: none */
    struct map_sums *maps;        /* that fields are added to; NULL: none */
    struct source_access given;   /* the datasets that jobs may name, and the limits below */
    struct http_limits remote;
};

/* ---- Opening and closing ---- */

/* Fills in what the options leave open. */
static struct gaia_engine_options options_complete(const struct gaia_engine_options *options)
{
    struct gaia_engine_options complete = *options;
    complete.device = options->device != NULL ? options->device : "auto";
    if (complete.memory_bytes == 0) {
        complete.memory_bytes = MEMORY_DEFAULT;
    }
    if (complete.n_threads == 0) {
        const long cores = sysconf(_SC_NPROCESSORS_ONLN);
        complete.n_threads = cores > 0 ? (unsigned)cores : 1;
    }
    if (complete.n_threads > ENGINE_THREADS_MAX) {
        complete.n_threads = ENGINE_THREADS_MAX;
    }
    return complete;
}

gaia_status engine_open_on(const struct backend_ops *ops, const struct gaia_engine_options *options,
                           struct engine **engine, gaia_error *err)
{
    struct engine *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->options = options_complete(options);
    opened->options.device = ops->name; /* the caller's text may go away */
    opened->ops = ops;
    opened->remote = http_limits_default();
    opened->given.limits = &opened->remote;
    const struct backend_config config = {.memory_bytes = options->gpu_memory_bytes,
                                          .i_device = options->gpu};
    const gaia_status status = ops->open(&config, &opened->backend, err);
    if (status != GAIA_OK) {
        free(opened);
        return status;
    }
    *engine = opened;
    return GAIA_OK;
}

gaia_status engine_open(const struct gaia_engine_options *options, struct engine **engine,
                        gaia_error *err)
{
    const char *device = options->device != NULL ? options->device : "auto";
    const struct backend_ops *ops = NULL;
    const char *note = NULL;
    gaia_error error = {0};
    gaia_status status = backend_find(device, &ops, &note, &error);
    if (status == GAIA_OK) {
        status = engine_open_on(ops, options, engine, &error);
    }
    if (strcmp(device, "auto") == 0 && ops != NULL && ops != &backend_cpu &&
        gaia_status_class(status) == GAIA_CLASS_RESOURCE) {
        note = error.detail; /* there is a device, and it cannot be used */
        status = engine_open_on(&backend_cpu, options, engine, err);
    } else if (status != GAIA_OK) {
        status = error_set(err, status, "%s", error.detail);
    }
    if (status == GAIA_OK && note != NULL) {
        (void)snprintf((*engine)->note, sizeof(*engine)->note, "the CPU is used, not a GPU: %.*s",
                       GAIA_ERROR_DETAIL - 64, note);
    }
    return status;
}

void engine_use_arrays(struct engine *engine, const struct gaia_dataset *datasets,
                       size_t n_datasets)
{
    assert(engine->session == NULL);
    engine->given.n_datasets = n_datasets;
    engine->given.datasets = datasets;
}

void engine_limit_remote(struct engine *engine, const struct http_limits *limits)
{
    assert(engine->session == NULL);
    engine->remote = *limits;
}

const struct http_limits *engine_remote(const struct engine *engine)
{
    return &engine->remote;
}

const struct gaia_engine_options *engine_options(const struct engine *engine)
{
    return &engine->options;
}

const char *engine_device(const struct engine *engine)
{
    return engine->ops->name;
}

const char *engine_note(const struct engine *engine)
{
    return engine->note[0] != '\0' ? engine->note : NULL;
}

void engine_close(struct engine *engine)
{
    if (engine != NULL) {
        engine_maps_close(engine);
        session_close(engine->session);
        engine->ops->close(engine->backend);
        free(engine);
    }
}

/* How many files stay open: the library keeps some memory for each. */
static size_t files_open_max(const struct engine *engine)
{
    const uint64_t affordable = engine->options.memory_bytes / FILE_BYTES;
    return affordable < FILES_OPEN_MIN   ? FILES_OPEN_MIN
           : affordable > FILES_OPEN_MAX ? FILES_OPEN_MAX
                                         : (size_t)affordable;
}

/* After a failure: what is half open must not be taken for whole by the next call. */
static void session_forget(struct engine *engine)
{
    session_close(engine->session);
    engine->session = NULL;
}

/* The session of this job: the one at hand if it is the same job, else a new one. */
static gaia_status session_get(struct engine *engine, const struct gaia_job *job,
                               const char *const *names, size_t n_names, struct session **session,
                               gaia_error *err)
{
    struct session *at_hand = engine->session;
    if (at_hand != NULL && at_hand->job->json_length == job->json_length &&
        memcmp(at_hand->job->json, job->json, job->json_length) == 0) {
        *session = at_hand;
        return GAIA_OK;
    }
    session_forget(engine);
    struct session *opened = NULL;
    const gaia_status status =
        session_open(job, &engine->given, names, n_names, files_open_max(engine), &opened, err);
    if (status != GAIA_OK) {
        return status;
    }
    engine->session = opened;
    *session = opened;
    return GAIA_OK;
}

/* ---- Plan ---- */

gaia_status engine_plan(struct engine *engine, const struct gaia_job *job, struct plan **plan,
                        gaia_error *err)
{
    struct session *session = NULL;
    gaia_status status = session_get(engine, job, job->variables, job->n_variables, &session, err);
    if (status == GAIA_OK) {
        assert(session != NULL);
        status = plan_build(&session->sources, plan, err);
    }
    if (status != GAIA_OK) {
        session_forget(engine);
    }
    return status;
}

/* ---- Sums ---- */

/* The share of memory that decoded chunks may take, in all and for each of the files that are open.
 */
static struct read_limits read_limits(const struct engine *engine, const struct session *session)
{
    const struct file_table *files = &session->sources.files;
    const size_t share = (size_t)(engine->options.memory_bytes / CHUNK_SHARE);
    const size_t n_open = files->n_files < files->open_max ? files->n_files : files->open_max;
    return (struct read_limits){.chunk_bytes = share,
                                .cache_bytes = share / (n_open > 0 ? n_open : 1)};
}

gaia_status engine_sums(struct engine *engine, const struct gaia_job *job, const struct plan *plan,
                        const struct gaia_unit *units, size_t n_units, struct gaia_moments *rows,
                        struct engine_failure *failures, size_t *n_failures,
                        struct engine_control *control, gaia_error *err)
{
    struct session *session = NULL;
    *n_failures = 0;
    if (plan->n_forecasts != job->n_forecasts) {
        return error_set(err, GAIA_PROTOCOL, "a plan of %zu forecasts for a job of %zu",
                         plan->n_forecasts, job->n_forecasts);
    }
    gaia_status status = session_get(engine, job, (const char *const *)plan->variables,
                                     plan->n_variables, &session, err);
    if (status == GAIA_OK) {
        assert(session != NULL);
        const struct session_resources resources = {.ops = engine->ops,
                                                    .backend = engine->backend,
                                                    .n_threads = engine->options.n_threads,
                                                    .memory_bytes = engine->options.memory_bytes};
        status = session_lay_out(session, &resources, plan, err);
    }
    if (status != GAIA_OK) {
        session_forget(engine);
        return status;
    }
    const struct pipeline pipeline = {
        .ops = engine->ops,
        .backend = engine->backend,
        .pool = &session->pool,
        .sources = &session->sources,
        .regions = &session->regions,
        .n_weights = plan->n_weights,
        .n_points = session->sources.truth.grid.n_lat * session->sources.truth.grid.n_lon,
        .n_works = session->n_works,
        .works = session->works,
        .work_tiles = session->work_tiles,
        .work_forecasts = session->work_forecasts,
        .tile_forecasts = session->tile_forecasts,
        .raw = session->raw,
        .raw_bytes = session->raw_bytes,
        .spare = session->spare,
        .limits = read_limits(engine, session),
        .variables = (const char *const *)plan->variables,
        .maps = engine->maps,
        .control = control,
    };
    status = pipeline_run(&pipeline, units, n_units, rows, failures, n_failures, err);
    if (status != GAIA_OK && status != GAIA_CANCELLED) {
        session_forget(engine);
    }
    return status;
}

void engine_measure(const struct engine *engine, struct engine_use *use)
{
    struct backend_times times = {0};
    const uint64_t limit_bytes = engine->ops->memory_bytes(engine->backend);
    engine->ops->times(engine->backend, &times);
    *use = (struct engine_use){.kernel_s = times.kernel_s,
                               .uploaded_bytes = times.uploaded_bytes,
                               .used_bytes = times.used_bytes,
                               .limit_bytes = limit_bytes,
                               .resident_bytes = limit_bytes > 0 && engine->session != NULL
                                                     ? field_pool_kept_bytes(&engine->session->pool)
                                                     : 0};
}

/* ---- Maps ---- */

/* Says in which units each map's errors are: those of the truth. */
static void maps_units_tell(struct map_sums *maps, const struct plan *plan,
                            const struct catalog *truth)
{
    for (size_t i = 0; i < maps->n_series; i++) {
        struct map_series *series = &maps->series[i];
        const size_t variable = catalog_variable(truth, plan->variables[series->first.variable]);
        if (variable < truth->n_variables && truth->variables[variable].units != NULL) {
            series->units = truth->variables[variable].units;
        }
    }
}

/* How many maps the memory holds besides the rooms; 0: not one. */
static size_t maps_room(const struct engine *engine, const struct gaia_grid *grid,
                        size_t room_bytes)
{
    const uint64_t share = engine->options.memory_bytes / MAPS_SHARE;
    const uint64_t rooms = 2 * (uint64_t)room_bytes;
    return share > rooms ? (size_t)((share - rooms) / map_sums_bytes(grid)) : 0;
}

gaia_status engine_maps_open(struct engine *engine, const struct gaia_job *job,
                             const struct plan *plan, const struct gaia_unit *units, size_t n_units,
                             size_t *end, const struct map_sums **maps, gaia_error *err)
{
    struct session *session = NULL;
    size_t n_maps = 0;
    engine_maps_close(engine);
    *maps = NULL;
    *end = map_sums_range(plan, units, n_units, 0, &n_maps);
    if (*end == n_units) {
        return GAIA_OK;
    }
    gaia_status status = session_get(engine, job, (const char *const *)plan->variables,
                                     plan->n_variables, &session, err);
    if (status != GAIA_OK) {
        return status;
    }
    const struct catalog *truth = &session->sources.truth;
    const bool is_away = engine->ops->memory_bytes(engine->backend) > 0;
    const size_t room_bytes = is_away ? (size_t)plan->field_bytes : 0;
    const size_t room = maps_room(engine, &truth->grid, room_bytes);
    if (room == 0) {
        return error_set(
            err, GAIA_LIMIT,
            "maps of %zu x %zu points need %llu bytes of memory at least; the limit is "
            "%llu",
            truth->grid.n_lat, truth->grid.n_lon,
            (unsigned long long)((map_sums_bytes(&truth->grid) + 2 * room_bytes) * MAPS_SHARE),
            (unsigned long long)engine->options.memory_bytes);
    }
    *end = map_sums_range(plan, units, n_units, room, &n_maps);
    status = map_sums_open(plan, units, *end, &truth->grid, room_bytes, &engine->maps, err);
    if (status == GAIA_OK) {
        maps_units_tell(engine->maps, plan, truth);
        *maps = engine->maps;
    }
    return status;
}

void engine_maps_close(struct engine *engine)
{
    map_sums_close(engine->maps);
    engine->maps = NULL;
}

uint64_t engine_rows_bytes(const struct engine *engine)
{
    return engine->options.memory_bytes / ROWS_SHARE;
}
