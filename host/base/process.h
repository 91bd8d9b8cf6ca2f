/* SPDX-License-Identifier: MIT
 *
 * What the programs of one installation need to know of each other: where they are, and which one
 * holds a lock.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

/* The exit status of an executor whose batch took too long and could not be cancelled. */
enum { PROGRAM_OVERTIME = 124 };

/* Writes the path of the program `name` beside the running one into out. GAIA_FILE_MISSING if there
 * is none that may be executed. */
GAIA_MUST_USE gaia_status program_beside(const char *name, char *out, size_t out_bytes,
                                         gaia_error *err);

/* Takes the lock that the file stands for; the file is made if it is absent and never removed.
 * *taken is false if another process holds it. The lock lasts until *fd, which is the caller's, is
 * closed or the process ends, however it ends; no child inherits it. GAIA_DISK. */
GAIA_MUST_USE gaia_status lock_take(const char *path, bool *taken, int *fd, gaia_error *err);

#endif
