/* SPDX-License-Identifier: MIT
 *
 * The grid that the benchmark sums over: its latitudes, weightings and regions, and the layouts
 * made of them.
 */
#ifndef BENCH_DOMAIN_H
#define BENCH_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/status.h>

#include "bench.h"
#include "layout.h"

/* A global grid with rows from pole to pole and columns from 0. */
struct domain {
    uint32_t n_lat;
    uint32_t n_lon;
    double *lat;                        /* [n_lat] */
    double *weights[BENCH_WEIGHTS_MAX]; /* [n_lat] each: cosine, two cell areas, 1 */
};

GAIA_MUST_USE gaia_status domain_make(uint32_t n_lat, uint32_t n_lon, struct domain *domain,
                                      gaia_error *err);
void domain_free(struct domain *domain);

/* The layout of these regions, those without a point left out; with a plane, one more region is the
 * globe under it. The caller frees it. GAIA_OUT_OF_MEMORY, GAIA_USAGE. */
GAIA_MUST_USE gaia_status domain_layout(const struct domain *domain, enum region_choice regions,
                                        unsigned n_weights, const struct gaia_field *plane,
                                        struct layout **layout, gaia_error *err);

/* How many regions such a layout has at most: the number that a user knows the set by. */
size_t region_count(enum region_choice regions);

/* Points of all strips of one forecast, as a multiple of the grid's: those under no plane, or those
 * under one. */
double layout_share(const struct layout *layout, bool under_plane);

#endif
