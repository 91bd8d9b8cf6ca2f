/* SPDX-License-Identifier: MIT
 *
 * Where error maps (map_file.h) are in a results folder, which the scheduler and its executors
 * share:
 *
 *    RESULTS/.staging/EXECUTOR/UNIT-ATTEMPT.gmap   an executor writes it: all that it may write to
 *    RESULTS/JOB/UNIT-ATTEMPT.gmap                 the scheduler has moved it, with the result
 *    RESULTS/.store                                says whose folder it is (scheduler/results.h)
 *
 * UNIT is the place in the plan of the map's first unit, ATTEMPT that of the lease: which attempt
 * did a batch the store alone knows, so a map counts in the instant in which its result does.
 *
 * Invariant: both sides make these names of what the scheduler has given out; none is ever taken
 * from a message, or from a folder.
 */
#ifndef SCORE_MAP_PLACE_H
#define SCORE_MAP_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include <gaia/status.h>

#define MAP_STAGING ".staging"

/* Bytes, with the NUL, of a path, and of one name in it. */
enum { MAP_PATH = 4096, MAP_NAME = 256 };

/* Whether the text is an id that a scheduler has made, of a job or an attempt. */
bool map_id_is_sound(const char *id);

/* Writes UNIT-ATTEMPT.gmap. GAIA_PROTOCOL where the attempt is none. */
GAIA_MUST_USE gaia_status map_name_make(uint64_t unit, const char *attempt, char name[MAP_NAME],
                                        gaia_error *err);

/* Writes FOLDER/UNIT-ATTEMPT.gmap. The errors of map_name_make; GAIA_LIMIT: too long. */
GAIA_MUST_USE gaia_status map_path_make(const char *folder, uint64_t unit, const char *attempt,
                                        char path[MAP_PATH], gaia_error *err);

/* Whether the name is that of a map of one of the units [first, end), by any attempt but this. */
bool map_name_is_of_other(const char *name, uint64_t first, uint64_t end, const char *attempt);

/* Writes the name of the executor's folder: its id, in which whatever is not a letter, a digit, '-'
 * or '_', or a '.' behind the first place, is %XX; no two ids have the same. GAIA_LIMIT: the id is
 * too long for one. */
GAIA_MUST_USE gaia_status map_staging_make(const char *executor, char name[MAP_NAME],
                                           gaia_error *err);

/* The reverse; false if the name is not one that map_staging_make makes. */
bool map_staging_parse(const char *name, char executor[MAP_NAME]);

#endif
