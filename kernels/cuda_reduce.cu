/* SPDX-License-Identifier: MIT
 *
 * Rows into regions, by rule 6 of moments.h: a warp goes over the strips of a region north to
 * south, a lane for each sum, and folds them into the plain sums and those of up to WEIGHTS_EACH
 * weightings.
 *
 * A row's fold waits for the one before it, so the strips of many rows are loaded before the first
 * is folded.
 *
 * Invariant: neighbouring warps take the same region of neighbouring forecasts, so that what they
 * share, the truth's records and the region's strips, comes from a cache.
 */
#include "cuda_kernels.h"

#include "cuda_lanes.cuh"

enum { AHEAD = 16 };

/* Where a lane finds its sum in the records of a forecast's strips: at + strip * stride. */
struct lane_source {
    const double *at;
    uint32_t stride;
};

struct reduce_task {
    uint32_t forecast;
    uint32_t i_region;
    uint32_t first_weight;
    struct layout_region region;
    bool has_reference;
};

/* A lane's sums so far. */
struct reduce_sums {
    double row;
    double extreme; /* least x, of the maximum least -x */
    double plain;
    double weighted[WEIGHTS_EACH];
    uint32_t part; /* of the row, the next one */
    uint64_t i;    /* row of the grid; 64 bits, so that loads take what is added to it */
};

static inline __device__ struct lane_source lane_source_of(const struct device_job *job,
                                                           const struct reduce_task *task)
{
    const uint32_t lane = lane_index();
    const uint64_t first = (uint64_t)task->forecast * job->n_strips;
    const uint64_t first_truth = (uint64_t)job->forecasts[task->forecast].tile * job->n_strips;
    const struct strip_record *own = &job->records[first];
    const uint32_t stride = sizeof *own / sizeof(double);
    if (lane < ROW_FORECAST_SUMS) {
        return {&own->sums[lane], stride};
    }
    if (lane < ROW_TRUTH_END) {
        return {&job->truths[first_truth].sums[lane - ROW_FORECAST_SUMS], TRUTH_RECORD};
    }
    switch (lane) {
    case ROW_REFERENCE_D:
        return {&own->sums[ROW_ERROR_D], stride};
    case ROW_REFERENCE_D2:
        return {&own->sums[ROW_ERROR_D2], stride};
    case ROW_FORECAST_MIN:
        return {&own->low, stride};
    case ROW_FORECAST_MAX:
        return {&own->high, stride};
    default:
        return {&own->masked, stride};
    }
}

/* Folds a row into the sums. */
template <bool HAS_WEIGHTS>
static inline __device__ void row_fold(double row, uint64_t i, const double *const *weights,
                                       struct reduce_sums *s)
{
    s->plain += row;
    if (HAS_WEIGHTS) {
        UNROLL
        for (uint32_t w = 0; w < WEIGHTS_EACH; w++) {
            s->weighted[w] = fma(weights[w][i], row, s->weighted[w]);
        }
    }
}

static inline __device__ void extreme_fold(double x, struct reduce_sums *s)
{
    const double towards = lane_index() == ROW_FORECAST_MAX ? -x : x;
    s->extreme = towards < s->extreme ? towards : s->extreme;
}

/* Folds a strip in; after the last one of a row, the row. */
template <bool HAS_WEIGHTS>
static inline __device__ void strip_fold(double x, uint32_t n_parts, const double *const *weights,
                                         struct reduce_sums *s)
{
    s->row = s->part == 0 ? x : s->row + x;
    s->part++;
    if (s->part == n_parts) {
        row_fold<HAS_WEIGHTS>(s->row, s->i, weights, s);
        s->part = 0;
        s->i++;
    }
}

/* Puts the masked rows in the place of those that are not complete. */
static inline __device__ void masked_take(const struct device_job *job, double *x)
{
    bool is_masked = false;
    UNROLL
    for (uint32_t u = 0; u < AHEAD; u++) { /* the lanes behind the sums have record.masked */
        is_masked = is_masked || (lane_index() >= ROW_USED && x[u] != 0.0);
    }
    if (!__any_sync(ALL_LANES, is_masked)) {
        return;
    }
    UNROLL
    for (uint32_t u = 0; u < AHEAD; u++) {
        const double place = __shfl_sync(ALL_LANES, x[u], ROW_USED);
        if (place != 0.0) {
            x[u] = job->masked_rows[((uint64_t)place - 1) * ROW_COUNT + lane_index()];
        }
    }
}

/* Loads and folds AHEAD strips, those from n on left out. strips: of the next WARP strips this
 * lane's; `first` of them is the first to be folded. IS_SIMPLE: none is left out, and each is a
 * row. */
template <bool HAS_WEIGHTS, bool IS_SIMPLE>
static inline __device__ void strips_fold(const struct device_job *job,
                                          const struct lane_source *source, uint32_t strips,
                                          uint32_t first, uint32_t n, uint32_t n_parts,
                                          const double *const *weights, struct reduce_sums *s)
{
    double x[AHEAD];
    UNROLL
    for (uint32_t u = 0; u < AHEAD; u++) {
        const uint32_t strip = __shfl_sync(ALL_LANES, strips, (int)(first + u));
        x[u] = IS_SIMPLE || first + u < n ? source->at[(uint64_t)strip * source->stride] : 0.0;
    }
    masked_take(job, x);
    UNROLL
    for (uint32_t u = 0; u < AHEAD; u++) {
        if (IS_SIMPLE) {
            extreme_fold(x[u], s);
            row_fold<HAS_WEIGHTS>(x[u], s->i + u, weights, s);
        } else if (first + u < n) {
            extreme_fold(x[u], s);
            strip_fold<HAS_WEIGHTS>(x[u], n_parts, weights, s);
        }
    }
    s->i += IS_SIMPLE ? AHEAD : 0;
}

/* The weightings of this warp; those that are not there repeat the last one. */
static inline __device__ void weights_find(const struct device_job *job,
                                           const struct reduce_task *task, const double **weights)
{
    UNROLL
    for (uint32_t w = 0; w < WEIGHTS_EACH; w++) {
        const uint32_t last = job->n_weights - 1;
        const uint32_t weight = task->first_weight + w < last ? task->first_weight + w : last;
        weights[w] = layout_weights(job->layout) + (uint64_t)weight * job->layout->n_lat;
    }
}

template <bool HAS_WEIGHTS>
static inline __device__ void region_fold(const struct device_job *job,
                                          const struct reduce_task *task, struct reduce_sums *s)
{
    const struct lane_source source = lane_source_of(job, task);
    const uint32_t n_parts = task->region.n_parts;
    const uint32_t n = task->region.n_rows * n_parts;
    const uint32_t *indices = layout_indices(job->layout) + task->region.first_index;
    const double *weights[WEIGHTS_EACH];
    if (HAS_WEIGHTS) {
        weights_find(job, task, weights);
    }
    for (uint32_t e = 0; e < n; e += WARP) {
        const uint32_t left = n - e;
        const uint32_t strips = lane_index() < left ? indices[e + lane_index()] : 0;
        for (uint32_t first = 0; first < WARP && first < left; first += AHEAD) {
            if (n_parts == 1 && first + AHEAD <= left) {
                strips_fold<HAS_WEIGHTS, true>(job, &source, strips, first, left, n_parts, weights,
                                               s);
            } else {
                strips_fold<HAS_WEIGHTS, false>(job, &source, strips, first, left, n_parts, weights,
                                                s);
            }
        }
    }
}

/* This lane's sum as it goes out: one NaN, and nothing where the rules have no sum. */
static inline __device__ double sum_out(const struct reduce_task *task, double x)
{
    const uint32_t lane = lane_index();
    const bool is_absent =
        !task->has_reference && (lane == ROW_REFERENCE_D || lane == ROW_REFERENCE_D2);
    return lane < ROW_SUM_COUNT && !is_absent ? moments_nan(x) : 0.0;
}

static inline __device__ double extreme_out(double extreme)
{
    const double x = lane_index() == ROW_FORECAST_MAX ? -extreme : extreme;
    return moments_finite(x) ? x + 0.0 : (double)NAN;
}

static inline __device__ void region_write(const struct device_job *job,
                                           const struct reduce_task *task,
                                           const struct reduce_sums *s)
{
    const uint32_t lane = lane_index();
    double *out = job->sums + ((uint64_t)task->forecast * job->n_regions + task->i_region) *
                                  (1 + (uint64_t)job->n_weights) * ROW_COUNT;
    if (task->first_weight == 0) {
        out[lane] = lane == ROW_FORECAST_MIN || lane == ROW_FORECAST_MAX ? extreme_out(s->extreme)
                                                                         : sum_out(task, s->plain);
    }
    UNROLL
    for (uint32_t w = 0; w < WEIGHTS_EACH; w++) {
        const uint32_t weight = task->first_weight + w;
        if (weight < job->n_weights) {
            out[(1 + (uint64_t)weight) * ROW_COUNT + lane] = sum_out(task, s->weighted[w]);
        }
    }
}

template <bool HAS_WEIGHTS>
__global__ void __launch_bounds__(BLOCK_THREADS, 3) regions_reduce(const struct device_job job)
{
    const uint32_t n_groups =
        job.n_weights == 0 ? 1 : (job.n_weights + WEIGHTS_EACH - 1) / WEIGHTS_EACH;
    const uint32_t warp = blockIdx.x * BLOCK_WARPS + warp_index();
    struct reduce_task task;
    task.forecast = warp % job.n_forecasts;
    task.i_region = warp / job.n_forecasts / n_groups;
    task.first_weight = warp / job.n_forecasts % n_groups * WEIGHTS_EACH;
    if (task.i_region >= job.n_regions) {
        return;
    }
    task.region = layout_regions(job.layout)[task.i_region];
    task.has_reference = job.tiles[job.forecasts[task.forecast].tile].reference.data != NULL;
    struct reduce_sums sums = {};
    sums.extreme = INFINITY;
    sums.i = task.region.first_row;
    region_fold<HAS_WEIGHTS>(&job, &task, &sums);
    region_write(&job, &task, &sums);
}

typedef void reduce_kernel(struct device_job);

cudaError_t cuda_reduce_launch(const struct device_job *job, cudaStream_t stream)
{
    const uint64_t n_blocks = cuda_reduce_blocks(job->n_forecasts, job->n_regions, job->n_weights);
    reduce_kernel *const kernel = job->n_weights > 0 ? regions_reduce<true> : regions_reduce<false>;
    CUDA_LAUNCH(kernel, (uint32_t)n_blocks, BLOCK_THREADS, stream, *job);
    return cudaGetLastError();
}
