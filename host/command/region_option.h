/* SPDX-License-Identifier: MIT
 *
 * The regions that `gaia score --regions` takes, as the JSON of a job says them.
 */
#ifndef COMMAND_REGION_OPTION_H
#define COMMAND_REGION_OPTION_H

#include <jansson.h>

#include <gaia/status.h>

/* The array "regions" (a new reference) of a list with commas: a name; NAME=SOUTH:NORTH:WEST:EAST,
 * a box; NAME=FILE, the polygons of a GeoJSON file. What is wrong with them the job's reader says,
 * but for text that is not UTF-8 and bounds that are none: GAIA_USAGE. */
GAIA_MUST_USE gaia_status regions_of_option(const char *text, json_t **regions, gaia_error *err);

#endif
