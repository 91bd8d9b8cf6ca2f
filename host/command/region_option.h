/* SPDX-License-Identifier: MIT
 *
 * The regions that `gaia score --regions` takes, as the JSON of a job says them.
 */
#ifndef COMMAND_REGION_OPTION_H
#define COMMAND_REGION_OPTION_H

#include <jansson.h>

/* The array "regions" (a new reference) of a list with commas: a name; NAME=SOUTH:NORTH:WEST:EAST,
 * a box; NAME=FILE, the polygons of a GeoJSON file. What is wrong with them the job's reader says.
 * NULL when out of memory. */
json_t *regions_of_option(const char *text);

#endif
