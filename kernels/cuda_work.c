/* SPDX-License-Identifier: MIT
 *
 * One thread's sums on the device: memory for all that a call of moments needs, taken when the work
 * is opened; then what is to be summed is described, the kernels are started on the work's own
 * stream, and the sums come back into pinned memory.
 *
 * Invariant: nothing is allocated, and nothing is refused, once the first call to the device of a
 * moments is made, unless the device itself fails.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "cuda_device.h"
#include "error.h"

/* Pieces of device memory. */
enum piece {
    PIECE_TEXT, /* the description of what is summed: forecasts, tiles, parts */
    PIECE_RECORDS,
    PIECE_TRUTHS,
    PIECE_N_MASKED,
    PIECE_MASKED,
    PIECE_MASKED_ROWS,
    PIECE_SUMS,
    PIECES
};

enum { CLASSES = STORED_KINDS * 8, RECORDS_MAX = 0x7fffffff };

struct backend_work {
    size_t n_tiles_max;
    size_t n_forecasts_max;
    size_t n_sums; /* of a forecast */
    bool is_running;
    struct device_job job; /* of the last call */
    void *memory[PIECES];
    uint64_t bytes[PIECES];
    void *text; /* pinned, as PIECE_TEXT */
    double *sums;
    cudaStream_t stream;
    cudaEvent_t uploaded;
    cudaEvent_t begun;
    cudaEvent_t summed[2]; /* in turns: of the last call that was waited for, and of the next */
    cudaEvent_t done;
    int turn;
};

/* ---- Opening and closing ---- */

static void pieces_measure(const struct layout *layout, struct backend_work *work)
{
    const uint64_t n_records = (uint64_t)work->n_forecasts_max * layout->n_strips;
    const uint64_t n_truths = (uint64_t)work->n_tiles_max * layout->n_strips;
    const uint64_t bytes[PIECES] = {
        [PIECE_TEXT] =
            work->n_forecasts_max * sizeof(struct device_forecast) +
            work->n_tiles_max * (sizeof(struct device_tile) + sizeof(struct device_part)),
        [PIECE_RECORDS] = n_records * sizeof(struct strip_record),
        [PIECE_TRUTHS] = n_truths * sizeof(struct truth_record),
        [PIECE_N_MASKED] = sizeof(uint32_t),
        [PIECE_MASKED] = n_records * sizeof(uint32_t),
        [PIECE_MASKED_ROWS] = n_records * ROW_COUNT * sizeof(double),
        [PIECE_SUMS] = (uint64_t)work->n_forecasts_max * work->n_sums * sizeof(double),
    };
    for (int i = 0; i < PIECES; i++) {
        work->bytes[i] = bytes[i];
    }
}

/* Whether kernels can count what the work may be given. */
static bool counts_fit(const struct layout *layout, size_t n_tiles_max, size_t n_forecasts_max)
{
    return n_tiles_max > 0 && n_forecasts_max > 0 &&
           n_tiles_max <= RECORDS_MAX / layout->n_strips &&
           n_forecasts_max <= RECORDS_MAX / layout->n_strips &&
           cuda_reduce_blocks(n_forecasts_max, layout->n_regions, layout->n_weights) <=
               RECORDS_MAX / BLOCK_WARPS;
}

static gaia_status pieces_take(struct backend *backend, struct backend_work *work, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    for (int i = 0; status == GAIA_OK && i < PIECES; i++) {
        status = cuda_take(backend, work->bytes[i], &work->memory[i], err);
        if (status == GAIA_OK) { /* the records of strips under planes are read, then not used */
            status = cuda_status(backend,
                                 cudaMemsetAsync(work->memory[i], 0, work->bytes[i], work->stream),
                                 "clearing device memory", err);
        }
    }
    return status;
}

static gaia_status pinned_take(struct backend *backend, struct backend_work *work, gaia_error *err)
{
    gaia_status status = cuda_status(
        backend, cudaHostAlloc(&work->text, work->bytes[PIECE_TEXT], cudaHostAllocDefault),
        "taking pinned memory", err);
    if (status == GAIA_OK) {
        void *sums = NULL;
        status = cuda_status(backend,
                             cudaHostAlloc(&sums, work->bytes[PIECE_SUMS], cudaHostAllocDefault),
                             "taking pinned memory", err);
        work->sums = status == GAIA_OK ? sums : NULL;
    } else {
        work->text = NULL;
    }
    return status;
}

static gaia_status stream_make(struct backend *backend, struct backend_work *work, gaia_error *err)
{
    cudaEvent_t *const events[] = {&work->uploaded, &work->begun, &work->summed[0],
                                   &work->summed[1], &work->done};
    gaia_status status =
        cuda_status(backend, cudaStreamCreateWithFlags(&work->stream, cudaStreamNonBlocking),
                    "making a stream", err);
    for (size_t i = 0; status == GAIA_OK && i < sizeof events / sizeof *events; i++) {
        status = cuda_status(backend, cudaEventCreate(events[i]), "making an event", err);
    }
    return status;
}

void cuda_work_close(struct backend *backend, struct backend_work *work)
{
    if (work == NULL) {
        return;
    }
    const cudaEvent_t events[] = {work->uploaded, work->begun, work->summed[0], work->summed[1],
                                  work->done};
    for (int i = 0; i < 2; i++) {
        cuda_kernels_forget(backend, work->summed[i]);
    }
    (void)cudaSetDevice(backend->i_device);
    if (work->stream != NULL) {
        (void)cudaStreamSynchronize(work->stream);
    }
    for (int i = 0; i < PIECES; i++) {
        cuda_give(backend, work->memory[i], work->bytes[i]);
    }
    if (work->text != NULL) {
        (void)cudaFreeHost(work->text);
    }
    if (work->sums != NULL) {
        (void)cudaFreeHost(work->sums);
    }
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i] != NULL) {
            (void)cudaEventDestroy(events[i]);
        }
    }
    if (work->stream != NULL) {
        (void)cudaStreamDestroy(work->stream);
    }
    (void)cudaGetLastError();
    free(work);
}

gaia_status cuda_work_open(struct backend *backend, const struct layout *host,
                           const struct backend_buffer *layout, size_t n_tiles_max,
                           size_t n_forecasts_max, struct backend_work **work, gaia_error *err)
{
    gaia_status status = cuda_use(backend, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (!counts_fit(host, n_tiles_max, n_forecasts_max)) {
        return error_set(err, GAIA_USAGE,
                         "cuda: work for %zu tiles and %zu forecasts over %u strips and %u regions "
                         "cannot be",
                         n_tiles_max, n_forecasts_max, host->n_strips, host->n_regions);
    }
    if (layout->device == NULL || layout->bytes < host->bytes) {
        return error_set(err, GAIA_USAGE, "cuda: the layout is not in a buffer of its size");
    }
    struct backend_work *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->n_tiles_max = n_tiles_max;
    opened->n_forecasts_max = n_forecasts_max;
    opened->n_sums = layout_n_sums(host);
    pieces_measure(host, opened);
    status = stream_make(backend, opened, err);
    if (status == GAIA_OK) {
        status = pieces_take(backend, opened, err);
    }
    if (status == GAIA_OK) {
        status = pinned_take(backend, opened, err);
    }
    if (status != GAIA_OK) {
        cuda_work_close(backend, opened);
        return status;
    }
    opened->job = (struct device_job){
        .layout = layout->device,
        .records = opened->memory[PIECE_RECORDS],
        .truths = opened->memory[PIECE_TRUTHS],
        .n_masked = opened->memory[PIECE_N_MASKED],
        .masked = opened->memory[PIECE_MASKED],
        .masked_rows = opened->memory[PIECE_MASKED_ROWS],
        .sums = opened->memory[PIECE_SUMS],
        .n_strips = host->n_strips,
        .n_regions = host->n_regions,
        .n_weights = host->n_weights,
    };
    *work = opened;
    return GAIA_OK;
}

/* ---- Describing ---- */

/* Where the description's parts lie in PIECE_TEXT, and the launches that they make. */
struct text {
    size_t tiles_at;
    size_t parts_at;
    size_t bytes;
    struct whole_launch launches[CLASSES];
};

static bool is_kind(const struct gaia_field *field, enum stored_kind kind)
{
    return field->data == NULL ||
           (kind == STORED_FLOAT32 ? field->dtype == GAIA_FLOAT32 && !field->packed
                                   : field->dtype == GAIA_INT16);
}

static bool tile_is_kind(const struct tile *tile, enum stored_kind kind)
{
    bool all = is_kind(&tile->truth, kind) && is_kind(&tile->climatology, kind) &&
               is_kind(&tile->reference, kind);
    for (size_t j = 0; all && j < tile->n_forecasts; j++) {
        all = is_kind(&tile->forecasts[j], kind);
    }
    return all;
}

/* The code that sums this tile. Sharing is worth an idle place or two of a group. */
static struct whole_launch launch_of(const struct tile *tile)
{
    return (struct whole_launch){
        .kind = tile_is_kind(tile, STORED_FLOAT32) ? STORED_FLOAT32
                : tile_is_kind(tile, STORED_INT16) ? STORED_INT16
                                                   : STORED_ANY,
        .has_climatology = tile->climatology.data != NULL,
        .has_reference = tile->reference.data != NULL,
        .is_many = tile->n_forecasts > WHOLE_TOGETHER / 2,
    };
}

static uint32_t class_of(const struct whole_launch *launch)
{
    return (uint32_t)launch->kind * 8 + (uint32_t)launch->has_climatology * 4 +
           (uint32_t)launch->has_reference * 2 + (uint32_t)launch->is_many;
}

/* Adds a tile to the launch of its class. */
static void part_add(const struct backend_work *work, const struct device_tile *tile,
                     uint32_t i_tile, struct device_part *part, struct whole_launch *launch)
{
    const uint32_t together = launch->is_many ? WHOLE_TOGETHER : 1;
    *part = (struct device_part){
        .tile = i_tile,
        .n_groups = (tile->n_forecasts + together - 1) / together,
        .first_block = launch->n_blocks,
    };
    launch->n_parts++;
    launch->n_blocks += (uint32_t)cuda_whole_blocks(part->n_groups, work->job.n_strips);
}

/* Tiles by their classes, so that each class is one launch. Blocks fit in 32 bits: there are fewer
 * than records, of which work_open bounds the number. */
static void parts_make(const struct backend_work *work, const struct tile *tiles,
                       const struct device_tile *described, size_t n_tiles,
                       struct device_part *parts, struct text *text)
{
    const struct device_part *device =
        (const void *)((const char *)work->memory[PIECE_TEXT] + text->parts_at);
    size_t n = 0;
    for (size_t c = 0; c < CLASSES; c++) {
        struct whole_launch *launch = &text->launches[c];
        *launch = (struct whole_launch){.n_parts = 0};
        for (size_t i = 0; i < n_tiles; i++) {
            if (described[i].launch_class != c) {
                continue;
            }
            if (launch->n_parts == 0) {
                *launch = launch_of(&tiles[i]);
                launch->parts = device + n;
            }
            part_add(work, &described[i], (uint32_t)i, &parts[n++], launch);
        }
    }
}

static void text_make(struct backend_work *work, const struct tile *tiles, size_t n_tiles,
                      struct text *text)
{
    struct device_forecast *forecasts = work->text;
    uint32_t n = 0;
    for (size_t i = 0; i < n_tiles; i++) {
        for (size_t j = 0; j < tiles[i].n_forecasts; j++) {
            forecasts[n++] = (struct device_forecast){tiles[i].forecasts[j], (uint32_t)i};
        }
    }
    text->tiles_at = n * sizeof *forecasts;
    text->parts_at = text->tiles_at + n_tiles * sizeof(struct device_tile);
    text->bytes = text->parts_at + n_tiles * sizeof(struct device_part);
    struct device_tile *described = (void *)((char *)work->text + text->tiles_at);
    uint32_t first = 0;
    for (size_t i = 0; i < n_tiles; i++) {
        const struct whole_launch launch = launch_of(&tiles[i]);
        described[i] = (struct device_tile){
            .truth = tiles[i].truth,
            .climatology = tiles[i].climatology,
            .reference = tiles[i].reference,
            .first_forecast = first,
            .n_forecasts = (uint32_t)tiles[i].n_forecasts,
            .launch_class = class_of(&launch),
        };
        first += described[i].n_forecasts;
    }
    parts_make(work, tiles, described, n_tiles, (void *)((char *)work->text + text->parts_at),
               text);
    work->job.forecasts = work->memory[PIECE_TEXT];
    work->job.tiles = (const void *)((const char *)work->memory[PIECE_TEXT] + text->tiles_at);
    work->job.n_forecasts = n;
}

/* ---- Summing ---- */

static cudaError_t kernels_start(const struct backend *backend, const struct backend_work *work,
                                 const struct text *text)
{
    static whole_launch_fn *const launch[STORED_KINDS] = {
        [STORED_FLOAT32] = cuda_float32_launch,
        [STORED_INT16] = cuda_int16_launch,
        [STORED_ANY] = cuda_any_launch,
    };
    cudaError_t error =
        cudaMemsetAsync(work->job.n_masked, 0, sizeof *work->job.n_masked, work->stream);
    for (size_t c = 0; error == cudaSuccess && c < CLASSES; c++) {
        if (text->launches[c].n_parts > 0) {
            error = launch[text->launches[c].kind](&work->job, &text->launches[c], work->stream);
        }
    }
    if (error == cudaSuccess) {
        error = cuda_masked_launch(&work->job, backend->n_multiprocessors, work->stream);
    }
    return error == cudaSuccess ? cuda_reduce_launch(&work->job, work->stream) : error;
}

/* Everything that is uploaded by now is there before the kernels read it. */
static cudaError_t inputs_start(const struct backend *backend, const struct backend_work *work,
                                const struct text *text)
{
    cudaError_t error = cudaEventRecord(work->uploaded, backend->copy_stream);
    if (error == cudaSuccess) {
        error = cudaStreamWaitEvent(work->stream, work->uploaded, 0);
    }
    return error == cudaSuccess ? cudaMemcpyAsync(work->memory[PIECE_TEXT], work->text, text->bytes,
                                                  cudaMemcpyHostToDevice, work->stream)
                                : error;
}

static cudaError_t work_start(const struct backend *backend, const struct backend_work *work,
                              const struct text *text)
{
    const size_t bytes = (size_t)work->job.n_forecasts * work->n_sums * sizeof(double);
    cudaError_t error = inputs_start(backend, work, text);
    if (error == cudaSuccess) {
        error = cudaEventRecord(work->begun, work->stream);
    }
    if (error == cudaSuccess) {
        error = kernels_start(backend, work, text);
    }
    if (error == cudaSuccess) {
        error = cudaEventRecord(work->summed[work->turn], work->stream);
    }
    if (error == cudaSuccess) {
        error = cudaMemcpyAsync(work->sums, work->job.sums, bytes, cudaMemcpyDeviceToHost,
                                work->stream);
    }
    return error == cudaSuccess ? cudaEventRecord(work->done, work->stream) : error;
}

gaia_status cuda_moments(struct backend *backend, struct backend_work *work,
                         const struct tile *tiles, size_t n_tiles, gaia_error *err)
{
    struct text text;
    gaia_status status = tiles_check(tiles, n_tiles, work->n_tiles_max, work->n_forecasts_max, err);
    if (status == GAIA_OK) {
        status = cuda_use(backend, err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    if (work->is_running) {
        return error_set(err, GAIA_USAGE, "this work's last sums were not waited for");
    }
    text_make(work, tiles, n_tiles, &text);
    status = cuda_status(backend, work_start(backend, work, &text), "starting the sums", err);
    if (status != GAIA_OK) {
        (void)cudaStreamSynchronize(work->stream); /* what did start reads the description */
        (void)cudaGetLastError();
        return status;
    }
    work->is_running = true;
    return GAIA_OK;
}

gaia_status cuda_wait(struct backend *backend, struct backend_work *work, const double **sums,
                      gaia_error *err)
{
    if (!work->is_running) {
        return error_set(err, GAIA_USAGE, "there are no sums to wait for");
    }
    work->is_running = false;
    gaia_status status = cuda_use(backend, err);
    if (status == GAIA_OK) {
        status = cuda_status(backend, cudaStreamSynchronize(work->stream), "summing", err);
    }
    if (status != GAIA_OK) {
        return status;
    }
    cuda_kernels_count(backend, work->begun, work->summed[work->turn]);
    cuda_time_add(&backend->download_ns, work->summed[work->turn], work->done);
    work->turn = !work->turn;
    cuda_uploads_count(backend);
    *sums = work->sums;
    return GAIA_OK;
}
