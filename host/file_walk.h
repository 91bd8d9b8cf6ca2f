/* SPDX-License-Identifier: MIT
 *
 * Every file of a folder, in the order of their keys' bytes.
 */
#ifndef HOST_FILE_WALK_H
#define HOST_FILE_WALK_H

#include <stdint.h>

#include <gaia/status.h>

/* Gets each file: its key (path below the root, slashes between names), the open file at its
 * beginning, and its size. A status other than GAIA_OK ends the walk and is returned from it. */
typedef gaia_status file_visit(void *context, const char *key, int file, uint64_t bytes,
                               gaia_error *err);

/* Visits the regular files below the folder at `root`, or, of a file, itself under its name. The
 * file at `except` (NULL: none) is left out. GAIA_FILE_MISSING; GAIA_FILE_UNREADABLE: no
 * permission, a symbolic link (none is followed below the root), or what is neither file nor
 * folder; GAIA_LIMIT: folders too deep or too many names; GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status file_walk(const char *root, const char *except, file_visit *visit,
                                    void *context, gaia_error *err);

#endif
