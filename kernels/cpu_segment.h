/* SPDX-License-Identifier: MIT
 *
 * Decoding: what is stored made float64. And a segment: as much of a strip as stays in the
 * first-level cache while it is summed with masks. A header because it is compiled with the sums
 * for each instruction set.
 *
 * Invariant: behind the last point of a segment m is 0 up to a multiple of the lanes, so that it
 * does not matter what the other values are there.
 */
#ifndef KERNELS_CPU_SEGMENT_H
#define KERNELS_CPU_SEGMENT_H

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "backend.h"
#include "cpu_lanes.h"

/* Points of a segment at most. */
enum { SEGMENT = 1024 };

/* The fields of a tile under a part of a strip, as float64: f forecast, o truth, c climatology, r
 * reference, m the plane. */
struct segment {
    _Alignas(64) double f[SEGMENT];
    double o[SEGMENT];
    double c[SEGMENT];
    double r[SEGMENT];
    double m[SEGMENT];
    size_t n;        /* points */
    size_t n_blocks; /* of LANES points, the last one perhaps not filled */
};

static inline size_t blocks(size_t n)
{
    return (n + LANES - 1) / LANES;
}

/* Whether the values are float32 as they are: the kernels then read them where they lie. */
static inline bool field_is_plain(const struct gaia_field *field)
{
    return field->dtype == GAIA_FLOAT32 && !field->packed;
}

static inline const float *field_floats(const struct gaia_field *field, size_t first)
{
    return (const float *)field->data + first;
}

static inline void decode_float32(const struct gaia_field *field, size_t first, size_t n,
                                  double *restrict out)
{
    const float *restrict raw = field_floats(field, first);
    for (size_t i = 0; i < n; i++) {
        out[i] = (double)raw[i];
    }
    for (size_t i = 0; field->packed && i < n; i++) {
        out[i] = moments_unpack(out[i], field->scale, field->offset);
    }
}

static inline void decode_float64(const struct gaia_field *field, size_t first, size_t n,
                                  double *restrict out)
{
    const double *restrict raw = (const double *)field->data + first;
    memcpy(out, raw, n * sizeof *raw);
    for (size_t i = 0; field->packed && i < n; i++) {
        out[i] = moments_unpack(out[i], field->scale, field->offset);
    }
}

static inline void decode_int16(const struct gaia_field *field, size_t first, size_t n,
                                double *restrict out)
{
    const int16_t *restrict raw = (const int16_t *)field->data + first;
    const double scale = field->packed ? field->scale : 1.0;
    const double offset = field->packed ? field->offset : 0.0;
    const int code = field->has_missing_code ? field->missing_code : INT_MAX; /* no int16 */
    for (size_t i = 0; i < n; i++) {
        const double value = moments_unpack((double)raw[i], scale, offset);
        out[i] = raw[i] == code ? (double)NAN : value;
    }
}

/* Decodes the values first .. first + n. */
static inline void decode(const struct gaia_field *field, size_t first, size_t n, double *out)
{
    switch (field->dtype) {
    case GAIA_FLOAT32:
        decode_float32(field, first, n, out);
        break;
    case GAIA_FLOAT64:
        decode_float64(field, first, n, out);
        break;
    case GAIA_INT16:
        decode_int16(field, first, n, out);
        break;
    }
}

/* Decodes n points of a forecast and of what it is compared with. */
static inline void segment_decode(const struct tile *tile, const struct gaia_field *forecast,
                                  size_t first, size_t n, struct segment *s)
{
    s->n = n;
    s->n_blocks = blocks(n);
    decode(forecast, first, n, s->f);
    decode(&tile->truth, first, n, s->o);
    if (tile->climatology.data != NULL) {
        decode(&tile->climatology, first, n, s->c);
    }
    if (tile->reference.data != NULL) {
        decode(&tile->reference, first, n, s->r);
    }
}

/* What each point counts as: 1, or its value in the plane, 0 where it is left out. */
static inline void segment_weigh(const struct gaia_field *plane, size_t first, struct segment *s)
{
    if (plane != NULL) {
        decode(plane, first, s->n, s->m);
    }
    for (size_t i = 0; i < s->n_blocks * LANES; i++) {
        const double m = plane != NULL ? s->m[i] : 1.0;
        s->m[i] = i < s->n && m > 0.0 && moments_finite(m) ? m : 0.0;
    }
}

#endif
