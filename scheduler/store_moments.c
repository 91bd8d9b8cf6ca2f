/* SPDX-License-Identifier: MIT
 *
 * Invariant: what is damaged is the job's that it belongs to; reading it is no failure of the
 * store.
 */
#include "store_moments.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

gaia_status store_moments_give(const struct store_visitor *visitor, uint64_t unit,
                               const void *stored, size_t bytes, gaia_error *err)
{
    if (stored == NULL || bytes == 0 || bytes % sizeof(double) != 0) {
        visitor->moments(visitor->context, unit, NULL, 0);
        return GAIA_OK;
    }
    double *sums = malloc(bytes); /* what is stored is not aligned for them */
    if (sums == NULL) {
        return error_memory(err, bytes);
    }
    memcpy(sums, stored, bytes);
    visitor->moments(visitor->context, unit, sums, bytes / sizeof(double));
    free(sums);
    return GAIA_OK;
}
