/* SPDX-License-Identifier: MIT
 *
 * What the programs of one installation need to know of each other: where they are, and which one
 * holds a lock.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "text.h"

/* The exit status of an executor whose batch took too long and could not be cancelled. */
enum { PROGRAM_OVERTIME = 124 };

/* What is kept of another program's output. */
enum { PROGRAM_OUTPUT_BYTES = 1 << 16 };

/* Writes the path of the program `name` beside the running one into out. GAIA_FILE_MISSING if there
 * is none that may be executed. */
GAIA_MUST_USE gaia_status program_beside(const char *name, char *out, size_t out_bytes,
                                         gaia_error *err);

/* Runs a program with arguments (the first is its name, the last NULL) and waits for its end, at
 * most timeout_ms. What it prints, on standard output or error, is appended to out, at most
 * PROGRAM_OUTPUT_BYTES; its standard input is empty. GAIA_FILE_UNREADABLE if it cannot be run or
 * ends in any other way than with 0, with the first line that it printed; GAIA_TIMEOUT if it had to
 * be killed. */
GAIA_MUST_USE gaia_status program_output(const char *path, const char *const *arguments,
                                         int64_t timeout_ms, struct text *out, gaia_error *err);

/* Takes the lock that the file stands for; the file is made if it is absent and never removed.
 * *taken is false if another process holds it. The lock lasts until *fd, which is the caller's, is
 * closed or the process ends, however it ends; no child inherits it. GAIA_DISK. */
GAIA_MUST_USE gaia_status lock_take(const char *path, bool *taken, int *fd, gaia_error *err);

#endif
