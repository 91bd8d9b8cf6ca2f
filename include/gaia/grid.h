/* SPDX-License-Identifier: MIT
 *
 * Horizontal grids in canonical placement: rows north to south; columns by longitude modulo 360
 * ascending from 0, a limited area starting after its largest gap; no cyclic duplicate column.
 */
#ifndef GAIA_GRID_H
#define GAIA_GRID_H

#include <stddef.h>

#include <gaia/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A view; the axes are borrowed. */
struct gaia_grid {
    size_t n_lat;
    size_t n_lon;
    const double *lat; /* [n_lat] degrees north, descending */
    const double *lon; /* [n_lon] degrees east in [0, 360), canonical order */
};

/* Names of the regions and weightings that a job may ask for, i from 0; NULL out of range. Static,
 * thread-safe. The last region, "zonal", stands for its bands of latitude, of which job.h tells. */
GAIA_API const char *gaia_region_name(size_t i);
GAIA_API const char *gaia_weighting_name(size_t i);

#ifdef __cplusplus
}
#endif
#endif
