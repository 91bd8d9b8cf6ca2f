/* SPDX-License-Identifier: MIT
 *
 * Plays libnvidia-ml.so.1, where there is no driver: two GPUs, of which the first tells what the
 * file named by NVML_DOUBLE_PROCESSES says, lines "PID BYTES", and the second is lost.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { SUCCESS = 0, INSUFFICIENT_SIZE = 7, GPU_IS_LOST = 15 };

struct process {
    unsigned pid;
    unsigned long long used_bytes;
    unsigned gpu_instance;
    unsigned compute_instance;
};

#define SHOWN __attribute__((visibility("default")))

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, struct process *found);

SHOWN int nvmlInit_v2(void)
{
    return getenv("NVML_DOUBLE_PROCESSES") != NULL ? SUCCESS : GPU_IS_LOST;
}

SHOWN int nvmlShutdown(void)
{
    return SUCCESS;
}

SHOWN int nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = 2;
    return SUCCESS;
}

SHOWN int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    static char devices[2];
    *device = &devices[index];
    return index == 0 ? SUCCESS : GPU_IS_LOST;
}

SHOWN int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count,
                                                  struct process *found)
{
    struct process one = {0};
    unsigned n = 0;
    FILE *file = fopen(getenv("NVML_DOUBLE_PROCESSES"), "re");
    (void)device;
    while (file != NULL && fscanf(file, "%u %llu", &one.pid, &one.used_bytes) == 2) {
        if (n < *count) {
            found[n] = one;
        }
        n++;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    const int code = n > *count ? INSUFFICIENT_SIZE : SUCCESS;
    *count = n;
    return code;
}
