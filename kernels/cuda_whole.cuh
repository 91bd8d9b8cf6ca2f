/* SPDX-License-Identifier: MIT
 *
 * Strips summed as if nothing were missing: a warp sums a strip for one forecast, or for
 * WHOLE_TOGETHER of a tile, which then share the loads and conversions of what they are compared
 * with.
 *
 * Neighbouring warps take the same strip of different forecasts, so that truth and climatology come
 * from memory once and from a cache afterwards. The sums that only the truth has a say in are made
 * by the warp of the tile's first forecasts.
 *
 * A header because each way of storing values has its kernels compiled on their own.
 *
 * Invariant: a record whose `masked` is 0 is the strip's, by every rule of moments.h; all other
 * strips are in the list for strips_masked.
 */
#ifndef KERNELS_CUDA_WHOLE_CUH
#define KERNELS_CUDA_WHOLE_CUH

#include "cuda_kernels.h"
#include "cuda_lanes.cuh"
#include "cuda_source.cuh"

/* What truth, climatology and reference alone have a say in. */
enum truth_sum { TRUTH_O, TRUTH_O2, TRUTH_B, TRUTH_B2, TRUTH_RO, TRUTH_RO2, TRUTH_SUMS };

enum { TRUTH_MERGED = 8 }; /* TRUTH_SUMS and up to a power of two */

struct whole_args {
    struct device_job job;
    const struct device_part *parts;
    uint32_t n_parts;
};

/* What a warp sums: a strip of forecasts first .. first + n of a tile. */
struct warp_task {
    const struct device_tile *tile;
    uint32_t i_tile;
    uint32_t strip;
    uint32_t first;
    uint32_t n;
    bool has_truth; /* it makes the truth's own sums too */
};

template <typename SOURCE, uint32_t F> struct whole_fields {
    SOURCE forecasts[F];
    SOURCE truth;
    SOURCE climatology;
    SOURCE reference;
};

template <typename EXTREME, uint32_t F> struct whole_sums {
    double forecasts[F][ROW_FORECAST_SUMS];
    double truth[TRUTH_MERGED];
    EXTREME extremes[F][2]; /* least x, least -x */
};

/* The part of the launch that this block belongs to; blocks of a part follow each other. */
static inline __device__ struct device_part part_find(const struct whole_args *a)
{
    uint32_t low = 0;
    uint32_t high = a->n_parts;
    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;
        if (a->parts[middle].first_block <= blockIdx.x) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return a->parts[low];
}

/* False: there is nothing for this warp. */
template <uint32_t F>
static inline __device__ bool task_find(const struct whole_args *a, struct warp_task *task)
{
    const struct device_part part = part_find(a);
    const uint32_t warp = (blockIdx.x - part.first_block) * BLOCK_WARPS + warp_index();
    const uint32_t group = warp % part.n_groups;
    task->tile = &a->job.tiles[part.tile];
    task->i_tile = part.tile;
    task->strip = warp / part.n_groups;
    task->first = task->tile->first_forecast + group * F;
    const uint32_t left = task->tile->n_forecasts - group * F;
    task->n = left < F ? left : F;
    task->has_truth = group == 0;
    return task->strip < a->job.n_strips;
}

/* ---- Summing ---- */

/* One point: f of F forecasts against o, c and r. */
template <bool HAS_C, bool HAS_R, bool HAS_TRUTH, uint32_t F>
static inline __device__ void point_add(const double *f, double o, double c, double r,
                                        double (*s)[ROW_FORECAST_SUMS], double *t)
{
    const double b = o - c;
    UNROLL
    for (uint32_t j = 0; j < F; j++) {
        moments_error(f[j], o, &s[j][ROW_ERROR_D], &s[j][ROW_ERROR_D2], &s[j][ROW_ERROR_ABS_D],
                      &s[j][ROW_ERROR_OD]);
        if (HAS_C) {
            moments_anomaly(f[j] - c, b, &s[j][ROW_ANOMALY_A], &s[j][ROW_ANOMALY_A2],
                            &s[j][ROW_ANOMALY_AB]);
        }
        if (HAS_R) {
            moments_square(f[j] - r, &s[j][ROW_REFERENCE_FR2]);
        }
    }
    if (HAS_TRUTH) {
        moments_value(o, &t[TRUTH_O], &t[TRUTH_O2]);
        if (HAS_C) {
            moments_value(b, &t[TRUTH_B], &t[TRUTH_B2]);
        }
        if (HAS_R) {
            moments_value(r - o, &t[TRUTH_RO], &t[TRUTH_RO2]);
        }
    }
}

/* The points i, i + 32, ... of DEPTH steps. Where not all lie before n, those that do not count as
 * zeros. Everything is asked for before the first value is needed. */
template <bool HAS_C, bool HAS_R, bool HAS_TRUTH, bool IS_LAST, uint32_t DEPTH, typename SOURCE,
          uint32_t F>
static inline __device__ void points_add(const struct whole_fields<SOURCE, F> *fields, uint64_t i,
                                         uint32_t n,
                                         struct whole_sums<typename SOURCE::extreme, F> *sums)
{
    typename SOURCE::raw f[DEPTH][F];
    typename SOURCE::raw o[DEPTH];
    typename SOURCE::raw c[DEPTH];
    typename SOURCE::raw r[DEPTH];
    UNROLL
    for (uint32_t u = 0; u < DEPTH; u++) {
        const uint64_t at = IS_LAST && i + u * WARP >= n ? 0 : i + u * WARP;
        o[u] = source_load(&fields->truth, at);
        c[u] = HAS_C ? source_load(&fields->climatology, at) : o[u];
        r[u] = HAS_R ? source_load(&fields->reference, at) : o[u];
        UNROLL
        for (uint32_t j = 0; j < F; j++) {
            f[u][j] = source_load(&fields->forecasts[j], at);
        }
    }
    UNROLL
    for (uint32_t u = 0; u < DEPTH; u++) {
        const bool counts = !IS_LAST || i + u * WARP < n;
        double x[F];
        UNROLL
        for (uint32_t j = 0; j < F; j++) {
            x[j] = source_value(&fields->forecasts[j], f[u][j]);
            const auto extreme = extreme_of(&fields->forecasts[j], f[u][j], x[j]);
            sums->extremes[j][0] =
                join_least::of(sums->extremes[j][0], counts ? extreme : sums->extremes[j][0]);
            sums->extremes[j][1] =
                join_least::of(sums->extremes[j][1], counts ? -extreme : sums->extremes[j][1]);
            x[j] = counts ? x[j] : 0.0;
        }
        const double y = counts ? source_value(&fields->truth, o[u]) : 0.0;
        const double z = HAS_C && counts ? source_value(&fields->climatology, c[u]) : 0.0;
        const double w = HAS_R && counts ? source_value(&fields->reference, r[u]) : 0.0;
        point_add<HAS_C, HAS_R, HAS_TRUTH, F>(x, y, z, w, sums->forecasts, sums->truth);
    }
}

template <bool HAS_C, bool HAS_R, bool HAS_TRUTH, uint32_t DEPTH, typename SOURCE, uint32_t F>
static inline __device__ void strip_add(const struct whole_fields<SOURCE, F> *fields, uint32_t n,
                                        struct whole_sums<typename SOURCE::extreme, F> *sums)
{
    const uint32_t n_whole = n / (DEPTH * WARP) * (DEPTH * WARP);
    uint64_t i = lane_index(); /* 64 bits: what is added to it stays in the load's own offset */
    UNROLL_NOT
    for (; i < n_whole; i += DEPTH * WARP) {
        points_add<HAS_C, HAS_R, HAS_TRUTH, false, DEPTH>(fields, i, n, sums);
    }
    if (n_whole < n) {
        points_add<HAS_C, HAS_R, HAS_TRUTH, true, DEPTH>(fields, i, n, sums);
    }
}

/* ---- Records ---- */

/* Puts the strip of a forecast into the list of those to be summed with masks; what its record says
 * of that. */
static inline __device__ double masked_push(const struct device_job *job, uint64_t record)
{
    const uint32_t place = atomicAdd(job->n_masked, 1U);
    job->masked[place] = (uint32_t)record;
    return (double)place + 1.0;
}

static inline __device__ uint64_t record_index(const struct device_job *job,
                                               const struct warp_task *task, uint32_t j)
{
    return (uint64_t)(task->first + j) * job->n_strips + task->strip;
}

/* Merges the lanes of the forecasts' sums and writes their records. */
template <typename EXTREME, uint32_t F>
static inline __device__ void records_write(const struct device_job *job,
                                            const struct warp_task *task,
                                            const struct whole_sums<EXTREME, F> *sums)
{
    constexpr uint32_t N = F * ROW_FORECAST_SUMS;
    constexpr uint32_t LANES_EACH = WARP / F;
    constexpr uint32_t LANES_MASK = LANES_EACH == WARP ? ALL_LANES : (1U << LANES_EACH % WARP) - 1;
    const double sum = lanes_merge<join_sum, N>(&sums->forecasts[0][0]);
    const EXTREME extreme = lanes_merge<join_least, 2 * F>(&sums->extremes[0][0]);
    const uint32_t finite = __ballot_sync(ALL_LANES, moments_finite(sum));
    const uint32_t j = lane_index() / LANES_EACH;
    if (j >= task->n) {
        return;
    }
    const uint64_t index = record_index(job, task, j);
    struct strip_record *record = &job->records[index];
    if (lane_index() % merged_copies<N>() == 0) {
        record->sums[merged_index<N>() % ROW_FORECAST_SUMS] = sum;
    }
    if (lane_index() % merged_copies<2 * F>() == 0) {
        const struct gaia_field *field = &job->forecasts[task->first + j].field;
        const bool is_least = merged_index<2 * F>() % 2 == 0;
        const double value = extreme_value(field, is_least ? extreme : -extreme) + 0.0;
        *(is_least != extremes_swap<EXTREME>(field) ? &record->low : &record->high) = value;
    }
    if (lane_index() % LANES_EACH == 0) {
        const bool is_whole = (finite >> lane_index() & LANES_MASK) == LANES_MASK;
        record->masked = is_whole ? 0.0 : masked_push(job, index);
    }
}

/* Which sum of the truth stands in this place of a row; TRUTH_SUMS for none. */
static inline __device__ int truth_sum_of(uint32_t place)
{
    switch (place) {
    case ROW_ERROR_O:
        return TRUTH_O;
    case ROW_ERROR_O2:
        return TRUTH_O2;
    case ROW_ANOMALY_B:
    case ROW_TRUTH_CLIMATOLOGY_B:
        return TRUTH_B;
    case ROW_ANOMALY_B2:
    case ROW_TRUTH_CLIMATOLOGY_B2:
        return TRUTH_B2;
    case ROW_TRUTH_REFERENCE_RO:
        return TRUTH_RO;
    case ROW_REFERENCE_RO2:
    case ROW_TRUTH_REFERENCE_RO2:
        return TRUTH_RO2;
    default:
        return TRUTH_SUMS;
    }
}

/* Whether a count of points stands there. */
template <bool HAS_C, bool HAS_R> static inline __device__ bool is_count(uint32_t place)
{
    return place == ROW_ERROR_N ||
           (HAS_C && (place == ROW_ANOMALY_N || place == ROW_TRUTH_CLIMATOLOGY_N)) ||
           (HAS_R && (place == ROW_REFERENCE_N || place == ROW_TRUTH_REFERENCE_N));
}

template <bool HAS_C, bool HAS_R>
static inline __device__ void truth_write(const struct device_job *job,
                                          const struct warp_task *task, uint32_t n,
                                          const double *sums)
{
    const double merged = lanes_merge<join_sum, TRUTH_MERGED>(sums);
    const uint32_t place = ROW_FORECAST_SUMS + lane_index() % TRUTH_RECORD;
    const int which = truth_sum_of(place);
    const double sum = __shfl_sync(ALL_LANES, merged, which * (int)merged_copies<TRUTH_MERGED>());
    if (lane_index() < TRUTH_RECORD) {
        job->truths[(uint64_t)task->i_tile * job->n_strips + task->strip].sums[lane_index()] =
            which != TRUTH_SUMS             ? sum
            : is_count<HAS_C, HAS_R>(place) ? (double)n
                                            : 0.0;
    }
}

/* ---- The kernel ---- */

template <typename SOURCE, bool HAS_C, bool HAS_R, uint32_t F>
static inline __device__ void fields_open(const struct device_job *job,
                                          const struct warp_task *task, uint64_t first,
                                          struct whole_fields<SOURCE, F> *fields)
{
    source_open(&fields->truth, &task->tile->truth, first);
    if (HAS_C) {
        source_open(&fields->climatology, &task->tile->climatology, first);
    }
    if (HAS_R) {
        source_open(&fields->reference, &task->tile->reference, first);
    }
    UNROLL
    for (uint32_t j = 0; j < F; j++) { /* those that are not there repeat the last one */
        const uint32_t forecast = task->first + (j < task->n ? j : task->n - 1);
        source_open(&fields->forecasts[j], &job->forecasts[forecast].field, first);
    }
}

/* Blocks that share a multiprocessor, which bounds the registers of each: what is needed for a
 * launch without climatology and reference, or with one of them, less something for both. */
template <typename SOURCE, uint32_t F> constexpr uint32_t blocks_each(bool has_both)
{
    return F == 1 ? SOURCE::BLOCKS_ONE - (has_both ? 2 : 0)
                  : SOURCE::BLOCKS_MANY - (has_both ? 1 : 0);
}

template <typename SOURCE, bool HAS_C, bool HAS_R, uint32_t F>
__global__ void __launch_bounds__(BLOCK_THREADS, (blocks_each<SOURCE, F>(HAS_C && HAS_R)))
    strips_whole(const struct whole_args a)
{
    struct warp_task task;
    if (!task_find<F>(&a, &task)) {
        return;
    }
    const struct strip strip = layout_strips(a.job.layout)[task.strip];
    const struct interval *in = &layout_intervals(a.job.layout)[strip.interval];
    if (in->plane != LAYOUT_NO_PLANE) {
        if (lane_index() < task.n) {
            const uint64_t index = record_index(&a.job, &task, lane_index());
            a.job.records[index].masked = masked_push(&a.job, index);
        }
        return;
    }
    constexpr uint32_t DEPTH = F == 1 ? SOURCE::DEPTH_ONE : SOURCE::DEPTH_MANY;
    struct whole_fields<SOURCE, F> fields;
    struct whole_sums<typename SOURCE::extreme, F> sums = {
    };
    const uint32_t n = in->n_columns;
    fields_open<SOURCE, HAS_C, HAS_R, F>(
        &a.job, &task, (uint64_t)strip.row * a.job.layout->n_lon + in->first_column, &fields);
    UNROLL
    for (uint32_t j = 0; j < F; j++) {
        sums.extremes[j][0] = sums.extremes[j][1] = extreme_none(typename SOURCE::extreme());
    }
    if (task.has_truth) {
        strip_add<HAS_C, HAS_R, true, DEPTH>(&fields, n, &sums);
        truth_write<HAS_C, HAS_R>(&a.job, &task, n, sums.truth);
    } else {
        strip_add<HAS_C, HAS_R, false, DEPTH>(&fields, n, &sums);
    }
    records_write(&a.job, &task, &sums);
}

/* ---- Launches ---- */

typedef void whole_kernel(struct whole_args);

template <typename SOURCE> static whole_kernel *whole_find(const struct whole_launch *launch)
{
    static whole_kernel *const kernels[2][2][2] = {
        {{strips_whole<SOURCE, false, false, 1>,
          strips_whole<SOURCE, false, false, WHOLE_TOGETHER>},
         {strips_whole<SOURCE, false, true, 1>, strips_whole<SOURCE, false, true, WHOLE_TOGETHER>}},
        {{strips_whole<SOURCE, true, false, 1>, strips_whole<SOURCE, true, false, WHOLE_TOGETHER>},
         {strips_whole<SOURCE, true, true, 1>, strips_whole<SOURCE, true, true, WHOLE_TOGETHER>}},
    };
    return kernels[launch->has_climatology != 0][launch->has_reference != 0][launch->is_many != 0];
}

template <typename SOURCE>
static cudaError_t whole_start(const struct device_job *job, const struct whole_launch *launch,
                               cudaStream_t stream)
{
    const struct whole_args args = {*job, launch->parts, launch->n_parts};
    CUDA_LAUNCH(whole_find<SOURCE>(launch), launch->n_blocks, BLOCK_THREADS, stream, args);
    return cudaGetLastError();
}

#endif
