/* SPDX-License-Identifier: MIT
 *
 * What a catalog's entries must be, for the files of the catalog alone: a climatology's bins, their
 * order, and no two fields of one key.
 */
#ifndef HOST_CATALOG_ENTRY_H
#define HOST_CATALOG_ENTRY_H

#include <gaia/status.h>

#include "catalog.h"
#include "file_table.h"

/* Makes the bin of the climatology that the field of `entry` is for its time. GAIA_AXIS_INVALID:
 * an hour, day or month that is none. */
GAIA_MUST_USE gaia_status catalog_bin_take(const char *path, const char *name,
                                           struct catalog_entry *entry, gaia_error *err);

/* Orders two entries by variable, level (none first), time and lead time, for qsort and bsearch. */
int catalog_entry_compare(const void *a, const void *b);

/* Sorts the entries, and refuses two fields of the same key, and of a climatology two kinds at one
 * variable and level. GAIA_AXIS_INVALID, GAIA_FORMAT_UNSUPPORTED. */
GAIA_MUST_USE gaia_status catalog_entries_sort(struct catalog *catalog,
                                               const struct file_table *files, gaia_error *err);

#endif
