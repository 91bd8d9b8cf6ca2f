/* SPDX-License-Identifier: MIT
 *
 * Where the values of a field come from: its type and its unpacking, for code that knows them at
 * compile time (float32 as it is, int16) and for code that asks (anything).
 *
 * A source reads in two steps, load and value, so that many loads are under way before the first
 * is waited for. Its extremes are taken of what is stored, which is cheaper and, as unpacking is
 * monotone, comes to the same.
 *
 * DEPTH is how many steps ahead a warp asks for points, BLOCKS how many blocks share a
 * multiprocessor, where a warp sums one forecast or many: the fewer registers a point takes, the
 * more of both.
 *
 * Invariant: value follows rule 2 of moments.h; what is missing is not finite.
 */
#ifndef KERNELS_CUDA_SOURCE_CUH
#define KERNELS_CUDA_SOURCE_CUH

#include <limits.h>
#include <math.h>

#include <gaia/field.h>

#include "cuda_port.cuh"

/* An int16 never equals this: the code of fields that have none. */
static const int NO_CODE = INT_MAX;

static inline __device__ int missing_code(const struct gaia_field *field)
{
    return field->has_missing_code ? field->missing_code : NO_CODE;
}

static inline __device__ double unpacked(const struct gaia_field *field, double raw)
{
    return field->packed ? moments_unpack(raw, field->scale, field->offset) : raw;
}

/* ---- float32 as it is ---- */

struct source_float32 {
    enum { DEPTH_ONE = 4, DEPTH_MANY = 2, BLOCKS_ONE = 8, BLOCKS_MANY = 4 };
    typedef float raw;
    typedef float extreme;
    const float *at;
};

static inline __device__ void source_open(struct source_float32 *source,
                                          const struct gaia_field *field, uint64_t first)
{
    source->at = (const float *)field->data + first;
}

static inline __device__ float source_load(const struct source_float32 *source, uint64_t i)
{
    return __ldg(&source->at[i]);
}

static inline __device__ double source_value(const struct source_float32 *, float raw)
{
    return (double)raw;
}

static inline __device__ float extreme_of(const struct source_float32 *, float raw, double)
{
    return raw;
}

static inline __device__ float extreme_none(float)
{
    return INFINITY;
}

static inline __device__ double extreme_value(const struct gaia_field *, float extreme)
{
    return (double)extreme;
}

/* ---- int16 ---- */

struct source_int16 {
    enum { DEPTH_ONE = 4, DEPTH_MANY = 2, BLOCKS_ONE = 6, BLOCKS_MANY = 3 };
    typedef int raw;
    typedef int extreme;
    const int16_t *at;
    double scale;
    double offset;
    int code;
};

static inline __device__ void source_open(struct source_int16 *source,
                                          const struct gaia_field *field, uint64_t first)
{
    source->at = (const int16_t *)field->data + first;
    source->scale = field->packed ? field->scale : 1.0;
    source->offset = field->packed ? field->offset : 0.0;
    source->code = missing_code(field);
}

static inline __device__ int source_load(const struct source_int16 *source, uint64_t i)
{
    return __ldg(&source->at[i]);
}

static inline __device__ double source_value(const struct source_int16 *source, int raw)
{
    const double value = moments_unpack((double)raw, source->scale, source->offset);
    return raw == source->code ? (double)NAN : value;
}

static inline __device__ int extreme_of(const struct source_int16 *, int raw, double)
{
    return raw;
}

static inline __device__ int extreme_none(int)
{
    return INT_MAX;
}

static inline __device__ double extreme_value(const struct gaia_field *field, int extreme)
{
    return unpacked(field, (double)extreme);
}

/* ---- Anything ---- */

struct source_any {
    enum { DEPTH_ONE = 2, DEPTH_MANY = 1, BLOCKS_ONE = 4, BLOCKS_MANY = 3 };
    typedef uint64_t raw; /* the bits, whatever they mean */
    typedef double extreme;
    const char *at;
    enum gaia_dtype dtype;
    int packed;
    double scale;
    double offset;
    int code;
};

static inline __device__ void source_open(struct source_any *source, const struct gaia_field *field,
                                          uint64_t first)
{
    source->dtype = field->dtype;
    source->at = (const char *)field->data + first * (field->dtype == GAIA_FLOAT32   ? 4
                                                      : field->dtype == GAIA_FLOAT64 ? 8
                                                                                     : 2);
    source->packed = field->packed;
    source->scale = field->scale;
    source->offset = field->offset;
    source->code = missing_code(field);
}

static inline __device__ uint64_t source_load(const struct source_any *source, uint64_t i)
{
    switch (opaque(source->dtype)) {
    case GAIA_FLOAT32:
        return __ldg((const uint32_t *)(const void *)source->at + i);
    case GAIA_FLOAT64:
        return __ldg((const unsigned long long *)(const void *)source->at + i);
    default:
        return __ldg((const uint16_t *)(const void *)source->at + i);
    }
}

static inline __device__ double source_value(const struct source_any *source, uint64_t raw)
{
    const int dtype = opaque(source->dtype);
    const int whole = (int16_t)raw;
    const double value = dtype == GAIA_FLOAT64   ? __longlong_as_double((long long)raw)
                         : dtype == GAIA_FLOAT32 ? (double)__uint_as_float((uint32_t)raw)
                         : whole == source->code ? (double)NAN
                                                 : (double)whole;
    return source->packed ? moments_unpack(value, source->scale, source->offset) : value;
}

static inline __device__ double extreme_of(const struct source_any *, uint64_t, double value)
{
    return value;
}

static inline __device__ double extreme_none(double)
{
    return INFINITY;
}

static inline __device__ double extreme_value(const struct gaia_field *, double extreme)
{
    return extreme;
}

/* Whether the least of what is stored is the greatest of the values. */
template <typename EXTREME> static inline __device__ bool extremes_swap(const struct gaia_field *)
{
    return false;
}

template <> inline __device__ bool extremes_swap<int>(const struct gaia_field *field)
{
    return field->packed && field->scale < 0.0;
}

#endif
