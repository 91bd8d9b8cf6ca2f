/* SPDX-License-Identifier: MIT
 *
 * The emulated device: runs a launch lane by lane in an order made from a seed.
 *
 * Invariant: one launch runs at a time.
 */
#ifndef TESTS_KERNELS_CUDA_FIBERS_H
#define TESTS_KERNELS_CUDA_FIBERS_H

#include <cstdint>
#include <functional>

/* Runs lane for each lane of each warp. A warp that does not come to an end is given up. */
void fibers_run(uint32_t n_blocks, uint32_t n_threads, uint64_t seed,
                const std::function<void()> &lane);

/* Warps that were given up. */
unsigned fibers_faults();
void fibers_faults_forget();

#endif
