/* SPDX-License-Identifier: MIT
 *
 * Merging the lanes of a warp, by rule 5 of moments.h, for many sums at once.
 *
 * At each step half of the lanes keep half of the sums and give the others away: a lane joins what
 * it gets to what it keeps. So N sums take about N shuffles instead of 5 N, and at the end lane l
 * holds sum l / (32 / N). Which of two lanes adds is of no consequence: x + y is y + x.
 */
#ifndef KERNELS_CUDA_LANES_CUH
#define KERNELS_CUDA_LANES_CUH

#include <math.h>

#include "cuda_port.cuh"

/* How values of two lanes become one. */
struct join_sum {
    static __device__ double of(double x, double y)
    {
        return x + y;
    }
};

struct join_least {
    static __device__ float of(float x, float y)
    {
        return fminf(x, y);
    }
    template <typename T> static __device__ T of(T x, T y)
    {
        return y < x ? y : x;
    }
};

/* How many lanes hold the same of N merged values, and which value this lane holds. */
template <uint32_t N> static inline __device__ uint32_t merged_copies(void)
{
    return WARP / N;
}

template <uint32_t N> static inline __device__ uint32_t merged_index(void)
{
    return lane_index() / merged_copies<N>();
}

/* The N values of all lanes, merged: a step with lanes this far away, then the next. N is a power
 * of two. */
template <typename JOIN, uint32_t N, uint32_t DISTANCE, typename T>
static inline __device__ T lanes_merge_from(const T *x)
{
    constexpr uint32_t HALF = N > 1 ? N / 2 : 1;
    const bool is_upper = (lane_index() & DISTANCE) != 0;
    T kept[HALF];
    UNROLL
    for (uint32_t i = 0; i < HALF; i++) {
        const T upper = x[N > 1 ? i + HALF : i];
        const T given = is_upper ? x[i] : upper;
        kept[i] =
            JOIN::of(is_upper ? upper : x[i], __shfl_xor_sync(ALL_LANES, given, (int)DISTANCE));
    }
    if constexpr (DISTANCE > 1) {
        return lanes_merge_from<JOIN, HALF, DISTANCE / 2>(kept);
    } else {
        return kept[0];
    }
}

template <typename JOIN, uint32_t N, typename T> static inline __device__ T lanes_merge(const T *x)
{
    return lanes_merge_from<JOIN, N, WARP / 2>(x);
}

#endif
