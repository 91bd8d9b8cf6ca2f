/* SPDX-License-Identifier: MIT
 *
 * A climatology made of years of analyses: files in, one NetCDF-4 file out.
 *
 * The (variable, level)s are taken in groups whose sums fit the memory, and each group's fields are
 * read once, a variable's by valid time. Where the sums of one (variable, level) alone do not fit,
 * bands of its latitudes are taken one after the other, and its fields are read once for each.
 *
 * Invariant: the values do not depend on the memory, or on which files hold the fields.
 */
#ifndef HOST_CLIMATOLOGY_MAKE_H
#define HOST_CLIMATOLOGY_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/job.h>
#include <gaia/status.h>

#include "climatology_bins.h"

struct climatology_order {
    struct gaia_source source; /* fields are taken by their valid time */
    struct climatology_choice choice;
    size_t n_variables; /* 0: all gridded ones */
    const char *const *variables;
    uint64_t min_count; /* values that a mean needs */
    bool as_double;
    uint64_t memory_bytes;
    const char *out;
    const char *history;
    const char *kind; /* names, for the file's attributes */
    const char *weights;
    void (*progress)(void *context, uint64_t done, uint64_t total); /* fields read; may be NULL */
    void *context;
};

/* What was done. */
struct climatology_outcome {
    uint64_t n_fields;  /* that the means are of */
    uint64_t n_reads;   /* of fields: as many unless there were bands */
    uint64_t n_means;   /* fields of the climatology */
    uint64_t n_missing; /* of those, without any value */
};

/* Makes the file order->out, whole or not at all. Fails as catalog_open, climatology_bins_make and
 * the readers do; GAIA_LIMIT where one row's sums do not fit the memory; GAIA_FORMAT_UNSUPPORTED
 * where a mean is beyond float32 and as_double was not asked for; GAIA_DISK. */
GAIA_MUST_USE gaia_status climatology_make(const struct climatology_order *order,
                                           struct climatology_outcome *outcome, gaia_error *err);

#endif
