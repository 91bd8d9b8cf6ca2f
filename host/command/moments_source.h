/* SPDX-License-Identifier: MIT
 *
 * Where moments and error maps come from: a file, or a job of the scheduler.
 */
#ifndef COMMAND_MOMENTS_SOURCE_H
#define COMMAND_MOMENTS_SOURCE_H

#include <stdbool.h>

#include <gaia/client.h>
#include <gaia/status.h>

#include "map_file.h"
#include "moments_file.h"

/* Whether `name` names a file rather than a job: a file of that name is there, or the
 * name could be no job's. */
bool moments_name_is_file(const char *name);

/* Opens the moments of `name`. *client is opened at the first job, for the state directory `state`
 * (NULL: the usual one); a job's moments are fetched into an unlinked temporary file. The errors of
 * gaia_client_moments and moments_file_open, GAIA_DISK. */
GAIA_MUST_USE gaia_status moments_source_open(const char *name, const char *state,
                                              struct gaia_client **client,
                                              struct moments_file **file, gaia_error *err);

/* The same of error maps: a job that asked for none has a file without any, but a file that is
 * named has at least one, else GAIA_FILE_DAMAGED. The errors of gaia_client_maps and map_file_open,
 * GAIA_DISK. */
GAIA_MUST_USE gaia_status map_source_open(const char *name, const char *state,
                                          struct gaia_client **client, struct map_file **file,
                                          gaia_error *err);

#endif
