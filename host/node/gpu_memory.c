/* SPDX-License-Identifier: MIT
 *
 * NVML, loaded at run time, because gaia-node is the same program where there is no GPU. The few
 * declarations of nvml.h that are needed are repeated here for the same reason.
 *
 * Invariant: a call that fails leaves nothing of its GPU in the table, so that an old figure never
 * ends a process.
 */
#include "gpu_memory.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

enum {
    NVML_SUCCESS = 0,
    NVML_INSUFFICIENT_SIZE = 7,
    ROOM_FIRST = 64,
    ROOM_MORE = 16, /* for processes that start between two calls */
};

/* nvmlProcessInfo_v2_t, which the functions _v2 and _v3 fill. */
struct nvml_process {
    unsigned pid;
    unsigned long long used_bytes; /* all ones: not known */
    unsigned gpu_instance;
    unsigned compute_instance;
};

typedef int nvml_plain(void);
typedef int nvml_count(unsigned *count);
typedef int nvml_handle(unsigned index, void **device);
typedef int nvml_processes(void *device, unsigned *count, struct nvml_process *processes);

struct gpu_memory {
    void *library;
    nvml_plain *shutdown;
    nvml_processes *processes;
    unsigned n_devices;
    void **devices;
    size_t n_rows;
    size_t room;
    struct nvml_process *rows; /* [n_rows], of all devices */
};

/* dlsym as ISO C has it: a pointer to a function is no void pointer. */
static bool symbol_find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static gaia_status devices_find(struct gpu_memory *gpu, const char *library, gaia_error *err)
{
    nvml_plain *init = NULL;
    nvml_count *count = NULL;
    nvml_handle *handle = NULL;
    void *at = gpu->library;
    if (!symbol_find(at, "nvmlInit_v2", &init) ||
        !symbol_find(at, "nvmlShutdown", &gpu->shutdown) ||
        !symbol_find(at, "nvmlDeviceGetCount_v2", &count) ||
        !symbol_find(at, "nvmlDeviceGetHandleByIndex_v2", &handle) ||
        (!symbol_find(at, "nvmlDeviceGetComputeRunningProcesses_v3", &gpu->processes) &&
         !symbol_find(at, "nvmlDeviceGetComputeRunningProcesses_v2", &gpu->processes))) {
        gpu->shutdown = NULL;
        return error_set(err, GAIA_DEVICE, "%s: too old", library);
    }
    const int code = init();
    if (code != NVML_SUCCESS) {
        gpu->shutdown = NULL;
        return error_set(err, GAIA_DEVICE, "%s: nvmlInit fails with %d", library, code);
    }
    if (count(&gpu->n_devices) != NVML_SUCCESS || gpu->n_devices == 0) {
        return error_set(err, GAIA_DEVICE, "%s: no GPU", library);
    }
    gpu->devices = calloc(gpu->n_devices, sizeof *gpu->devices);
    if (gpu->devices == NULL) {
        return error_memory(err, gpu->n_devices * sizeof *gpu->devices);
    }
    for (unsigned i = 0; i < gpu->n_devices; i++) {
        if (handle(i, &gpu->devices[i]) != NVML_SUCCESS) {
            gpu->devices[i] = NULL;
        }
    }
    return GAIA_OK;
}

gaia_status gpu_memory_open(const char *library, struct gpu_memory **gpu, gaia_error *err)
{
    struct gpu_memory *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    gaia_status status = GAIA_OK;
    opened->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (opened->library == NULL) {
        status = error_set(err, GAIA_DEVICE, "%s", dlerror());
    } else {
        status = devices_find(opened, library, err);
    }
    if (status != GAIA_OK) {
        gpu_memory_close(opened);
        return status;
    }
    *gpu = opened;
    return GAIA_OK;
}

void gpu_memory_close(struct gpu_memory *gpu)
{
    if (gpu == NULL) {
        return;
    }
    if (gpu->shutdown != NULL) {
        (void)gpu->shutdown();
    }
    if (gpu->library != NULL) {
        (void)dlclose(gpu->library);
    }
    free(gpu->devices);
    free(gpu->rows);
    free(gpu);
}

/* Room for `more` rows behind those that are there. */
static bool rows_reserve(struct gpu_memory *gpu, size_t more)
{
    if (gpu->n_rows + more <= gpu->room) {
        return true;
    }
    struct nvml_process *grown = realloc(gpu->rows, (gpu->n_rows + more) * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    gpu->rows = grown;
    gpu->room = gpu->n_rows + more;
    return true;
}

static void device_read(struct gpu_memory *gpu, void *device)
{
    unsigned count = ROOM_FIRST;
    int code = NVML_INSUFFICIENT_SIZE;
    for (int tries = 0; tries < 2 && code == NVML_INSUFFICIENT_SIZE; tries++) {
        count += tries > 0 ? ROOM_MORE : 0;
        if (!rows_reserve(gpu, count)) {
            return;
        }
        code = gpu->processes(device, &count, gpu->rows + gpu->n_rows);
    }
    gpu->n_rows += code == NVML_SUCCESS ? count : 0;
}

void gpu_memory_read(struct gpu_memory *gpu)
{
    gpu->n_rows = 0;
    for (unsigned i = 0; i < gpu->n_devices; i++) {
        if (gpu->devices[i] != NULL) {
            device_read(gpu, gpu->devices[i]);
        }
    }
}

uint64_t gpu_memory_of(const struct gpu_memory *gpu, pid_t pid)
{
    uint64_t bytes = 0;
    for (size_t i = 0; gpu != NULL && i < gpu->n_rows; i++) {
        const struct nvml_process *row = &gpu->rows[i];
        if (row->pid == (unsigned)pid && row->used_bytes != ~0ULL) {
            bytes += row->used_bytes;
        }
    }
    return bytes;
}
