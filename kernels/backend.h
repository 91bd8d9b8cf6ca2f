/* SPDX-License-Identifier: MIT
 *
 * The seam between the engine and the device that sums: what every backend does, and nothing of
 * how.
 *
 * A tile is the unit of work: forecasts of one variable, level and valid time against one truth.
 * Its output is the row sums of kernels/moments.h, the same bits on every backend.
 */
#ifndef KERNELS_BACKEND_H
#define KERNELS_BACKEND_H

#include <stddef.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "moments.h"

/* Consecutive columns of consecutive rows, in canonical placement. */
struct interval {
    size_t first_column;
    size_t n_columns;
    size_t first_row;
    size_t n_rows;
};

/* Fields are [n_lat][n_lon]; their data lies in buffers of the backend. climatology.data and
 * reference.data may be NULL. Everything is borrowed. */
struct tile {
    size_t n_lat;
    size_t n_lon;
    size_t n_intervals;
    const struct interval *intervals;
    struct gaia_field truth;
    struct gaia_field climatology;
    struct gaia_field reference;
    size_t n_forecasts;
    const struct gaia_field *forecasts;
};

/* Memory that both sides know: the host writes into host, kernels read device. A backend without
 * memory of its own has host == device. */
struct backend_buffer {
    void *host;
    void *device;
    size_t bytes;
};

struct backend_config {
    const char *
        instruction_set; /* of the CPU backend: NULL the best there is, or "portable", "v3", "v4" */
};

struct backend;

/* Every function returns GAIA_OK or: GAIA_OUT_OF_MEMORY (a smaller tile may do), GAIA_DEVICE. */
struct backend_ops {
    const char *name;
    gaia_status (*open)(const struct backend_config *config, struct backend **backend,
                        gaia_error *err);
    void (*close)(struct backend *backend);
    gaia_status (*alloc)(struct backend *backend, size_t bytes, struct backend_buffer *buffer,
                         gaia_error *err);
    void (*free)(struct backend *backend, struct backend_buffer *buffer);
    /* Makes buffer->host[0 .. bytes) visible at buffer->device, or the other way round. */
    gaia_status (*upload)(struct backend *backend, const struct backend_buffer *buffer,
                          size_t bytes, gaia_error *err);
    gaia_status (*download)(struct backend *backend, const struct backend_buffer *buffer,
                            size_t bytes, gaia_error *err);
    /* Writes the row sums to out->device: [n_forecasts][n_lat][n_intervals][ROW_COUNT]. Rows
     * outside an interval are left as they are. May be called from several threads at once with
     * different `out`. */
    gaia_status (*moments)(struct backend *backend, const struct tile *tile,
                           const struct backend_buffer *out, gaia_error *err);
    /* Waits for what was started. */
    gaia_status (*sync)(struct backend *backend, gaia_error *err);
};

extern const struct backend_ops backend_cpu;

/* The backend of this name: "cpu", "cuda", or "auto" (a GPU if there is one, else the CPU).
 * GAIA_USAGE for another name, GAIA_DEVICE if it is not there. Static. */
GAIA_MUST_USE gaia_status backend_find(const char *name, const struct backend_ops **ops,
                                       gaia_error *err);

#endif
