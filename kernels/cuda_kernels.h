/* SPDX-License-Identifier: MIT
 *
 * Between the CUDA backend's host side, which is C, and its kernels: what lies in device memory,
 * and how the kernels are started.
 *
 *   strips_whole    every strip of every forecast, as if nothing were missing  -> records, truths
 *   strips_masked   the strips that turned out not to be complete, with masks  -> masked rows
 *   regions_reduce  the rows of every region, north to south                   -> sums
 *
 * Invariant: a strip's record is written by one warp and its bits depend on the strip alone; the
 * order in which warps run decides only where in the list an incomplete strip stands.
 */
#ifndef KERNELS_CUDA_KERNELS_H
#define KERNELS_CUDA_KERNELS_H

#if !defined(CUDA_EMULATED)
#include <cuda_runtime_api.h>
#endif

#include "backend.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TRUTH_RECORD = ROW_TRUTH_END - ROW_FORECAST_SUMS };

/* A strip of a forecast. masked: 0 if nothing is missing in it, else 1 + its place in the list of
 * strips that are summed with masks; its sums are then in that place's masked row. */
struct strip_record {
    double sums[ROW_FORECAST_SUMS];
    double low;
    double high;
    double masked;
    double unused; /* so that a record fills three sectors of 32 bytes */
};

/* What is the truth's own in a strip, ROW_FORECAST_SUMS .. ROW_TRUTH_END, nothing missing. */
struct truth_record {
    double sums[TRUTH_RECORD];
};

struct device_tile {
    struct gaia_field truth;
    struct gaia_field climatology;
    struct gaia_field reference;
    uint32_t first_forecast;
    uint32_t n_forecasts;
    uint32_t launch_class; /* tiles of the same class are summed by the same code */
};

struct device_forecast {
    struct gaia_field field;
    uint32_t tile;
};

/* A tile's share of a launch of strips_whole: blocks first_block and on, in which the warps go
 * over the groups of forecasts fastest, then over the strips. */
struct device_part {
    uint32_t tile;
    uint32_t n_groups;
    uint32_t first_block;
};

/* Everything that one call of moments sums; pointers to device memory. */
struct device_job {
    const struct layout *layout;
    const struct device_tile *tiles;
    const struct device_forecast *forecasts;
    struct strip_record *records; /* [n_forecasts][n_strips] */
    struct truth_record *truths;  /* [n_tiles][n_strips] */
    uint32_t *n_masked;
    uint32_t *masked;    /* indices of records, [n_forecasts * n_strips] */
    double *masked_rows; /* [n_forecasts * n_strips][ROW_COUNT] */
    double *sums;        /* [n_forecasts][n_regions][1 + n_weights][ROW_COUNT] */
    uint32_t n_forecasts;
    uint32_t n_strips;
    uint32_t n_regions;
    uint32_t n_weights;
};

/* How a tile's values are stored: each has code of its own. */
enum stored_kind {
    STORED_FLOAT32, /* all as they are */
    STORED_INT16,
    STORED_ANY, /* anything, told apart field by field */
    STORED_KINDS
};

/* One launch: tiles that the same code sums. */
struct whole_launch {
    enum stored_kind kind;
    int has_climatology;
    int has_reference;
    int is_many; /* WHOLE_TOGETHER forecasts a warp instead of one */
    const struct device_part *parts;
    uint32_t n_parts;
    uint32_t n_blocks;
};

enum {
    WHOLE_TOGETHER = 4, /* forecasts that a warp sums at once where there are many */
    WEIGHTS_EACH = 4,   /* weightings that a warp folds into */
    BLOCK_WARPS = 4     /* warps of a block */
};

/* Start a kernel; what is wrong with its launch comes back. */
typedef cudaError_t whole_launch_fn(const struct device_job *job, const struct whole_launch *launch,
                                    cudaStream_t stream);
whole_launch_fn cuda_float32_launch;
whole_launch_fn cuda_int16_launch;
whole_launch_fn cuda_any_launch;
cudaError_t cuda_masked_launch(const struct device_job *job, uint32_t n_multiprocessors,
                               cudaStream_t stream);
cudaError_t cuda_reduce_launch(const struct device_job *job, cudaStream_t stream);

/* Blocks that strips_whole takes for this many groups of forecasts, and regions_reduce. */
static inline uint64_t cuda_whole_blocks(uint64_t n_groups, uint64_t n_strips)
{
    return (n_groups * n_strips + BLOCK_WARPS - 1) / BLOCK_WARPS;
}

static inline uint64_t cuda_reduce_blocks(uint64_t n_forecasts, uint64_t n_regions,
                                          uint64_t n_weights)
{
    const uint64_t n_groups = n_weights == 0 ? 1 : (n_weights + WEIGHTS_EACH - 1) / WEIGHTS_EACH;
    return (n_forecasts * n_regions * n_groups + BLOCK_WARPS - 1) / BLOCK_WARPS;
}

/* Whether the kernels were built for the current device. */
cudaError_t cuda_code_check(void);

#ifdef __cplusplus
}
#endif
#endif
