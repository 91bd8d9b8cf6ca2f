/* SPDX-License-Identifier: MIT
 *
 * Strips of values of any type, each field of its own: the kernels of cuda_whole.cuh for them.
 */
#include "cuda_whole.cuh"

#include "cuda_source.cuh"

cudaError_t cuda_any_launch(const struct device_job *job, const struct whole_launch *launch,
                            cudaStream_t stream)
{
    return whole_start<struct source_any>(job, launch, stream);
}
