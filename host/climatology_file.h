/* SPDX-License-Identifier: MIT
 *
 * The file that a climatology is written to: [hour][dayofyear or
 * month][level][latitude][longitude], of which a kind or a variable has what it needs, with CF
 * metadata.
 */
#ifndef HOST_CLIMATOLOGY_FILE_H
#define HOST_CLIMATOLOGY_FILE_H

#include <stddef.h>

#include <gaia/status.h>

#include "climatology_make.h"
#include "netcdf_write.h"

/* What the fields of one variable are called. */
struct climatology_names {
    const char *name;
    const char *units;
    const char *standard_name;
    const char *long_name;
};

struct climatology_file;

/* Begins the file order->out with everything but the means. names: of the catalog's variables.
 * Borrowed until the file is closed. */
GAIA_MUST_USE gaia_status climatology_file_open(const struct climatology_order *order,
                                                const struct catalog *catalog,
                                                const struct climatology_bins *bins,
                                                const struct climatology_names *names,
                                                struct climatology_file **file, gaia_error *err);

/* Rows of a stored chunk: bands of as many rows are written fastest. */
size_t climatology_chunk_rows(size_t n_lat, size_t n_lon);

/* Writes rows [row, row + n_rows) of the mean of a series. */
GAIA_MUST_USE gaia_status climatology_file_put(struct climatology_file *file, size_t series,
                                               size_t out_part, size_t hour, size_t row,
                                               size_t n_rows, const double *mean, gaia_error *err);

/* As netcdf_writer_close. file may be NULL. */
GAIA_MUST_USE gaia_status climatology_file_close(struct climatology_file *file, gaia_status status,
                                                 gaia_error *err);

#endif
