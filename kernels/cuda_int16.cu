/* SPDX-License-Identifier: MIT
 *
 * Strips of int16 values, packed or not: the kernels of cuda_whole.cuh for them.
 */
#include "cuda_whole.cuh"

#include "cuda_source.cuh"

cudaError_t cuda_int16_launch(const struct device_job *job, const struct whole_launch *launch,
                              cudaStream_t stream)
{
    return whole_start<struct source_int16>(job, launch, stream);
}
