/* SPDX-License-Identifier: MIT
 *
 * Regions that are bands of latitude (score/region_zonal.h): a page has their values, for profiles,
 * but no differences, and leaves them out where it would grow too large. For report_data.c.
 *
 * Invariant: where a plan has nothing but bands they are regions like any other.
 */
#ifndef REPORT_BANDS_H
#define REPORT_BANDS_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "arena.h"
#include "plan.h"
#include "text.h"

struct report_bands {
    bool *is_band;      /* [plan->n_regions] and there are others */
    size_t n_bands;     /* of those */
    const char **plain; /* [n_plain] distinct names of the others, copied */
    size_t n_plain;
};

/* Lists live in the arena. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_bands_find(const struct plan *plan, struct arena *arena,
                                            struct report_bands *bands, gaia_error *err);

/* Appends the member "bands": [region, south, north] in degrees of every region that is a band. */
void report_bands_write(const struct plan *plan, struct text *out);

/* How many values a region of the plan has on a page, under all weightings: of each forecast, and
 * n_baseline of what all of them share. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_values_count(const struct plan *plan, size_t n_metrics,
                                              size_t n_baseline, size_t *n_values, gaia_error *err);

#endif
