/* SPDX-License-Identifier: MIT
 *
 * Vectors of float64 for the CPU's row sums: 8 lanes with AVX-512, 4 with AVX2 and FMA, 1 anywhere.
 * Chosen by what the file is compiled for. Every operation rounds each lane once, as IEEE 754 says.
 */
#ifndef KERNELS_CPU_VECTOR_H
#define KERNELS_CPU_VECTOR_H

#include <float.h>
#include <math.h>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)

enum { VEC_LANES = 8 };
typedef __m512d vec;
typedef __mmask8 vec_mask;

#define vec_load(p) _mm512_load_pd(p)
#define vec_store(p, x) _mm512_store_pd((p), (x))
#define vec_of(x) _mm512_set1_pd(x)
#define vec_add(x, y) _mm512_add_pd((x), (y))
#define vec_sub(x, y) _mm512_sub_pd((x), (y))
#define vec_fma(x, y, z) _mm512_fmadd_pd((x), (y), (z))
#define vec_abs(x) _mm512_abs_pd(x)
#define vec_min(x, y) _mm512_min_pd((x), (y))
#define vec_max(x, y) _mm512_max_pd((x), (y))
#define vec_finite(x) _mm512_cmp_pd_mask(_mm512_abs_pd(x), _mm512_set1_pd(DBL_MAX), _CMP_LE_OQ)
#define vec_both(a, b) ((vec_mask)((a) & (b)))
#define vec_choose(m, x, y) _mm512_mask_blend_pd((m), (y), (x)) /* x where m is set */

#elif defined(__AVX2__)

enum { VEC_LANES = 4 };
typedef __m256d vec;
typedef __m256d vec_mask;

#define vec_load(p) _mm256_load_pd(p)
#define vec_store(p, x) _mm256_store_pd((p), (x))
#define vec_of(x) _mm256_set1_pd(x)
#define vec_add(x, y) _mm256_add_pd((x), (y))
#define vec_sub(x, y) _mm256_sub_pd((x), (y))
#define vec_fma(x, y, z) _mm256_fmadd_pd((x), (y), (z))
#define vec_abs(x) _mm256_andnot_pd(_mm256_set1_pd(-0.0), (x))
#define vec_min(x, y) _mm256_min_pd((x), (y))
#define vec_max(x, y) _mm256_max_pd((x), (y))
#define vec_finite(x) _mm256_cmp_pd(vec_abs(x), _mm256_set1_pd(DBL_MAX), _CMP_LE_OQ)
#define vec_both(a, b) _mm256_and_pd((a), (b))
#define vec_choose(m, x, y) _mm256_blendv_pd((y), (x), (m))

#else

enum { VEC_LANES = 1 };
typedef double vec;
typedef int vec_mask;

#define vec_load(p) (*(p))
#define vec_store(p, x) (*(p) = (x))
#define vec_of(x) (x)
#define vec_add(x, y) ((x) + (y))
#define vec_sub(x, y) ((x) - (y))
#define vec_fma(x, y, z) fma((x), (y), (z))
#define vec_abs(x) fabs(x)
#define vec_min(x, y) ((x) < (y) ? (x) : (y))
#define vec_max(x, y) ((x) > (y) ? (x) : (y))
#define vec_finite(x) (fabs(x) <= DBL_MAX)
#define vec_both(a, b) ((a) & (b))
#define vec_choose(m, x, y) ((m) ? (x) : (y))

#endif

#endif
