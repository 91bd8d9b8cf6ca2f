/* SPDX-License-Identifier: MIT
 *
 * Polygons from GeoJSON (RFC 7946): Polygon, MultiPolygon, Feature and FeatureCollection.
 *
 * Invariant: every ring is closed, has at least four positions, and lies within GEOJSON_LON_MAX
 * degrees east and west and 90 degrees north and south; however large the text, no more than the
 * limits below are taken of it.
 */
#ifndef HOST_GEOJSON_H
#define HOST_GEOJSON_H

#include <stddef.h>

#include <gaia/status.h>

enum {
    GEOJSON_BYTES_MAX = 64 << 20,
    GEOJSON_VERTICES_MAX = 500000,
    GEOJSON_LON_MAX = 540, /* a ring across the date line may go on past 180 */
};

struct geojson_vertex {
    double lon;
    double lat;
};

/* The vertices [first, first + n), of which the last repeats the first. */
struct geojson_ring {
    size_t first;
    size_t n;
    size_t polygon; /* that it belongs to; polygons are numbered as they come */
};

struct geojson {
    size_t n_vertices;
    struct geojson_vertex *vertices;
    size_t n_rings;
    struct geojson_ring *rings;
    size_t n_polygons;
};

/* Reads length bytes; `what` names them in messages. On success *polygons is to be freed with
 * geojson_free. GAIA_FILE_DAMAGED names the feature, the polygon, the ring and the position: JSON
 * that is none, another type, a ring that is too short, not closed, out of range, or an edge of
 * more than 180 degrees of longitude, of which it cannot be known which way round it goes (360
 * exactly, or along a pole, is clear). GAIA_FORMAT_UNSUPPORTED beyond the limits above,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status geojson_read(const char *what, const char *text, size_t length,
                                       struct geojson *polygons, gaia_error *err);
void geojson_free(struct geojson *polygons);

#endif
