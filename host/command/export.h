/* SPDX-License-Identifier: MIT
 *
 * Scores for other programs, made from a file of moments: formats that a report of rows cannot be,
 * since they need sums or need to know all axes before the first score.
 */
#ifndef COMMAND_EXPORT_H
#define COMMAND_EXPORT_H

#include <stdbool.h>

#include <gaia/status.h>

#include "derive.h"
#include "moments_file.h"

enum export_format { EXPORT_NONE, EXPORT_STAT, EXPORT_NETCDF };

/* What --format says of these formats and of reports. */
#define EXPORT_FORMATS "table, csv, json, stat or netcdf"

/* The format of this name ("stat", "netcdf"); EXPORT_NONE if there is none. NULL is allowed. */
enum export_format export_format_find(const char *name);

/* GAIA_USAGE if the format has no use for standard output, and no path is given. */
GAIA_MUST_USE gaia_status export_check(enum export_format format, const char *path,
                                       gaia_error *err);

/* Writes what the filter chooses of the sums to the file, whole or not at all, or to stdout where
 * path is NULL. The errors of derive_open, those of met_stat_check or
 * scores_netcdf_write, GAIA_DISK, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status export_write(enum export_format format, const struct moments_file *file,
                                       const struct derive_filter *filter, const char *path,
                                       gaia_error *err);

/* The same of all sums of the file of moments at sums_path. Also the errors of moments_file_open.
 */
GAIA_MUST_USE gaia_status export_file(enum export_format format, const char *sums_path,
                                      const char *path, gaia_error *err);

/* A place for sums and maps that are wanted only until they are exported: a folder of its own. */
struct export_sums {
    char folder[4096]; /* "": none */
    char path[4096 + 16];
    char maps_path[4096 + 16];
};

/* Makes the folder in $TMPDIR, or /tmp. GAIA_DISK. */
GAIA_MUST_USE gaia_status export_sums_open(struct export_sums *sums, gaia_error *err);

/* Removes the folder and the files in it. */
void export_sums_close(struct export_sums *sums);

#endif
