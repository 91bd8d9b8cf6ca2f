/* SPDX-License-Identifier: MIT
 *
 * A job as it is sent: the same as the user's file, but with absolute paths, because executors run
 * in directories of their own.
 */
#ifndef COMMAND_JOB_PATHS_H
#define COMMAND_JOB_PATHS_H

#include <stddef.h>

#include <gaia/status.h>

/* Reads the job file, checks it as the engine would, and makes the files of its sources absolute,
 * relative to `directory`. *json is the caller's, to be freed. The errors of file_read and
 * gaia_job_parse, with the path before them. */
GAIA_MUST_USE gaia_status job_file_read(const char *path, const char *directory, char **json,
                                        size_t *length, gaia_error *err);

#endif
