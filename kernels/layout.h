/* SPDX-License-Identifier: MIT
 *
 * What is summed over: the intervals, regions, weights and planes of one grid, laid out in one
 * piece of memory that host and device read alike.
 *
 * Invariant: a layout holds offsets, never pointers into itself, so that it may be copied; only the
 * planes point elsewhere, to fields in the backend's memory.
 */
#ifndef KERNELS_LAYOUT_H
#define KERNELS_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "moments.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LAYOUT_NO_PLANE = -1 };

/* The most of each that a layout can hold, and the most points of a grid. */
enum {
    LAYOUT_INTERVALS_MAX = 4096,
    LAYOUT_REGIONS_MAX = 1024,
    LAYOUT_WEIGHTS_MAX = 64,
    LAYOUT_PLANES_MAX = 256
};
#define LAYOUT_POINTS_MAX (UINT64_C(1) << 31)

/* Consecutive columns of consecutive rows, in canonical placement, under a weight plane or none. */
struct interval {
    uint32_t first_column;
    uint32_t n_columns;
    uint32_t first_row;
    uint32_t n_rows;
    int32_t plane; /* index, or LAYOUT_NO_PLANE */
};

/* A region as it is asked for: in each of its rows the intervals parts[0 .. n_parts), west to east,
 * which cover these rows. */
struct region_spec {
    uint32_t first_row;
    uint32_t n_rows;
    uint32_t n_parts;
    const uint32_t *parts;
};

/* Everything is borrowed. weights: n_weights arrays of [n_lat], finite. planes: fields [n_lat]
 * [n_lon] whose data are device addresses. */
struct layout_spec {
    size_t n_lat;
    size_t n_lon;
    size_t n_intervals;
    const struct interval *intervals;
    size_t n_regions;
    const struct region_spec *regions;
    size_t n_weights;
    const double *const *weights;
    size_t n_planes;
    const struct gaia_field *planes;
};

/* An interval of one row: the unit of summation. */
struct strip {
    uint32_t row;
    uint32_t interval;
};

struct layout_region {
    uint32_t first_row;
    uint32_t n_rows;
    uint32_t n_parts;
    uint32_t first_index; /* in layout_indices: [n_rows][n_parts] strips */
};

struct layout {
    uint64_t bytes; /* of all of it */
    uint32_t n_lat;
    uint32_t n_lon;
    uint32_t n_intervals;
    uint32_t n_strips;
    uint32_t n_regions;
    uint32_t n_indices;
    uint32_t n_weights;
    uint32_t n_planes;
    uint64_t at[7]; /* byte offsets of what the functions below return */
};

#if defined(__CUDACC__)
#define LAYOUT_FN static inline __host__ __device__
#else
#define LAYOUT_FN static inline
#endif

#define LAYOUT_PART(type, name, i)                                                                 \
    LAYOUT_FN const type *layout_##name(const struct layout *layout)                               \
    {                                                                                              \
        return (const type *)(const void *)((const char *)layout + layout->at[i]);                 \
    }
LAYOUT_PART(struct interval, intervals, 0)    /* [n_intervals] */
LAYOUT_PART(struct strip, strips, 1)          /* [n_strips], row by row north to south */
LAYOUT_PART(uint32_t, row_strips, 2)          /* [n_lat + 1], first strip of each row */
LAYOUT_PART(struct layout_region, regions, 3) /* [n_regions] */
LAYOUT_PART(uint32_t, indices, 4)             /* [n_indices], strips of the regions' rows */
LAYOUT_PART(double, weights, 5)               /* [n_weights][n_lat] */
LAYOUT_PART(struct gaia_field, planes, 6)     /* [n_planes] */
#undef LAYOUT_PART

/* Doubles that the sums of one forecast take: [n_regions][1 + n_weights][ROW_COUNT], first the
 * plain sums and the extremes, then those under each weight. */
LAYOUT_FN size_t layout_n_sums(const struct layout *layout)
{
    return (size_t)layout->n_regions * (1 + (size_t)layout->n_weights) * ROW_COUNT;
}

/* The bytes that the layout of spec takes. GAIA_USAGE names what is wrong with it: no rows or
 * columns, more of anything than a layout holds, an interval outside the grid, a region whose parts
 * do not cover its rows, a null or misaligned pointer. */
GAIA_MUST_USE gaia_status layout_measure(const struct layout_spec *spec, size_t *bytes,
                                         gaia_error *err);

/* Lays out a spec that layout_measure took, in as many bytes, aligned for doubles. */
void layout_make(const struct layout_spec *spec, void *memory);

#ifdef __cplusplus
}
#endif
#endif
