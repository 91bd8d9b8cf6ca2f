/* SPDX-License-Identifier: MIT
 *
 * The regions and weightings that can be asked for by name: boxes of latitude and longitude, bounds
 * inclusive, points not partial cells (as the WMO's and WeatherBench's scorecards cut them).
 *
 * Invariant: a name means the same points for ever; scores are stored under it.
 */
#ifndef SCORE_REGION_NAME_H
#define SCORE_REGION_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum { REGION_LON_RANGES = 2, REGION_BANDS = 2 };

/* Degrees: a coordinate that is less than this beyond a bound lies on it. More than a coordinate
 * loses as float32, and much less than grids are wide, so that the same grid has the same points in
 * a region however it is stored. */
#define REGION_SLACK 1e-4

/* Latitudes in any of the bands, which lie north to south and do not touch; longitudes modulo 360
 * in any of the ranges (n_lon 0: all). */
struct region_box {
    const char *name;
    size_t n_bands;
    struct {
        double south;
        double north;
    } band[REGION_BANDS];
    bool without_south; /* of a single band: that bound is its neighbour's */
    bool without_north;
    size_t n_lon;
    struct {
        double west;
        double east;
    } lon[REGION_LON_RANGES];
};

enum weighting {
    WEIGHTING_COS,      /* cos(latitude) */
    WEIGHTING_AREA_WB2, /* cell area, outermost bounds at the poles (WeatherBench2) */
    WEIGHTING_AREA_WBX, /* cell area, outermost bounds half a spacing out (WeatherBench-X) */
    WEIGHTING_NONE,     /* 1 */
    WEIGHTING_COUNT
};

/* The region of this name, of the table or a band of latitude (region_zonal.h), whose name box then
 * borrows. False if there is no such region. */
bool region_find(const char *name, struct region_box *box);

/* The box from south to north and from west eastwards to east, in degrees: longitudes of any turn,
 * all of them where east lies a turn or more beyond west. */
struct region_box region_box_make(double south, double north, double west, double east);

/* Whether a latitude lies in band i of the box, and a longitude, 0 <= lon < 360, in its ranges. */
bool region_has_latitude(const struct region_box *box, size_t i, double lat);
bool region_has_longitude(const struct region_box *box, double lon);

/* False if there is no such weighting. */
bool weighting_find(const char *name, enum weighting *weighting);

#endif
