/* SPDX-License-Identifier: MIT
 *
 * How much of the GPUs' memory each process holds, as NVML tells where the driver is there.
 */
#ifndef NODE_GPU_MEMORY_H
#define NODE_GPU_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

#include <gaia/status.h>

#define GPU_MEMORY_LIBRARY "libnvidia-ml.so.1"

struct gpu_memory;

/* Loads the library. GAIA_DEVICE: it is not there, is too old, or finds no GPU; GAIA_OUT_OF_MEMORY.
 */
GAIA_MUST_USE gaia_status gpu_memory_open(const char *library, struct gpu_memory **gpu,
                                          gaia_error *err);
void gpu_memory_close(struct gpu_memory *gpu);

/* Asks every GPU for its processes; what one does not tell counts as nothing. */
void gpu_memory_read(struct gpu_memory *gpu);

/* What the process held when gpu_memory_read was called last, on all GPUs together. In a container
 * that does not see the host's process numbers this is 0. gpu NULL: 0. */
uint64_t gpu_memory_of(const struct gpu_memory *gpu, pid_t pid);

#endif
