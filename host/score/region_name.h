/* SPDX-License-Identifier: MIT
 *
 * The regions and weightings that can be asked for by name: boxes of latitude and longitude, bounds
 * inclusive, points not partial cells (as the WMO's and WeatherBench's scorecards cut them).
 */
#ifndef SCORE_REGION_NAME_H
#define SCORE_REGION_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum { REGION_LON_RANGES = 2 };

/* Latitudes lat_min .. lat_max; longitudes modulo 360 in any of the ranges (n_lon 0: all). */
struct region_box {
    const char *name;
    double lat_min;
    double lat_max;
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

/* NULL if there is no such region. */
const struct region_box *region_find(const char *name);

/* False if there is no such weighting. */
bool weighting_find(const char *name, enum weighting *weighting);

#endif
