/* SPDX-License-Identifier: MIT
 *
 * Synthetic fields: values that a point's index, its field's number and kind make, so that whoever
 * computes them (peers.py too) gets the same; and pools of them in a backend's memory.
 */
#ifndef BENCH_SYNTHETIC_H
#define BENCH_SYNTHETIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "backend.h"
#include "crew.h"

enum field_kind { FIELD_FORECAST, FIELD_TRUTH, FIELD_CLIMATOLOGY, FIELD_REFERENCE, FIELD_PLANE };

/* Which values the fields of one kind have. missing: the share of the rows that have missing
 * values, a sixteenth of the row each; these rows are the same in all fields, the columns are not.
 */
struct field_make {
    uint32_t n_lat;
    uint32_t n_lon;
    enum field_kind kind;
    enum gaia_dtype dtype;
    double missing;
};

/* Writes field number i: [n_lat][n_lon] of the dtype. Values are 280 + k / 4096, k an integer from
 * 1 to 65535, which every dtype holds exactly; those of a plane k / 65536. */
void field_fill(const struct field_make *make, size_t i, void *out);

/* A view of a field at data, with the packing that field_fill uses. */
struct gaia_field field_view(const struct field_make *make, const void *data);

size_t field_bytes(const struct field_make *make);

/* Fields 0 .. n of one making in a backend's memory. */
struct pool {
    struct field_make make;
    size_t n;
    struct backend_buffer *buffers; /* [n] */
};

/* Allocates and fills pool->n fields on all threads of the crew; what there is after a failure is
 * freed by pool_free. */
GAIA_MUST_USE gaia_status pool_fill(const struct backend_ops *ops, struct backend *backend,
                                    struct crew *crew, unsigned n_threads, struct pool *pool,
                                    gaia_error *err);
void pool_free(const struct backend_ops *ops, struct backend *backend, struct pool *pool);

struct gaia_field pool_field(const struct pool *pool, size_t i);

#endif
