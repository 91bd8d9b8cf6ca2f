/* SPDX-License-Identifier: MIT
 *
 * A segment: as much of a strip as stays in the first-level cache while it is summed. This is the
 * first step of the CPU's sums, what is stored made float64; a header because it is compiled with
 * them for each instruction set.
 *
 * Invariant: behind the last point of a segment its float64 values are zeros up to a multiple of
 * the lanes: zeros in every field add nothing to any sum.
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

/* Points of a segment at most: decoded, and where it is summed as it is stored. */
enum { LANES = MOMENTS_LANES, SEGMENT = 1024, PLAIN_SEGMENT = 1024 };

/* The fields of a tile under one strip, as float64: f forecast, o truth, c climatology, r
 * reference, b = o - c, m the plane. */
struct segment {
    _Alignas(64) double f[SEGMENT];
    double o[SEGMENT];
    double c[SEGMENT];
    double r[SEGMENT];
    double b[SEGMENT];
    double m[SEGMENT];
    size_t n;        /* points */
    size_t n_blocks; /* of LANES points, the last one filled up with zeros */
    bool has_c;
    bool has_r;
};

static inline size_t blocks(size_t n)
{
    return (n + LANES - 1) / LANES;
}

/* The lengths of a strip's segments: as equal as lanes allow. */
static inline size_t segment_length(size_t n_columns, size_t most)
{
    const size_t n_segments = (n_columns + most - 1) / most;
    return blocks((n_columns + n_segments - 1) / n_segments) * LANES;
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

/* Decodes the values first .. first + n and fills up the last block. */
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
    for (size_t i = n; i % LANES != 0; i++) {
        out[i] = 0.0;
    }
}

/* Decodes what all forecasts share. */
static inline void segment_decode(const struct tile *tile, size_t first, size_t n,
                                  struct segment *s)
{
    s->n = n;
    s->n_blocks = blocks(n);
    s->has_c = tile->climatology.data != NULL;
    s->has_r = tile->reference.data != NULL;
    decode(&tile->truth, first, n, s->o);
    if (s->has_c) {
        decode(&tile->climatology, first, n, s->c);
        for (size_t i = 0; i < s->n_blocks * LANES; i++) {
            s->b[i] = s->o[i] - s->c[i];
        }
    }
    if (s->has_r) {
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
