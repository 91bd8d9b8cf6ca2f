/* SPDX-License-Identifier: MIT
 *
 * One variable that a source's files call by several names of one meaning ("t2m" in one, "2t" in
 * the next), for those who take what a source has. Who hashes a source takes names as they are.
 */
#ifndef HOST_CATALOG_JOIN_H
#define HOST_CATALOG_JOIN_H

#include <gaia/status.h>

#include "catalog.h"
#include "file_table.h"

/* Makes one variable of those that mean the same where each file has one of them, called by the
 * name that is first in the order of bytes, whatever the order of the files. Where every file that
 * has one has the others too they stay several. Names that the source's "names" say are meant to
 * the letter. Nothing is done where variables were asked for by name. To be called before anything
 * is kept of the catalog's variables. GAIA_JOB_INVALID: one file has several and another does not;
 * names both. GAIA_AXIS_INVALID: a field is there under two names. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status catalog_join(struct catalog *catalog, const struct file_table *files,
                                       gaia_error *err);

#endif
