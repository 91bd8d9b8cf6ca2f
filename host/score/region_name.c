/* SPDX-License-Identifier: MIT
 *
 * The table of regions and the table of weightings.
 */
#include "region_name.h"

#include <string.h>

#include <gaia/grid.h>

#include "longitude.h"
#include "region_zonal.h"

/* A region of one band, all the way round, or between two longitudes in 0 .. 360. */
#define BAND(called, from, to)                                                                     \
    {                                                                                              \
        .name = (called), .n_bands = 1, .band = { {(from), (to)} }                                 \
    }
#define BOX(called, from, to, west, east)                                                          \
    {                                                                                              \
        .name = (called), .n_bands = 1, .band = {{(from), (to)}}, .n_lon = 1, .lon = {             \
            {(west), (east)}                                                                       \
        }                                                                                          \
    }
/* The same across 0 degrees east. */
#define BOX_ACROSS(called, from, to, west, east)                                                   \
    {                                                                                              \
        .name = (called), .n_bands = 1, .band = {{(from), (to)}}, .n_lon = 2, .lon = {             \
            {(west), 360.0},                                                                       \
            {0.0, (east)}                                                                          \
        }                                                                                          \
    }

/* First the WMO's scorecard regions, then those that WeatherBench2 and WeatherBench-X evaluate by
 * default (scripts/evaluate.py, public_benchmark/run_benchmark_evaluation.py), then those of
 * WeatherBench-X alone. Where two projects use a name they mean the same bounds. */
static const struct region_box regions[] = {
    BAND("global", -90.0, 90.0),
    BAND("n.hem", 20.0, 90.0),
    BAND("tropics", -20.0, 20.0),
    BAND("s.hem", -90.0, -20.0),
    BOX_ACROSS("europe", 35.0, 75.0, 347.5, 42.5),

    {.name = "extra-tropics", .n_bands = 2, .band = {{20.0, 90.0}, {-90.0, -20.0}}},
    BAND("northern-hemisphere", 20.0, 90.0),
    BAND("southern-hemisphere", -90.0, -20.0),
    BOX("north-america", 25.0, 60.0, 240.0, 285.0),
    BOX("north-atlantic", 25.0, 65.0, 290.0, 350.0),
    BOX("north-pacific", 25.0, 60.0, 145.0, 230.0),
    BOX("east-asia", 25.0, 60.0, 102.5, 150.0),
    BOX("ausnz", -45.0, -12.5, 120.0, 175.0),
    BAND("arctic", 60.0, 90.0),
    BAND("antarctic", -90.0, -60.0),

    BOX_ACROSS("northern-africa", 5.0, 32.5, 347.5, 37.5),
    BOX("southern-africa", -30.0, 5.0, 12.5, 37.5),
    BOX("south-america", -40.0, 5.0, 285.0, 315.0),
    BOX("west-asia", 15.0, 60.0, 42.5, 102.5),
    BOX("south-east-asia", -12.5, 25.0, 95.0, 125.0),
};

enum { REGION_COUNT = sizeof regions / sizeof *regions };

static const char *const weightings[WEIGHTING_COUNT] = {
    [WEIGHTING_COS] = "cos",
    [WEIGHTING_AREA_WB2] = "area_wb2",
    [WEIGHTING_AREA_WBX] = "area_wbx",
    [WEIGHTING_NONE] = "none",
};

bool region_find(const char *name, struct region_box *box)
{
    struct zonal_band band;
    for (size_t i = 0; i < REGION_COUNT; i++) {
        if (strcmp(regions[i].name, name) == 0) {
            *box = regions[i];
            return true;
        }
    }
    if (!zonal_band_find(name, &band)) {
        return false;
    }
    *box = (struct region_box){.name = name, .n_bands = 1, .band = {{band.south, band.north}}};
    zonal_band_without(&band, &box->without_south, &box->without_north);
    return true;
}

struct region_box region_box_make(double south, double north, double west, double east)
{
    struct region_box box = {.n_bands = 1, .band = {{south, north}}};
    const double from = longitude_modulo(west);
    const double to = longitude_modulo(east);
    if (east - west >= 360.0) {
        return box;
    }
    box.n_lon = from <= to ? 1 : 2;
    box.lon[0].west = from;
    box.lon[0].east = from <= to ? to : 360.0;
    box.lon[1].east = from <= to ? 0.0 : to;
    return box;
}

bool region_has_latitude(const struct region_box *box, size_t i, double lat)
{
    const double south = box->band[i].south;
    const double north = box->band[i].north;
    return (box->without_south ? lat > south + REGION_SLACK : lat >= south - REGION_SLACK) &&
           (box->without_north ? lat < north - REGION_SLACK : lat <= north + REGION_SLACK);
}

static bool range_has(double west, double lon, double east)
{
    return lon >= west - REGION_SLACK && lon <= east + REGION_SLACK;
}

bool region_has_longitude(const struct region_box *box, double lon)
{
    bool inside = box->n_lon == 0;
    for (size_t i = 0; i < box->n_lon; i++) {
        const double west = box->lon[i].west;
        const double east = box->lon[i].east;
        inside = inside || range_has(west, lon, east) || range_has(west, lon - 360.0, east);
    }
    return inside;
}

const char *gaia_region_name(size_t i)
{
    return i < REGION_COUNT ? regions[i].name : i == REGION_COUNT ? "zonal" : NULL;
}

bool weighting_find(const char *name, enum weighting *weighting)
{
    for (int i = 0; i < WEIGHTING_COUNT; i++) {
        if (strcmp(weightings[i], name) == 0) {
            *weighting = (enum weighting)i;
            return true;
        }
    }
    return false;
}

const char *gaia_weighting_name(size_t i)
{
    return i < WEIGHTING_COUNT ? weightings[i] : NULL;
}
