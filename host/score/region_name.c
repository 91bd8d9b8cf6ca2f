/* SPDX-License-Identifier: MIT
 *
 * The table of regions and the table of weightings.
 */
#include "region_name.h"

#include <string.h>

#include <gaia/grid.h>

static const struct region_box regions[] = {
    {.name = "global", .lat_min = -90.0, .lat_max = 90.0},
    {.name = "n.hem", .lat_min = 20.0, .lat_max = 90.0},
    {.name = "tropics", .lat_min = -20.0, .lat_max = 20.0},
    {.name = "s.hem", .lat_min = -90.0, .lat_max = -20.0},
    {.name = "europe",
     .lat_min = 35.0,
     .lat_max = 75.0,
     .n_lon = 2,
     .lon = {{347.5, 360.0}, {0.0, 42.5}}},
};

static const char *const weightings[WEIGHTING_COUNT] = {
    [WEIGHTING_COS] = "cos",
    [WEIGHTING_AREA_WB2] = "area_wb2",
    [WEIGHTING_AREA_WBX] = "area_wbx",
    [WEIGHTING_NONE] = "none",
};

const struct region_box *region_find(const char *name)
{
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) {
        if (strcmp(regions[i].name, name) == 0) {
            return &regions[i];
        }
    }
    return NULL;
}

const char *gaia_region_name(size_t i)
{
    return i < sizeof regions / sizeof *regions ? regions[i].name : NULL;
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
