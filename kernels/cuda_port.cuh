/* SPDX-License-Identifier: MIT
 *
 * What device code needs beyond the language: launches and unrolling, which read differently where
 * the same source is compiled as C++ (CUDA_EMULATED, with a header that stands for CUDA).
 *
 * Invariant: kernels are warp code. A warp's lanes meet in the collectives named here and nowhere
 * else; warps never wait for each other.
 */
#ifndef KERNELS_CUDA_PORT_CUH
#define KERNELS_CUDA_PORT_CUH

#include "cuda_kernels.h"

#if defined(CUDA_EMULATED)
#define UNROLL
#define UNROLL_NOT
#define CUDA_LAUNCH(kernel, n_blocks, n_threads, stream, args)                                     \
    emulation_launch((kernel), (n_blocks), (n_threads), (stream), (args))
#else
#define UNROLL _Pragma("unroll")
#define UNROLL_NOT _Pragma("unroll 1")
#define CUDA_LAUNCH(kernel, n_blocks, n_threads, stream, args)                                     \
    (kernel)<<<(n_blocks), (n_threads), 0, (stream)>>>(args)
#endif

enum { WARP = MOMENTS_LANES, BLOCK_THREADS = BLOCK_WARPS * WARP };

/* x, of which the compiler is to assume nothing: it would make a copy of a loop for every
 * combination of the values that are tested in it. */
static inline __device__ int opaque(int x)
{
#if !defined(CUDA_EMULATED)
    asm volatile("" : "+r"(x));
#endif
    return x;
}

static const uint32_t ALL_LANES = 0xffffffffU;

static inline __device__ uint32_t lane_index(void)
{
    return threadIdx.x % WARP;
}

static inline __device__ uint32_t warp_index(void)
{
    return threadIdx.x / WARP;
}

#endif
