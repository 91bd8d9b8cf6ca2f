/* SPDX-License-Identifier: MIT
 *
 * Strips of float32 values as they are: the kernels of cuda_whole.cuh for them.
 */
#include "cuda_whole.cuh"

#include "cuda_source.cuh"

cudaError_t cuda_float32_launch(const struct device_job *job, const struct whole_launch *launch,
                                cudaStream_t stream)
{
    return whole_start<struct source_float32>(job, launch, stream);
}

cudaError_t cuda_code_check(void)
{
    struct cudaFuncAttributes attributes;
    return cudaFuncGetAttributes(&attributes,
                                 (const void *)strips_whole<struct source_float32, true, false, 1>);
}
