/* SPDX-License-Identifier: MIT
 *
 * Vectors for the CPU's sums: 8 lanes of float64 with AVX-512, 4 with AVX2 and FMA, 1 anywhere; and
 * FLOATS float32 values, a register of them. Chosen by what the file is compiled for. Every
 * operation rounds each lane once, as IEEE 754 says.
 */
#ifndef KERNELS_CPU_VECTOR_H
#define KERNELS_CPU_VECTOR_H

#include <float.h>
#include <math.h>
#include <stddef.h>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#include "moments.h"

#if defined(__AVX512F__)

enum { VEC_LANES = 8, VEC_REGISTERS = 32, FLOATS = 16 };
typedef __m512d vec;
typedef __mmask8 vec_mask;
typedef __m512 floats;

#define vec_load(p) _mm512_loadu_pd(p)
#define vec_load_part(p, n) _mm512_maskz_loadu_pd(vec_mask_first(n), (p))
#define vec_store(p, x) _mm512_storeu_pd((p), (x))
#define vec_of(x) _mm512_set1_pd(x)
#define vec_add(x, y) _mm512_add_pd((x), (y))
#define vec_sub(x, y) _mm512_sub_pd((x), (y))
#define vec_mul(x, y) _mm512_mul_pd((x), (y))
#define vec_fma(x, y, z) _mm512_fmadd_pd((x), (y), (z))
#define vec_sum(x, y) _mm512_fmadd_pd((y), _mm512_set1_pd(1.0), (x))
#define vec_abs(x) _mm512_abs_pd(x)
#define vec_min(x, y) _mm512_min_pd((x), (y))
#define vec_max(x, y) _mm512_max_pd((x), (y))
#define vec_finite(x) _mm512_cmp_pd_mask(_mm512_abs_pd(x), _mm512_set1_pd(DBL_MAX), _CMP_LE_OQ)
#define vec_positive(x) _mm512_cmp_pd_mask((x), _mm512_setzero_pd(), _CMP_GT_OQ)
#define vec_both(a, b) ((vec_mask)((a) & (b)))
#define vec_all(a) ((a) == 0xff)
#define vec_choose(m, x, y) _mm512_mask_blend_pd((m), (y), (x)) /* x where m is set */
#define vec_mask_first(n) ((vec_mask)((1U << (n)) - 1U))
#define vec_of_floats(p) _mm512_cvtps_pd(_mm256_loadu_ps(p))
#define vec_of_floats_part(p, n) _mm512_cvtps_pd(_mm256_maskz_loadu_ps(vec_mask_first(n), (p)))
#define floats_load(p) _mm512_loadu_ps(p)
#define floats_of(x) _mm512_set1_ps(x)
#define floats_min(x, y) _mm512_min_ps((x), (y))
#define floats_max(x, y) _mm512_max_ps((x), (y))

/* The first n values, `rest` behind them. */
static inline floats floats_load_first(const float *p, size_t n, floats rest)
{
    return _mm512_mask_loadu_ps(rest, (__mmask16)((1U << n) - 1U), p);
}

static inline float floats_least(floats x)
{
    return _mm512_reduce_min_ps(x);
}

static inline float floats_most(floats x)
{
    return _mm512_reduce_max_ps(x);
}

/* Merges the lanes of eight sums at once: in each step two vectors become one. */
static inline void vec_merge(const vec *x, double *out)
{
    vec four[4];
    vec two[2];
    for (int i = 0; i < 4; i++) { /* lane l + (l + 4): sum 2i in the lower half, 2i + 1 above */
        four[i] = _mm512_add_pd(_mm512_shuffle_f64x2(x[2 * i], x[2 * i + 1], 0x44),
                                _mm512_shuffle_f64x2(x[2 * i], x[2 * i + 1], 0xee));
    }
    for (int i = 0; i < 2; i++) { /* l + (l + 2): sums 0, 1, 2, 3 in pairs of lanes */
        two[i] = _mm512_add_pd(_mm512_shuffle_f64x2(four[2 * i], four[2 * i + 1], 0x88),
                               _mm512_shuffle_f64x2(four[2 * i], four[2 * i + 1], 0xdd));
    }
    const vec one =
        _mm512_add_pd(_mm512_unpacklo_pd(two[0], two[1]), _mm512_unpackhi_pd(two[0], two[1]));
    const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    _mm512_storeu_pd(out, _mm512_permutexvar_pd(order, one));
}

#elif defined(__AVX2__)

enum { VEC_LANES = 4, VEC_REGISTERS = 16, FLOATS = 8 };
typedef __m256d vec;
typedef __m256d vec_mask;
typedef __m256 floats;

#define vec_load(p) _mm256_loadu_pd(p)
#define vec_load_part(p, n)                                                                        \
    _mm256_maskload_pd((p), _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)(n)),                 \
                                               _mm256_set_epi64x(3, 2, 1, 0)))
#define vec_store(p, x) _mm256_storeu_pd((p), (x))
#define vec_of(x) _mm256_set1_pd(x)
#define vec_add(x, y) _mm256_add_pd((x), (y))
#define vec_sub(x, y) _mm256_sub_pd((x), (y))
#define vec_mul(x, y) _mm256_mul_pd((x), (y))
#define vec_fma(x, y, z) _mm256_fmadd_pd((x), (y), (z))
#define vec_sum(x, y) _mm256_fmadd_pd((y), _mm256_set1_pd(1.0), (x))
#define vec_abs(x) _mm256_andnot_pd(_mm256_set1_pd(-0.0), (x))
#define vec_min(x, y) _mm256_min_pd((x), (y))
#define vec_max(x, y) _mm256_max_pd((x), (y))
#define vec_finite(x) _mm256_cmp_pd(vec_abs(x), _mm256_set1_pd(DBL_MAX), _CMP_LE_OQ)
#define vec_positive(x) _mm256_cmp_pd((x), _mm256_setzero_pd(), _CMP_GT_OQ)
#define vec_both(a, b) _mm256_and_pd((a), (b))
#define vec_all(a) (_mm256_movemask_pd(a) == 0xf)
#define vec_choose(m, x, y) _mm256_blendv_pd((y), (x), (m))
#define vec_of_floats(p) _mm256_cvtps_pd(_mm_loadu_ps(p))
#define vec_of_floats_part(p, n)                                                                   \
    _mm256_cvtps_pd(_mm_maskload_ps(                                                               \
        (p), _mm_cmpgt_epi32(_mm_set1_epi32((int)(n)), _mm_set_epi32(3, 2, 1, 0))))
#define floats_load(p) _mm256_loadu_ps(p)
#define floats_of(x) _mm256_set1_ps(x)
#define floats_min(x, y) _mm256_min_ps((x), (y))
#define floats_max(x, y) _mm256_max_ps((x), (y))

static inline floats floats_load_first(const float *p, size_t n, floats rest)
{
    const __m256i first =
        _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
    return _mm256_blendv_ps(rest, _mm256_maskload_ps(p, first), _mm256_castsi256_ps(first));
}

static inline float floats_least(floats x)
{
    const __m128 four = _mm_min_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)));
}

static inline float floats_most(floats x)
{
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

/* Merges the lanes of four sums at once. */
static inline void vec_merge(const vec *x, double *out)
{
    vec two[2];
    for (int i = 0; i < 2; i++) { /* lane l + (l + 2): sum 2i in the lower half, 2i + 1 above */
        two[i] = _mm256_add_pd(_mm256_permute2f128_pd(x[2 * i], x[2 * i + 1], 0x20),
                               _mm256_permute2f128_pd(x[2 * i], x[2 * i + 1], 0x31));
    }
    const vec one =
        _mm256_add_pd(_mm256_unpacklo_pd(two[0], two[1]), _mm256_unpackhi_pd(two[0], two[1]));
    _mm256_storeu_pd(out, _mm256_permute4x64_pd(one, 0xd8));
}

#else

enum { VEC_LANES = 1, VEC_REGISTERS = 16, FLOATS = 1 };
typedef double vec;
typedef int vec_mask;
typedef float floats;

#define vec_load(p) (*(p))
#define vec_load_part(p, n) ((n) > 0 ? *(p) : 0.0)
#define vec_of_floats(p) ((double)*(p))
#define vec_of_floats_part(p, n) ((n) > 0 ? (double)*(p) : 0.0)
#define vec_store(p, x) (*(p) = (x))
#define vec_of(x) (x)
#define vec_add(x, y) ((x) + (y))
#define vec_sub(x, y) ((x) - (y))
#define vec_mul(x, y) ((x) * (y))
#define vec_fma(x, y, z) fma((x), (y), (z))
#define vec_sum(x, y) ((x) + (y))
#define vec_abs(x) fabs(x)
#define vec_min(x, y) ((x) < (y) ? (x) : (y))
#define vec_max(x, y) ((x) > (y) ? (x) : (y))
#define vec_finite(x) (fabs(x) <= DBL_MAX)
#define vec_positive(x) ((x) > 0.0)
#define vec_both(a, b) ((a) & (b))
#define vec_all(a) (a)
#define vec_choose(m, x, y) ((m) ? (x) : (y))
#define floats_load(p) (*(p))
#define floats_of(x) (x)
#define floats_min(x, y) ((x) < (y) ? (x) : (y))
#define floats_max(x, y) ((x) > (y) ? (x) : (y))
#define floats_load_first(p, n, rest) ((n) > 0 ? *(p) : (rest))
#define floats_least(x) (x)
#define floats_most(x) (x)

static inline void vec_merge(const vec *x, double *out)
{
    *out = *x;
}

#endif

/* The first n lanes, zeros behind them. */
static inline vec vec_load_first(const double *p, size_t n)
{
    return n >= VEC_LANES ? vec_load(p) : vec_load_part(p, n);
}

static inline vec vec_of_floats_first(const float *p, size_t n)
{
    return n >= VEC_LANES ? vec_of_floats(p) : vec_of_floats_part(p, n);
}

/* The terms of the sums, for a vector of points. */
#define MOMENTS_REAL vec
#define MOMENTS_TERM(name) vec_##name
#define MOMENTS_ADD vec_add
#define MOMENTS_SUM vec_sum
#define MOMENTS_SUB vec_sub
#define MOMENTS_MUL vec_mul
#define MOMENTS_FMA vec_fma
#define MOMENTS_ABS vec_abs
#include "moments_terms.h"
#undef MOMENTS_REAL
#undef MOMENTS_TERM
#undef MOMENTS_ADD
#undef MOMENTS_SUM
#undef MOMENTS_SUB
#undef MOMENTS_MUL
#undef MOMENTS_FMA
#undef MOMENTS_ABS

/* Merges 32 lanes of n sums [n][32] by rule 5 of moments.h into out, which has room for whole
 * vectors: zeros behind the last sum. */
static inline __attribute__((always_inline)) void lanes_merge(const double *lane, size_t n,
                                                              double *out)
{
    enum { VECTORS = MOMENTS_LANES / VEC_LANES };
    for (size_t k = 0; k < n; k += VEC_LANES) {
        vec merged[VEC_LANES];
        for (size_t j = 0; j < VEC_LANES; j++) {
            vec v[VECTORS];
            for (size_t i = 0; i < VECTORS; i++) {
                v[i] = k + j < n ? vec_load(lane + (k + j) * MOMENTS_LANES + i * VEC_LANES)
                                 : vec_of(0.0);
            }
            for (size_t half = VECTORS / 2; half > 0 && k + j < n; half /= 2) {
                for (size_t i = 0; i < half; i++) {
                    v[i] = vec_add(v[i], v[i + half]);
                }
            }
            merged[j] = v[0];
        }
        vec_merge(merged, out + k);
    }
}

#endif
