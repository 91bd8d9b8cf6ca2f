/* SPDX-License-Identifier: MIT
 *
 * Every field of a GRIB file by what it is, from one pass over its headers.
 *
 * Invariant: names are interned, so that equal names are the same pointer; grids are listed once
 * each. Fields keep the order of the file.
 */
#ifndef HOST_GRIB_INDEX_H
#define HOST_GRIB_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "arena.h"
#include "grib_grid.h"
#include "grib_message.h"

struct grib_field {
    struct grib_place place;
    const char *short_name; /* "" if unknown; the texts are the index's */
    const char *parameter;  /* what it is by number where it has no short name */
    const char *units;
    const char *level_type;
    const char *step_type;
    long param_id;
    double level; /* hPa if on_pressure */
    bool on_pressure;
    bool analysis;
    int64_t init_time_s;
    int64_t start_s;
    int64_t end_s;
    long member;         /* GRIB_NO_MEMBER: none */
    size_t grid;         /* in grids */
    gaia_status problem; /* why it cannot be scored; GAIA_OK: it can */
    const char *problem_text;
};

struct grib_index_grid {
    struct grib_axes axes;
    struct grib_grid grid;
};

enum { GRIB_NAME_BUCKETS = 512 };

struct grib_index {
    struct arena arena;
    size_t n_fields;
    size_t capacity;
    struct grib_field *fields;
    size_t n_grids;
    struct grib_index_grid *grids;
    struct grib_index_name *names[GRIB_NAME_BUCKETS];
};

/* Lists the file. *index is to be closed with grib_index_fini, also after a failure. Errors name
 * file and message. GAIA_FILE_DAMAGED, GAIA_FILE_UNREADABLE, GAIA_FORMAT_UNSUPPORTED, GAIA_LIMIT,
 * GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status grib_index_build(int fd, const char *path, uint64_t file_bytes,
                                           struct grib_index *index, gaia_error *err);

void grib_index_fini(struct grib_index *index);

#endif
