/* SPDX-License-Identifier: MIT
 *
 * Blocks of a row as float64, decoded from what is stored: the first step of the CPU's row sums, in
 * a header because it is compiled with them for each instruction set.
 */
#ifndef KERNELS_CPU_BLOCK_H
#define KERNELS_CPU_BLOCK_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "backend.h"

/* Columns of a block: a multiple of the lanes, few enough that four fields stay in the first-level
 * cache. */
enum { BLOCK = 512 };

/* Where the same columns of the next row are stored, and how far apart its values lie. They are
 * asked for a line at a time while this row is summed: a stream of rows crosses pages, where the
 * hardware's own prefetching ends, and asking for all of them at once would only make the sums
 * wait. */
struct next_row {
    const char *data;
    size_t value_bytes;
};

/* One block of the fields as float64. */
struct block {
    _Alignas(64) double f[BLOCK];
    double o[BLOCK];
    double c[BLOCK];
    double r[BLOCK];
    size_t n;
    bool has_c;
    bool has_r;
    struct next_row next_f;
    struct next_row next_o;
    struct next_row next_c;
    struct next_row next_r;
};

/* Whether lanes g, g + 1, ... begin a cache line in every 32 points. */
static inline bool next_row_asks(const struct next_row *next, size_t g)
{
    return g * next->value_bytes % 64 == 0;
}

static inline void next_row_ask(const struct next_row *next, size_t i)
{
    __builtin_prefetch(next->data + i * next->value_bytes);
}

static inline void decode_float32(const struct gaia_field *field, size_t first, size_t n,
                                  double *restrict out)
{
    const float *restrict raw = (const float *)field->data + first;
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
    for (size_t i = 0; i < n; i++) {
        out[i] = moments_unpack((double)raw[i], scale, offset);
    }
    for (size_t i = 0; field->has_missing_code && i < n; i++) {
        out[i] = raw[i] == field->missing_code ? (double)NAN : out[i];
    }
}

/* Decodes n values from index `first` on into out, and notes where the next row's are. */
static inline void decode(const struct gaia_field *field, size_t first, size_t n, size_t n_lon,
                          double *restrict out, struct next_row *next)
{
    switch (field->dtype) {
    case GAIA_FLOAT32:
        next->value_bytes = sizeof(float);
        decode_float32(field, first, n, out);
        break;
    case GAIA_FLOAT64:
        next->value_bytes = sizeof(double);
        decode_float64(field, first, n, out);
        break;
    case GAIA_INT16:
        next->value_bytes = sizeof(int16_t);
        decode_int16(field, first, n, out);
        break;
    }
    next->data = (const char *)field->data + (first + n_lon) * next->value_bytes;
}

static inline void block_init(const struct tile *tile, struct block *b)
{
    b->n = 0;
    b->has_c = tile->climatology.data != NULL;
    b->has_r = tile->reference.data != NULL;
}

static inline void decode_shared(const struct tile *tile, size_t first, size_t n, struct block *b)
{
    b->n = n;
    decode(&tile->truth, first, n, tile->n_lon, b->o, &b->next_o);
    if (b->has_c) {
        decode(&tile->climatology, first, n, tile->n_lon, b->c, &b->next_c);
    }
    if (b->has_r) {
        decode(&tile->reference, first, n, tile->n_lon, b->r, &b->next_r);
    }
}

#endif
