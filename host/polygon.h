/* SPDX-License-Identifier: MIT
 *
 * Which grid points lie in polygons. The rule, in the plane of longitude and latitude:
 *
 * 1. An edge is the straight line between its two positions as they are written (RFC 7946, 3.1.1),
 * not a great circle.
 * 2. A ring is looked at as it is written and shifted by full turns, each longitude + 360 k rounded
 * once; columns have their longitudes in 0 .. 360. So -0.1 and 359.9 are one place, and a ring may
 * go on past 180.
 * 3. A point is in a polygon if a line from it crosses the edges of its rings an odd number of
 * times: rings within others are holes, whichever way round they go.
 * 4. A point on an edge of any ring, or on a vertex, is in: like the bounds of boxes. A polygon
 * that is cut at the date line thus loses nothing there.
 * 5. A point is in if it is in any of the polygons. A ring around a pole reaches it along an edge
 * of latitude 90 or -90, as RFC 7946 asks.
 *
 * Invariant: the sign of every determinant is exact, so there is one answer for every point.
 */
#ifndef HOST_POLYGON_H
#define HOST_POLYGON_H

#include <gaia/grid.h>
#include <gaia/status.h>

#include "geojson.h"

/* Positive if p lies left of the line from a to b, negative if right of it, 0 if on it; exact for
 * coordinates that are 0 or between 1e-60 and 1e60 in size. */
int orientation(struct geojson_vertex a, struct geojson_vertex b, struct geojson_vertex p);

/* Writes 1 for every point in the polygons and 0 for the others: m [n_lat][n_lon]. `what` names
 * them in messages. GAIA_FORMAT_UNSUPPORTED for rings that go up and down too often,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status polygons_mark(const struct geojson *polygons, const char *what,
                                        const struct gaia_grid *grid, double *m, gaia_error *err);

#endif
