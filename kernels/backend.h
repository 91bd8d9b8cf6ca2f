/* SPDX-License-Identifier: MIT
 *
 * The seam between the engine and the device that sums: what every backend does, and nothing of
 * how.
 *
 * A tile is the unit of work: forecasts of one variable, level and valid time against one truth.
 * Its output is the sums of every region of the layout by the rules of kernels/moments.h, the same
 * bits on every backend.
 */
#ifndef KERNELS_BACKEND_H
#define KERNELS_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fields are [n_lat][n_lon] of the layout; their data are device addresses inside buffers of the
 * backend, aligned for their type. climatology.data and reference.data may be NULL. Everything is
 * borrowed until the sums are there. */
struct tile {
    struct gaia_field truth;
    struct gaia_field climatology;
    struct gaia_field reference;
    size_t n_forecasts;
    const struct gaia_field *forecasts;
};

/* Memory of the device. host is where the host writes what is to be there: set by map, gone with
 * upload. */
struct backend_buffer {
    void *device;
    size_t bytes;
    void *host;
    void *owner; /* the backend's own */
};

struct backend_config {
    const char *instruction_set; /* of the CPU: NULL the best there is, or "portable", "v3", "v4" */
    uint64_t memory_bytes;       /* of device memory at most; 0: most of what is free */
    unsigned i_device;           /* which GPU */
};

/* Where the time went since the backend was opened, in seconds, 0 where a backend has no such
 * stage; and what of a memory of its own is taken now. */
struct backend_times {
    double upload_s;
    double kernel_s;
    double download_s;
    uint64_t uploaded_bytes;
    uint64_t used_bytes;
};

struct backend;
struct backend_work;

/* Every function returns GAIA_OK or: GAIA_OUT_OF_MEMORY (less may do), GAIA_DEVICE (this device
 * will not do any more), GAIA_USAGE (what was asked for cannot be). */
struct backend_ops {
    const char *name;
    gaia_status (*open)(const struct backend_config *config, struct backend **backend,
                        gaia_error *err);
    void (*close)(struct backend *backend);

    /* Name of the device as its maker calls it, and the bytes that buffers may take of a memory of
     * its own; 0: the host's memory is used. */
    const char *(*device)(const struct backend *backend);
    uint64_t (*memory_bytes)(const struct backend *backend);

    /* Thread-safe. A buffer is aligned to 256 bytes. */
    gaia_status (*alloc)(struct backend *backend, size_t bytes, struct backend_buffer *buffer,
                         gaia_error *err);
    void (*free)(struct backend *backend, struct backend_buffer *buffer);

    /* Points buffer->host to buffer->bytes that the caller fills; what they hold before is
     * undefined. May wait for an earlier upload. Thread-safe; a buffer is mapped by one thread. */
    gaia_status (*map)(struct backend *backend, struct backend_buffer *buffer, gaia_error *err);
    /* Starts to copy host[0 .. bytes) to the device; host is the backend's again. moments that
     * starts later sees it. bytes == 0 gives the mapping back unused. */
    gaia_status (*upload)(struct backend *backend, struct backend_buffer *buffer, size_t bytes,
                          gaia_error *err);

    /* Points *host to the buffer's first bytes as the last upload left them: in place where the
     * device's memory is the host's, else in `room`, of that many bytes (NULL will do in place).
     * Waits for them. Thread-safe; nobody uploads to the buffer meanwhile. */
    gaia_status (*download)(struct backend *backend, const struct backend_buffer *buffer,
                            size_t bytes, void *room, const void **host, gaia_error *err);

    /* What one thread sums in: room for the results of up to n_forecasts_max forecasts in
     * n_tiles_max tiles over this layout (uploaded, at layout->device; host is its copy that
     * stays).
     */
    gaia_status (*work_open)(struct backend *backend, const struct layout *host,
                             const struct backend_buffer *layout, size_t n_tiles_max,
                             size_t n_forecasts_max, struct backend_work **work, gaia_error *err);
    void (*work_close)(struct backend *backend, struct backend_work *work);

    /* Starts to sum the tiles. At most one start a work until its wait. */
    gaia_status (*moments)(struct backend *backend, struct backend_work *work,
                           const struct tile *tiles, size_t n_tiles, gaia_error *err);
    /* Waits for the sums: [n_forecasts of all tiles][n_regions][1 + n_weights][ROW_COUNT], first
     * the plain sums with the extremes, then those under each weight (their extremes are 0).
     * Borrowed until the next call with this work; on failure there are none. */
    gaia_status (*wait)(struct backend *backend, struct backend_work *work, const double **sums,
                        gaia_error *err);

    void (*times)(const struct backend *backend, struct backend_times *times);
};

extern const struct backend_ops backend_cpu;

/* The backend of this name: "cpu", "cuda" (loaded from libgaia_cuda.so beside the program or its
 * library), or "auto": cuda if its module and a device are there, else cpu; *note then says in a
 * sentence why it is not cuda though its module is there, until this thread's next call, and is
 * NULL otherwise. note may be NULL. GAIA_USAGE for another name, GAIA_DEVICE if it is not there. */
GAIA_MUST_USE gaia_status backend_find(const char *name, const struct backend_ops **ops,
                                       const char **note, gaia_error *err);

/* Checks what moments is about to get: GAIA_USAGE names the tile and the field that is null,
 * misaligned for its type or of no known type, or says that there is nothing or too much to do.
 * Every backend's moments begins with it. */
GAIA_MUST_USE gaia_status tiles_check(const struct tile *tiles, size_t n_tiles, size_t n_tiles_max,
                                      size_t n_forecasts_max, gaia_error *err);

#ifdef __cplusplus
}
#endif
#endif
