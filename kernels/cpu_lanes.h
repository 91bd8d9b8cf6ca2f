/* SPDX-License-Identifier: MIT
 *
 * What the CPU's ways to sum a strip have in common: accumulators lane by lane, extremes, and
 * asking for memory ahead of its use.
 *
 * A vector is VEC_LANES neighbouring lanes; their points lie 32 apart, a block. What is summed
 * where it lies in memory is taken a vector of lanes at a time, with every accumulator in a
 * register, and not over the whole strip but over a piece of it: then memory is read nearly in
 * order.
 *
 * Invariant: every line that will be summed is asked for, few twice, AHEAD_BYTES before, evenly.
 * Less far would not hide the memory's latency; further would drive out of the first-level cache
 * what is in use. A line that was forgotten costs a wait, and the hardware's own prefetching ends
 * at every page.
 */
#ifndef KERNELS_CPU_LANES_H
#define KERNELS_CPU_LANES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu_vector.h"
#include "moments.h"

enum { LANES = MOMENTS_LANES };

/* Blocks of a piece, and those of which a vector of lanes takes a line's bytes (no more than a
 * piece); how far ahead memory is asked for: two pieces. */
enum {
    LINE_BYTES = 64,
    LINE_LANES = LINE_BYTES / sizeof(float),
    PIECE_BLOCKS = 12,
    LINE_BLOCKS = LINE_LANES / VEC_LANES < PIECE_BLOCKS ? LINE_LANES / VEC_LANES : PIECE_BLOCKS,
    AHEAD_BYTES = 2 * PIECE_BLOCKS * LANES * sizeof(float)
};

/* What truth, climatology and reference alone have a say in. */
enum truth_sum { TRUTH_O, TRUTH_O2, TRUTH_B, TRUTH_B2, TRUTH_RO, TRUTH_RO2, TRUTH_SUMS };

/* The sums of each group, which lie one behind the other. */
enum {
    ERROR_SUMS = ROW_ANOMALY_A - ROW_ERROR_D,
    ANOMALY_SUMS = ROW_REFERENCE_FR2 - ROW_ANOMALY_A,
    REFERENCE_SUMS = ROW_FORECAST_SUMS - ROW_REFERENCE_FR2,
    TRUTH_GROUP_SUMS = TRUTH_B - TRUTH_O
};

struct truth_sums {
    _Alignas(64) double sum[TRUTH_SUMS * LANES]; /* [TRUTH_SUMS][LANES] */
};

/* What a forecast adds to that: [ROW_FORECAST_SUMS][LANES], and its extremes. */
struct forecast_sums {
    _Alignas(64) double sum[ROW_FORECAST_SUMS * LANES];
    double least;
    double most;
};

#define FOR_VECTORS(g) for (size_t g = 0; g < LANES; g += VEC_LANES)
#define FOR_BLOCKS(k, n_blocks) for (size_t k = 0; k < (n_blocks)*LANES; k += LANES)
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* n sums of the vector of lanes g, [n][LANES] at sum. */
ALWAYS_INLINE void lanes_load(const double *sum, size_t n, size_t g, vec *s)
{
    for (size_t i = 0; i < n; i++) {
        s[i] = vec_load(sum + i * LANES + g);
    }
}

ALWAYS_INLINE void lanes_store(double *sum, size_t n, size_t g, const vec *s)
{
    for (size_t i = 0; i < n; i++) {
        vec_store(sum + i * LANES + g, s[i]);
    }
}

ALWAYS_INLINE void lanes_clear(size_t n, vec *s)
{
    for (size_t i = 0; i < n; i++) {
        s[i] = vec_of(0.0);
    }
}

/* How many of n points behind the last whole block fall to the vector of lanes g. */
ALWAYS_INLINE size_t lanes_left(size_t n, size_t g)
{
    return n <= g ? 0 : n - g < VEC_LANES ? n - g : VEC_LANES;
}

/* Asks for a line. It goes into the first-level cache alone, since it is read once. An address, not
 * a pointer: it may lie behind the field, and is not read through. */
ALWAYS_INLINE void ask_line(uintptr_t line)
{
    __builtin_prefetch((const void *)line, 0, 0);
}

/* A piece of a strip: the blocks [first, first + n). */
struct piece {
    size_t first;
    size_t n;
};

#define FOR_PIECES(at, n_blocks)                                                                   \
    for (struct piece at = piece_at(0, n_blocks); (at).first == 0 || (at).first < (n_blocks);      \
         (at) = piece_at((at).first + PIECE_BLOCKS, n_blocks))

/* The piece that begins there. The first one of a strip without a block has none. */
ALWAYS_INLINE struct piece piece_at(size_t first, size_t n_blocks)
{
    const size_t left = n_blocks > first ? n_blocks - first : 0;
    return (struct piece){first, left < PIECE_BLOCKS ? left : PIECE_BLOCKS};
}

/* What is asked for first while the piece is summed, in bytes from the strip's beginning; the
 * vectors of lanes go on from there one after the other. */
ALWAYS_INLINE size_t piece_ask(struct piece piece, size_t ahead)
{
    return piece.first * LANES * sizeof(float) + ahead;
}

/* The extremes of float32 values, a register of them at a time. */
struct extremes {
    floats low;
    floats high;
};

ALWAYS_INLINE struct extremes extremes_of_none(void)
{
    return (struct extremes){floats_of((float)INFINITY), floats_of(-(float)INFINITY)};
}

ALWAYS_INLINE void extremes_add(floats x, struct extremes *e)
{
    e->low = floats_min(x, e->low);
    e->high = floats_max(x, e->high);
}

/* Of n blocks, at least as many values as the vector of lanes g has there, but neighbours: fewer
 * registers hold them. All vectors of lanes together see every value, some perhaps twice. */
ALWAYS_INLINE void extremes_blocks(const float *x, size_t g, size_t n, struct extremes *e)
{
    const bool fills = n * VEC_LANES % FLOATS == 0;
    const size_t last = n * LANES - FLOATS;
    for (size_t k = 0; k < n * VEC_LANES; k += FLOATS) {
        const size_t at = g * n + k;
        extremes_add(floats_load(x + (fills || at < last ? at : last)), e);
    }
}

/* Of n values behind the last block. */
ALWAYS_INLINE void extremes_tail(const float *x, size_t n, struct extremes *e)
{
    for (size_t k = 0; k < n; k += FLOATS) {
        const size_t left = n - k < FLOATS ? n - k : FLOATS;
        e->low = floats_min(floats_load_first(x + k, left, e->low), e->low);
        e->high = floats_max(floats_load_first(x + k, left, e->high), e->high);
    }
}

/* The extremes of n decoded values. Several chains, or each value would wait for the one before
 * it. */
static void extremes_find(const double *x, size_t n, double *least, double *most)
{
    enum { CHAINS = 4, STEP = CHAINS * VEC_LANES };
    vec low[CHAINS];
    vec high[CHAINS];
    double lows[VEC_LANES];
    double highs[VEC_LANES];
    size_t i = 0;
    for (size_t k = 0; k < CHAINS; k++) {
        low[k] = vec_of((double)INFINITY);
        high[k] = vec_of(-(double)INFINITY);
    }
    for (; i + STEP <= n; i += STEP) {
        for (size_t k = 0; k < CHAINS; k++) {
            const vec v = vec_load(x + i + k * VEC_LANES);
            low[k] = vec_min(v, low[k]);
            high[k] = vec_max(v, high[k]);
        }
    }
    vec_store(lows, vec_min(vec_min(low[0], low[1]), vec_min(low[2], low[3])));
    vec_store(highs, vec_max(vec_max(high[0], high[1]), vec_max(high[2], high[3])));
    *least = lows[0];
    *most = highs[0];
    for (size_t l = 1; l < VEC_LANES; l++) {
        *least = lows[l] < *least ? lows[l] : *least;
        *most = highs[l] > *most ? highs[l] : *most;
    }
    for (; i < n; i++) {
        *least = x[i] < *least ? x[i] : *least;
        *most = x[i] > *most ? x[i] : *most;
    }
}

#endif
