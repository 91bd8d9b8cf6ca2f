/* SPDX-License-Identifier: MIT
 *
 * Opens a session and divides the memory: what files and rows take is set aside, then works are
 * opened, and slots get the rest. On the CPU all of it is the host's; a device has its own for
 * works and slots, and the host's pays for staging and for the sums that come back.
 */
#include "session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "tile_queue.h"
#include "weights.h"

enum { SESSION_ARENA_BYTES_MAX = 64 << 20 };

/* Shares of the host's memory for sums, and of the device's for works. */
enum { SUMS_SHARE = 8, WORK_SHARE = 4 };

enum {
    SLOTS_MAX = 1024,
    CPU_TILE_FORECASTS = 16,
    DEVICE_SLOTS_MAX = 4096,
    DEVICE_WORKS = 2,
    DEVICE_STRIP_BYTES = 512, /* what a device is taken to keep of a strip of a forecast */
    STAGING_FIELDS = 3,       /* one is filled while others are copied */
};

/* How the memory is divided. */
struct division {
    size_t n_shared; /* fields that a tile has besides its forecasts */
    size_t n_works;
    size_t work_tiles;
    size_t work_forecasts;
    size_t tile_forecasts;
    size_t n_slots;
};

/* ---- Opening and closing ---- */

gaia_status session_open(const struct gaia_job *job, const struct source_access *given,
                         const char *const *names, size_t n_names, size_t files_open_max,
                         struct session **session, gaia_error *err)
{
    struct session *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    arena_init(&opened->arena, SESSION_ARENA_BYTES_MAX);
    gaia_status status = gaia_job_parse(job->json, job->json_length, &opened->job, err);
    if (status == GAIA_OK) {
        status =
            sources_open(opened->job, given, names, n_names, files_open_max, &opened->sources, err);
    }
    if (status != GAIA_OK) {
        session_close(opened);
        return status;
    }
    *session = opened;
    return GAIA_OK;
}

static void works_close(struct session *session)
{
    const struct session_resources *with = &session->resources;
    for (size_t i = 0; session->works != NULL && i < session->n_works; i++) {
        with->ops->work_close(with->backend, session->works[i]);
    }
    free(session->works);
    session->works = NULL;
    session->n_works = 0;
}

void session_close(struct session *session)
{
    if (session == NULL) {
        return;
    }
    works_close(session);
    field_pool_fini(&session->pool);
    if (session->layout_buffer.bytes > 0) {
        session->resources.ops->free(session->resources.backend, &session->layout_buffer);
    }
    plane_store_fini(&session->planes);
    free(session->raw);
    free(session->spare);
    if (session->sources.job != NULL) {
        sources_close(&session->sources);
    }
    arena_fini(&session->arena);
    gaia_job_free(session->job);
    free(session);
}

/* ---- Regions and weights ---- */

/* Makes the weights of each of the plan's weightings: [n_weights][n_lat], in the arena. */
static gaia_status weights_lay_out(struct session *session, const struct plan *plan,
                                   const double ***weights, gaia_error *err)
{
    const struct gaia_grid *grid = &session->sources.truth.grid;
    *weights = arena_alloc(&session->arena, plan->n_weights, sizeof **weights);
    for (size_t i = 0; *weights != NULL && i < plan->n_weights; i++) {
        enum weighting weighting = WEIGHTING_NONE;
        double *weight = arena_alloc(&session->arena, grid->n_lat, sizeof *weight);
        if (!weighting_find(plan->weights[i], &weighting)) {
            return error_set(err, GAIA_WEIGHTING_UNKNOWN, "no such weighting '%s'",
                             plan->weights[i]);
        }
        if (weight == NULL) {
            return error_memory(err, grid->n_lat * sizeof *weight);
        }
        weights_make(weighting, grid, weight);
        (*weights)[i] = weight;
    }
    return *weights != NULL ? GAIA_OK : error_memory(err, plan->n_weights * sizeof **weights);
}

/* Cuts the regions, and brings their planes to the device. */
static gaia_status regions_lay_out(struct session *session, const struct plan *plan,
                                   gaia_error *err)
{
    const struct session_resources *with = &session->resources;
    const struct catalog *truth = &session->sources.truth;
    const uint64_t device_bytes = with->ops->memory_bytes(with->backend);
    session->planes.ops = with->ops;
    session->planes.backend = with->backend;
    session->planes.n_points = truth->grid.n_lat * truth->grid.n_lon;
    session->planes.limit_bytes = device_bytes > 0 ? device_bytes : with->memory_bytes;
    const gaia_status status =
        region_set_make(&session->arena, session->job, &session->sources.files.accesses.given,
                        &truth->grid, truth->grid_path, (const char *const *)plan->regions,
                        plan->n_regions, plane_store_add, &session->planes, &session->regions, err);
    return status == GAIA_OK && session->regions.n_regions != plan->n_regions
               ? error_set(err, GAIA_PROTOCOL, "the plan's regions do not fit the grid of %s",
                           truth->grid_path)
               : status;
}

/* Copies the layout to the device. */
static gaia_status layout_upload(struct session *session, gaia_error *err)
{
    const struct session_resources *with = &session->resources;
    struct backend_buffer *buffer = &session->layout_buffer;
    const size_t bytes = (size_t)session->layout->bytes;
    gaia_status status = with->ops->alloc(with->backend, bytes, buffer, err);
    if (status == GAIA_OK) {
        status = with->ops->map(with->backend, buffer, err);
    }
    if (status == GAIA_OK) {
        memcpy(buffer->host, session->layout, bytes);
        status = with->ops->upload(with->backend, buffer, bytes, err);
    }
    return status;
}

static gaia_status layout_lay_out(struct session *session, const struct plan *plan, gaia_error *err)
{
    const struct gaia_grid *grid = &session->sources.truth.grid;
    const double **weights = NULL;
    size_t bytes = 0;
    gaia_status status = regions_lay_out(session, plan, err);
    if (status == GAIA_OK) {
        status = weights_lay_out(session, plan, &weights, err);
    }
    const struct layout_spec spec = {
        .n_lat = grid->n_lat,
        .n_lon = grid->n_lon,
        .n_intervals = session->regions.n_intervals,
        .intervals = session->regions.intervals,
        .n_regions = session->regions.n_bands,
        .regions = session->regions.bands,
        .n_weights = plan->n_weights,
        .weights = (const double *const *)weights,
        .n_planes = session->planes.n_planes,
        .planes = session->planes.planes,
    };
    if (status == GAIA_OK) {
        status = layout_measure(&spec, &bytes, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    void *memory = arena_alloc(&session->arena, bytes, 1);
    if (memory == NULL) {
        return error_memory(err, bytes);
    }
    layout_make(&spec, memory);
    session->layout = memory;
    return layout_upload(session, err);
}

/* ---- Memory ---- */

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* Whether the plan's fields can be those of the sources. */
static bool plan_fits(const struct session *session, const struct plan *plan)
{
    const struct sources *s = &session->sources;
    const struct gaia_grid *grid = &s->truth.grid;
    const uint64_t points = (uint64_t)grid->n_lat * grid->n_lon;
    const struct catalog *const catalogs[] = {&s->truth, &s->climatology, &s->reference};
    bool fits = points > 0 && plan->field_bytes > 0 && plan->field_bytes <= points * sizeof(double);
    for (size_t i = 0; i < sizeof catalogs / sizeof *catalogs; i++) {
        fits = fits && catalogs[i]->field_bytes <= plan->field_bytes &&
               catalogs[i]->raw_bytes <= session->raw_bytes;
    }
    return fits;
}

/* Of the CPU: sums of a few forecasts at once for each thread, the rest for slots. Returns the
 * bytes of the host that are not the slots'. */
static uint64_t host_divide(const struct session *session, const struct plan *plan,
                            uint64_t set_aside, struct division *d)
{
    const struct session_resources *with = &session->resources;
    const uint64_t sums_of_one =
        (uint64_t)with->n_threads * layout_n_sums(session->layout) * sizeof(double);
    const uint64_t together = with->memory_bytes / SUMS_SHARE / sums_of_one;
    const size_t most = least(plan->n_forecasts, CPU_TILE_FORECASTS);
    d->n_works = with->n_threads;
    d->work_tiles = 1;
    d->work_forecasts = together < 1 ? 1 : least(together, most);
    const uint64_t reserved = set_aside + d->work_forecasts * sums_of_one;
    d->n_slots = with->memory_bytes > reserved
                     ? least((with->memory_bytes - reserved) / plan->field_bytes, SLOTS_MAX)
                     : 0;
    d->tile_forecasts =
        least(d->work_forecasts, d->n_slots > d->n_shared ? d->n_slots - d->n_shared : 1);
    return reserved;
}

/* Of a device with memory of its own: works with room for many tiles, the rest for slots, of which
 * the tiles that are summed and the one that is read share. Returns as host_divide. */
static uint64_t device_divide(const struct session *session, const struct plan *plan,
                              uint64_t set_aside, uint64_t device_bytes, struct division *d)
{
    const struct layout *layout = session->layout;
    const uint64_t sums_bytes = layout_n_sums(layout) * sizeof(double);
    const uint64_t of_host = DEVICE_WORKS * sums_bytes;
    const uint64_t of_device =
        DEVICE_WORKS * (sums_bytes + (uint64_t)layout->n_strips * DEVICE_STRIP_BYTES);
    const uint64_t together = least(session->resources.memory_bytes / SUMS_SHARE / of_host,
                                    device_bytes / WORK_SHARE / of_device);
    d->n_works = DEVICE_WORKS;
    d->work_forecasts = together < 1 ? 1 : least(together, TILE_FORECASTS_MAX);
    d->work_tiles = d->work_forecasts;
    const uint64_t works_bytes =
        layout->bytes + session->planes.bytes + d->work_forecasts * of_device;
    const uint64_t n_slots =
        device_bytes > works_bytes ? (device_bytes - works_bytes) / plan->field_bytes : 0;
    /* What works and slots really take is known when they are opened: try the least at least. */
    d->n_slots = n_slots <= d->n_shared ? d->n_shared + 1 : least(n_slots, DEVICE_SLOTS_MAX);
    const size_t half = (d->n_slots - d->n_shared) / 2;
    d->tile_forecasts = least(d->work_forecasts, least(plan->n_forecasts, half > 0 ? half : 1));
    return set_aside + d->work_forecasts * of_host + STAGING_FIELDS * plan->field_bytes;
}

/* Divides the memory: room for raw fields and sums, the file libraries' chunks, and the rest for
 * fields, of which a tile needs its truth and companions and one forecast at least. */
static gaia_status memory_divide(struct session *session, const struct plan *plan,
                                 struct division *d, gaia_error *err)
{
    const struct session_resources *with = &session->resources;
    const struct gaia_grid *grid = &session->sources.truth.grid;
    const uint64_t device_bytes = with->ops->memory_bytes(with->backend);
    const uint64_t total = with->memory_bytes;
    const uint64_t maps = plan->n_maps > 0 ? total / MAPS_SHARE : 0;
    const uint64_t shares = total / CHUNK_SHARE + total / ROWS_SHARE + maps;
    const uint64_t set_aside = shares + session->raw_bytes + session->spare_bytes +
                               2 * session->layout->bytes +
                               (device_bytes > 0 ? 0 : session->planes.bytes);
    *d = (struct division){.n_shared = 1 + (size_t)(session->job->has_climatology != 0) +
                                       (size_t)(session->job->has_reference != 0)};
    uint64_t needed = device_bytes > 0 ? device_divide(session, plan, set_aside, device_bytes, d)
                                       : host_divide(session, plan, set_aside, d);
    const bool holds = device_bytes > 0 ? needed <= total : d->n_slots > d->n_shared;
    needed += device_bytes > 0 ? 0 : (d->n_shared + 1) * plan->field_bytes;
    if (!holds) {
        return error_set(err, GAIA_LIMIT,
                         "fields of %zu x %zu points need %llu bytes of memory at least; the limit "
                         "is %llu",
                         grid->n_lat, grid->n_lon,
                         (unsigned long long)((needed - shares) * 16 / (maps > 0 ? 7 : 11)),
                         (unsigned long long)total);
    }
    return GAIA_OK;
}

/* Half as much at a time; false if there is no less. */
static bool division_halve(struct division *d)
{
    if (d->work_forecasts > 1) {
        d->work_forecasts /= 2;
    } else if (d->n_works > 1) {
        d->n_works /= 2;
    } else {
        return false;
    }
    d->work_tiles = least(d->work_tiles, d->work_forecasts);
    d->tile_forecasts = least(d->tile_forecasts, d->work_forecasts);
    return true;
}

static gaia_status works_open(struct session *session, const struct division *d, gaia_error *err)
{
    const struct session_resources *with = &session->resources;
    gaia_status status = GAIA_OK;
    session->works = calloc(d->n_works, sizeof *session->works);
    if (session->works == NULL) {
        return error_memory(err, d->n_works * sizeof *session->works);
    }
    while (status == GAIA_OK && session->n_works < d->n_works) {
        status = with->ops->work_open(with->backend, session->layout, &session->layout_buffer,
                                      d->work_tiles, d->work_forecasts,
                                      &session->works[session->n_works], err);
        session->n_works += status == GAIA_OK;
    }
    if (status != GAIA_OK) {
        works_close(session);
    }
    return status;
}

/* Opens works, and slots for the fields of one tile at least, with less room where the memory does
 * not hold it. */
static gaia_status rooms_open(struct session *session, const struct plan *plan, struct division *d,
                              gaia_error *err)
{
    const struct session_resources *with = &session->resources;
    gaia_error error = {0};
    gaia_status status = GAIA_OK;
    do {
        status = works_open(session, d, &error);
        if (status == GAIA_OK) {
            status = field_pool_init(&session->pool, with->ops, with->backend, d->n_slots,
                                     d->n_shared + 1, (size_t)plan->field_bytes, &error);
        }
        if (status != GAIA_OK) {
            works_close(session);
        }
    } while (status == GAIA_OUT_OF_MEMORY && division_halve(d));
    return status == GAIA_OK ? GAIA_OK : error_set(err, status, "%s", error.detail);
}

gaia_status session_lay_out(struct session *session, const struct session_resources *resources,
                            const struct plan *plan, gaia_error *err)
{
    const struct gaia_grid *grid = &session->sources.truth.grid;
    struct division division;
    if (session->is_laid_out) {
        return session->regions.n_regions == plan->n_regions &&
                       session->layout->n_weights == plan->n_weights
                   ? GAIA_OK
                   : error_set(err, GAIA_PROTOCOL, "a plan that differs from the job's last one");
    }
    assert(session->layout == NULL);
    session->resources = *resources;
    session->raw_bytes = grid->n_lat * (grid->n_lon + 1) * sizeof(double);
    session->spare_bytes =
        session->job->climatology.interpolate ? grid->n_lat * grid->n_lon * sizeof(double) : 0;
    if (!plan_fits(session, plan)) {
        return error_set(err, GAIA_PROTOCOL, "the plan's fields do not fit the grid of %s",
                         session->sources.truth.grid_path);
    }
    gaia_status status = layout_lay_out(session, plan, err);
    if (status == GAIA_OK) {
        status = memory_divide(session, plan, &division, err);
    }
    if (status == GAIA_OK) {
        status = rooms_open(session, plan, &division, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    session->raw = malloc(session->raw_bytes);
    session->spare = session->spare_bytes > 0 ? malloc(session->spare_bytes) : NULL;
    if (session->raw == NULL || (session->spare == NULL && session->spare_bytes > 0)) {
        return error_memory(err, session->raw_bytes + session->spare_bytes);
    }
    session->work_tiles = division.work_tiles;
    session->work_forecasts = division.work_forecasts;
    session->tile_forecasts = division.tile_forecasts;
    session->is_laid_out = true;
    return GAIA_OK;
}
