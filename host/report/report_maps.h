/* SPDX-License-Identifier: MIT
 *
 * Error maps for a page, taken from files one by one and kept small: what report_data.c puts into
 * gaia.report/1 as its member
 *
 *   maps  {grids: [{lat: edges of rows, lon: edges of columns}],
 *          list: [{forecast, variable, level, lead: indices, units, n_times, first, last: init
 *                  times, points: [rows, columns of the grid], missing: points without a time,
 * grid, mean_error, rmse: {low, high, mean, min, max: [value, lat, lon], data}}]}
 *
 * data is base64 of a little-endian uint16 for each block, row by row: 65535 is none, else the
 * value is low + (high - low) * data / 65534.
 */
#ifndef REPORT_MAPS_H
#define REPORT_MAPS_H

#include <stddef.h>

#include <jansson.h>

#include <gaia/status.h>

#include "map_file.h"
#include "report_axes.h"
#include "text.h"

/* Blocks of all maps of one page at most: about 20 MB of text. */
enum { REPORT_MAP_BLOCKS_MAX = 4000000 };

struct report_maps;

/* n_maps: how many there will be, for which blocks of a degree or, where they are many, more are
 * chosen. GAIA_OUT_OF_MEMORY. *maps is the caller's. */
GAIA_MUST_USE gaia_status report_maps_open(size_t n_maps, struct report_maps **maps,
                                           gaia_error *err);

/* NULL is allowed. */
void report_maps_close(struct report_maps *maps);

/* Takes every map of a file. Those that the page has no room for are counted. GAIA_FILE_UNREADABLE,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status report_maps_add(struct report_maps *maps, const struct map_file *file,
                                          gaia_error *err);

/* Counts a map that should be there and cannot be read. */
void report_maps_lack(struct report_maps *maps);

/* Appends the member, of maps that lie on the axes; nothing where maps is NULL. What had no room,
 * and what is lacking, is said in the warnings. */
void report_maps_write(const struct report_maps *maps, const struct report_axes *axes,
                       json_t *warnings, struct text *out);

#endif
