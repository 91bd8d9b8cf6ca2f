/* SPDX-License-Identifier: MIT
 *
 * What a source lacks, and why, for catalog.c alone.
 */
#ifndef HOST_CATALOG_MISSING_H
#define HOST_CATALOG_MISSING_H

#include <stddef.h>

#include <gaia/status.h>

#include "catalog.h"
#include "file_table.h"

/* Every variable that was asked for must have come, and where none was, any. The source's files are
 * those of the table from first_file on. GAIA_VARIABLE_MISSING, GAIA_TIME_MISSING, errors of
 * file_table_get. */
GAIA_MUST_USE gaia_status catalog_missing_check(const struct catalog *catalog,
                                                struct file_table *files, size_t first_file,
                                                gaia_error *err);

#endif
