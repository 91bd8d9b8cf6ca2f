/* SPDX-License-Identifier: MIT
 *
 * Strips with missing values, and strips under a weight plane: the list that strips_whole left, a
 * warp a strip, with masks and weights throughout.
 *
 * Invariant: where a point is missing in a group, its m, its values and their differences are 0
 * there, so that the terms add zeros.
 */
#include "cuda_kernels.h"

#include "cuda_lanes.cuh"
#include "cuda_source.cuh"

struct masked_fields {
    struct source_any forecast;
    struct source_any truth;
    struct source_any climatology;
    struct source_any reference;
    struct source_any plane;
    bool has_climatology;
    bool has_reference;
    bool has_plane;
};

struct masked_sums {
    double sum[ROW_COUNT];
    double extremes[2]; /* least x, least -x */
};

/* A point, with m = 1 where there is no plane. It counts if m is more than 0. */
struct masked_point {
    bool counts;
    double f;
    double o;
    double c;
    double r;
    double m;
};

static inline __device__ double if_present(bool is_present, double x)
{
    return is_present ? x : 0.0;
}

/* The error group, and what is counted of single fields. */
static inline __device__ void error_add(const struct masked_point *p, struct masked_sums *s)
{
    const bool has_f = p->counts && moments_finite(p->f);
    const bool has_o = p->counts && moments_finite(p->o);
    const bool all = has_f && has_o;
    const double m = if_present(all, p->m);
    const double o = if_present(all, p->o);
    s->sum[ROW_FORECAST_MISSING] += if_present(!has_f, p->m);
    s->sum[ROW_TRUTH_MISSING] += if_present(!has_o, p->m);
    s->sum[ROW_ERROR_N] += m;
    moments_m_error(m, if_present(all, p->f), o, &s->sum[ROW_ERROR_D], &s->sum[ROW_ERROR_D2],
                    &s->sum[ROW_ERROR_ABS_D], &s->sum[ROW_ERROR_OD]);
    moments_m_value(m, o, &s->sum[ROW_ERROR_O], &s->sum[ROW_ERROR_O2]);
    if (has_f) {
        s->extremes[0] = join_least::of(s->extremes[0], p->f);
        s->extremes[1] = join_least::of(s->extremes[1], -p->f);
    }
}

static inline __device__ void anomaly_add(const struct masked_point *p, struct masked_sums *s)
{
    const bool has_b = p->counts && moments_finite(p->o) && moments_finite(p->c);
    const bool all = has_b && moments_finite(p->f);
    const double b = p->o - p->c;
    const double m = if_present(all, p->m);
    const double m_b = if_present(has_b, p->m);
    s->sum[ROW_ANOMALY_N] += m;
    moments_m_anomaly(m, if_present(all, p->f - p->c), if_present(all, b), &s->sum[ROW_ANOMALY_A],
                      &s->sum[ROW_ANOMALY_A2], &s->sum[ROW_ANOMALY_AB]);
    moments_m_value(m, if_present(all, b), &s->sum[ROW_ANOMALY_B], &s->sum[ROW_ANOMALY_B2]);
    s->sum[ROW_TRUTH_CLIMATOLOGY_N] += m_b;
    moments_m_value(m_b, if_present(has_b, b), &s->sum[ROW_TRUTH_CLIMATOLOGY_B],
                    &s->sum[ROW_TRUTH_CLIMATOLOGY_B2]);
}

static inline __device__ void reference_add(const struct masked_point *p, struct masked_sums *s)
{
    const bool has_ro = p->counts && moments_finite(p->o) && moments_finite(p->r);
    const bool all = has_ro && moments_finite(p->f);
    const double ro = p->r - p->o;
    const double m = if_present(all, p->m);
    const double m_ro = if_present(has_ro, p->m);
    s->sum[ROW_REFERENCE_N] += m;
    moments_m_value(m, if_present(all, p->f - p->o), &s->sum[ROW_REFERENCE_D],
                    &s->sum[ROW_REFERENCE_D2]);
    moments_m_square(m, if_present(all, ro), &s->sum[ROW_REFERENCE_RO2]);
    moments_m_square(m, if_present(all, p->f - p->r), &s->sum[ROW_REFERENCE_FR2]);
    s->sum[ROW_TRUTH_REFERENCE_N] += m_ro;
    moments_m_value(m_ro, if_present(has_ro, ro), &s->sum[ROW_TRUTH_REFERENCE_RO],
                    &s->sum[ROW_TRUTH_REFERENCE_RO2]);
}

static inline __device__ void point_add(const struct masked_fields *fields, uint32_t i,
                                        struct masked_sums *sums)
{
    const uint64_t f = source_load(&fields->forecast, i);
    const uint64_t o = source_load(&fields->truth, i);
    const uint64_t c = fields->has_climatology ? source_load(&fields->climatology, i) : 0;
    const uint64_t r = fields->has_reference ? source_load(&fields->reference, i) : 0;
    const uint64_t m = fields->has_plane ? source_load(&fields->plane, i) : 0;
    struct masked_point p;
    p.f = source_value(&fields->forecast, f);
    p.o = source_value(&fields->truth, o);
    const double x = fields->has_plane ? source_value(&fields->plane, m) : 1.0;
    p.counts = moments_finite(x) && x > 0.0;
    p.m = if_present(p.counts, x);
    error_add(&p, sums);
    if (fields->has_climatology) {
        p.c = source_value(&fields->climatology, c);
        anomaly_add(&p, sums);
    }
    if (fields->has_reference) {
        p.r = source_value(&fields->reference, r);
        reference_add(&p, sums);
    }
}

static inline __device__ void fields_open(const struct device_tile *tile,
                                          const struct gaia_field *forecast,
                                          const struct gaia_field *plane, uint64_t first,
                                          struct masked_fields *fields)
{
    fields->has_climatology = tile->climatology.data != NULL;
    fields->has_reference = tile->reference.data != NULL;
    fields->has_plane = plane != NULL;
    source_open(&fields->forecast, forecast, first);
    source_open(&fields->truth, &tile->truth, first);
    source_open(&fields->climatology, &tile->climatology, first);
    source_open(&fields->reference, &tile->reference, first);
    source_open(&fields->plane, fields->has_plane ? plane : forecast, first);
}

/* Merges the lanes and writes a row: a lane a sum. */
static inline __device__ void row_write(const struct masked_sums *sums, double *row)
{
    const double sum = lanes_merge<join_sum, ROW_COUNT>(sums->sum);
    const double least = lanes_merge<join_least, 2>(sums->extremes);
    const double low = __shfl_sync(ALL_LANES, least, 0);
    const double high = -__shfl_sync(ALL_LANES, least, WARP / 2);
    const double extreme = lane_index() == ROW_FORECAST_MIN ? low : high;
    row[lane_index()] = lane_index() < ROW_SUM_COUNT ? sum
                        : lane_index() >= ROW_USED   ? 0.0
                        : low <= high                ? extreme + 0.0
                                                     : (double)NAN;
}

__global__ void __launch_bounds__(BLOCK_THREADS, 3) strips_masked(const struct device_job job)
{
    const uint32_t n_masked = *job.n_masked;
    for (uint32_t place = blockIdx.x * BLOCK_WARPS + warp_index(); place < n_masked;
         place += gridDim.x * BLOCK_WARPS) {
        const uint32_t record = job.masked[place];
        const struct device_forecast *forecast = &job.forecasts[record / job.n_strips];
        const struct strip strip = layout_strips(job.layout)[record % job.n_strips];
        const struct interval *in = &layout_intervals(job.layout)[strip.interval];
        struct masked_fields fields;
        struct masked_sums sums = {};
        sums.extremes[0] = sums.extremes[1] = INFINITY;
        fields_open(&job.tiles[forecast->tile], &forecast->field,
                    in->plane == LAYOUT_NO_PLANE ? NULL : &layout_planes(job.layout)[in->plane],
                    (uint64_t)strip.row * job.layout->n_lon + in->first_column, &fields);
        for (uint32_t i = lane_index(); i < in->n_columns; i += WARP) {
            point_add(&fields, i, &sums);
        }
        row_write(&sums, job.masked_rows + (uint64_t)place * ROW_COUNT);
    }
}

/* Blocks that keep a multiprocessor busy; they share the list among them. */
enum { BLOCKS_EACH = 8 };

cudaError_t cuda_masked_launch(const struct device_job *job, uint32_t n_multiprocessors,
                               cudaStream_t stream)
{
    CUDA_LAUNCH(strips_masked, n_multiprocessors * BLOCKS_EACH, BLOCK_THREADS, stream, *job);
    return cudaGetLastError();
}
