/* SPDX-License-Identifier: MIT
 *
 * The engine: request → plan → read → kernel → reduce. Read this first.
 *
 * Its two halves are engine_plan and engine_sums. A session opens the job's sources (sources.c),
 * plan_build.c lists the units, pipeline.c turns units into moments; score/score_stream.c makes
 * scores of them. Executors run the halves for leases, score_job.c runs all of it in one process.
 *
 * Invariant: what a session allocates for data is bounded by options.memory_bytes.
 */
#include "engine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "backend.h"
#include "error.h"
#include "field_pool.h"
#include "pipeline.h"
#include "plan_build.h"
#include "region.h"
#include "sources.h"
#include "weights.h"

enum { SLOTS_MAX = 1024, SESSION_ARENA_BYTES_MAX = 64 << 20 };

/* Shares of the memory limit: decoded chunks of open files; a call's rows of moments. */
enum { CHUNK_SHARE = 4, ROWS_SHARE = 16, SUMS_SHARE = 8 };

/* Files that are kept open, and what of the memory each is granted for that. */
enum { FILES_OPEN_MIN = 8, FILES_OPEN_MAX = 512, FILE_BYTES = 4 << 20 };

static const uint64_t MEMORY_DEFAULT = UINT64_C(2) << 30;

/* The open sources of one job, and what is laid out for its grid when the first sums are asked for.
 */
struct session {
    struct gaia_job *job; /* a copy: the caller's may go away between calls */
    struct sources sources;
    bool is_laid_out;
    struct arena arena;
    struct region_set regions;
    double **weight; /* [n_weights][n_lat] */
    struct field_pool pool;
    size_t tile_forecasts;
    void *raw; /* one field as a file stores it */
    size_t raw_bytes;
};

struct engine {
    struct gaia_engine_options options;
    const struct backend_ops *ops;
    struct backend *backend;
    struct session *session; /* of the last job; NULL: none */
};

/* ---- Opening and closing ---- */

gaia_status engine_open(const struct gaia_engine_options *options, struct engine **engine,
                        gaia_error *err)
{
    const struct backend_config config = {.instruction_set = NULL};
    struct engine *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->options = *options;
    if (opened->options.memory_bytes == 0) {
        opened->options.memory_bytes = MEMORY_DEFAULT;
    }
    if (opened->options.n_threads == 0) {
        const long cores = sysconf(_SC_NPROCESSORS_ONLN);
        opened->options.n_threads = cores > 0 ? (unsigned)cores : 1;
    }
    if (opened->options.n_threads > ENGINE_THREADS_MAX) {
        opened->options.n_threads = ENGINE_THREADS_MAX;
    }
    gaia_status status =
        backend_find(options->device != NULL ? options->device : "auto", &opened->ops, err);
    if (status == GAIA_OK) {
        status = opened->ops->open(&config, &opened->backend, err);
    }
    if (status != GAIA_OK) {
        free(opened);
        return status;
    }
    *engine = opened;
    return GAIA_OK;
}

const char *engine_device(const struct engine *engine)
{
    return engine->ops->name;
}

static void session_close(struct session *session)
{
    if (session != NULL) {
        field_pool_fini(&session->pool);
        free(session->raw);
        if (session->sources.job != NULL) {
            sources_close(&session->sources);
        }
        arena_fini(&session->arena);
        gaia_job_free(session->job);
        free(session);
    }
}

void engine_close(struct engine *engine)
{
    if (engine != NULL) {
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
    struct session *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    arena_init(&opened->arena, SESSION_ARENA_BYTES_MAX);
    gaia_status status = gaia_job_parse(job->json, job->json_length, &opened->job, err);
    if (status == GAIA_OK) {
        status = sources_open(opened->job, names, n_names, files_open_max(engine), &opened->sources,
                              err);
    }
    if (status != GAIA_OK) {
        session_close(opened);
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

static gaia_status weights_lay_out(struct session *session, const struct plan *plan,
                                   gaia_error *err)
{
    const struct gaia_grid *grid = &session->sources.truth.grid;
    session->weight = arena_alloc(&session->arena, plan->n_weights, sizeof *session->weight);
    for (size_t i = 0; session->weight != NULL && i < plan->n_weights; i++) {
        enum weighting weighting = WEIGHTING_NONE;
        session->weight[i] = arena_alloc(&session->arena, grid->n_lat, sizeof **session->weight);
        if (!weighting_find(plan->weights[i], &weighting)) {
            return error_set(err, GAIA_WEIGHTING_UNKNOWN, "no such weighting '%s'",
                             plan->weights[i]);
        }
        if (session->weight[i] == NULL) {
            return error_memory(err, grid->n_lat * sizeof **session->weight);
        }
        weights_make(weighting, grid, session->weight[i]);
    }
    return session->weight != NULL ? GAIA_OK : error_memory(err, plan->n_weights);
}

/* Divides the memory: room for raw fields and row sums, the file libraries' chunks, and the rest
 * for fields, of which a tile needs its truth and companions and one forecast at least. */
static gaia_status pool_lay_out(struct engine *engine, struct session *session,
                                const struct plan *plan, gaia_error *err)
{
    const struct gaia_grid *grid = &session->sources.truth.grid;
    const size_t n_shared = 1 + (size_t)plan->has_climatology + (size_t)plan->has_reference;
    const uint64_t points = (uint64_t)grid->n_lat * grid->n_lon;
    const uint64_t raw = (uint64_t)grid->n_lat * (grid->n_lon + 1) * sizeof(double);
    const uint64_t sums_of_one = (uint64_t)engine->options.n_threads * grid->n_lat *
                                 session->regions.n_intervals * ROW_COUNT * sizeof(double);
    const uint64_t total = engine->options.memory_bytes;
    uint64_t together = total / SUMS_SHARE / (sums_of_one > 0 ? sums_of_one : 1);
    together = together < 1 ? 1 : together;
    together = together > TILE_FORECASTS_MAX ? TILE_FORECASTS_MAX : together;
    together = together > plan->n_forecasts ? plan->n_forecasts : together;
    const uint64_t reserved =
        total / CHUNK_SHARE + total / ROWS_SHARE + raw + together * sums_of_one;
    uint64_t n_slots = total > reserved ? (total - reserved) / plan->field_bytes : 0;
    n_slots = n_slots > SLOTS_MAX ? SLOTS_MAX : n_slots;
    const struct sources *s = &session->sources;
    const bool fits = s->truth.field_bytes <= plan->field_bytes &&
                      s->climatology.field_bytes <= plan->field_bytes &&
                      s->reference.field_bytes <= plan->field_bytes && s->truth.raw_bytes <= raw &&
                      s->climatology.raw_bytes <= raw && s->reference.raw_bytes <= raw;
    if (points == 0 || plan->field_bytes > points * sizeof(double) || !fits) {
        return error_set(err, GAIA_PROTOCOL, "the plan's fields do not fit the grid of %s",
                         session->sources.truth.grid_path);
    }
    if (n_slots < n_shared + 1) {
        return error_set(
            err, GAIA_LIMIT,
            "fields of %zu x %zu points need %llu bytes of memory at least; the limit is "
            "%llu",
            grid->n_lat, grid->n_lon,
            (unsigned long long)((reserved - total / CHUNK_SHARE - total / ROWS_SHARE +
                                  (n_shared + 1) * plan->field_bytes) *
                                 16 / 11),
            (unsigned long long)total);
    }
    session->tile_forecasts =
        (size_t)(together > n_slots - n_shared ? n_slots - n_shared : together);
    session->raw_bytes = (size_t)raw;
    session->raw = malloc(session->raw_bytes);
    if (session->raw == NULL) {
        return error_memory(err, (size_t)raw);
    }
    return field_pool_init(&session->pool, engine->ops, engine->backend, (size_t)n_slots,
                           (size_t)plan->field_bytes, err);
}

static gaia_status session_lay_out(struct engine *engine, struct session *session,
                                   const struct plan *plan, gaia_error *err)
{
    if (session->is_laid_out) {
        return GAIA_OK;
    }
    gaia_status status = region_set_make(&session->arena, &session->sources.truth.grid,
                                         (const char *const *)plan->regions, plan->n_regions,
                                         &session->regions, err);
    if (status == GAIA_OK && session->regions.n_regions != plan->n_regions) {
        status = error_set(err, GAIA_PROTOCOL, "the plan's regions do not fit the grid of %s",
                           session->sources.truth.grid_path);
    }
    if (status == GAIA_OK) {
        status = weights_lay_out(session, plan, err);
    }
    if (status == GAIA_OK) {
        status = pool_lay_out(engine, session, plan, err);
    }
    session->is_laid_out = status == GAIA_OK;
    return status;
}

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
        status = session_lay_out(engine, session, plan, err);
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
        .weight = (const double *const *)session->weight,
        .n_weights = plan->n_weights,
        .n_lat = session->sources.truth.grid.n_lat,
        .n_lon = session->sources.truth.grid.n_lon,
        .n_threads = engine->options.n_threads,
        .tile_forecasts = session->tile_forecasts,
        .raw = session->raw,
        .raw_bytes = session->raw_bytes,
        .limits = read_limits(engine, session),
        .variables = (const char *const *)plan->variables,
        .control = control,
    };
    status = pipeline_run(&pipeline, units, n_units, rows, failures, n_failures, err);
    if (status != GAIA_OK && status != GAIA_CANCELLED) {
        session_forget(engine);
    }
    return status;
}

uint64_t engine_rows_bytes(const struct engine *engine)
{
    return engine->options.memory_bytes / ROWS_SHARE;
}
