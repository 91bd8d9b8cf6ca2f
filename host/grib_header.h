/* SPDX-License-Identifier: MIT
 *
 * What a GRIB field is, without its values: variable, level, times, member, grid.
 *
 * Invariant: ecCodes is shown the sections that describe the field and an empty data section, never
 * the data: a file is listed at the cost of its headers.
 */
#ifndef HOST_GRIB_HEADER_H
#define HOST_GRIB_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "grib_grid.h"
#include "grib_message.h"

enum { GRIB_NAME = 64, GRIB_STEP_TYPE = 16, GRIB_NO_MEMBER = -1, GRIB_PROBLEM = 384 };

/* What ecCodes calls pressure levels, by the unit that it shows them in. */
#define GRIB_LEVEL_HPA "isobaricInhPa"
#define GRIB_LEVEL_PA "isobaricInPa"

/* Bytes that grow as they are needed; free(bytes) when done. */
struct grib_buffer {
    unsigned char *bytes;
    size_t capacity;
};

/* Makes room for n bytes; what was there is lost. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status grib_buffer_reserve(struct grib_buffer *buffer, size_t n,
                                              gaia_error *err);

struct grib_header {
    char short_name[GRIB_NAME]; /* "" if ecCodes knows none */
    long param_id;              /* 0: unknown */
    char parameter[GRIB_NAME];  /* what it is by number where it has no short name */
    char units[GRIB_NAME];      /* "" if ecCodes knows none */
    char level_type[GRIB_NAME]; /* typeOfLevel; GRIB_LEVEL_HPA for every pressure level */
    double level;               /* hPa on pressure levels, else ecCodes' number */
    bool on_pressure;
    int64_t init_time_s;
    int64_t start_s; /* step range, from the init time; equal for an instant */
    int64_t end_s;
    char step_type[GRIB_STEP_TYPE]; /* "instant", "accum", "avg" ... */
    bool analysis;                  /* of type an */
    long member;                    /* GRIB_NO_MEMBER: none */
    struct grib_axes axes;
    /* Why the field cannot be scored, though the file can be read; GAIA_OK: it can. */
    gaia_status problem;
    char problem_text[GRIB_PROBLEM];
};

/* Reads the header of the field at place. GAIA_FILE_DAMAGED, GAIA_FILE_UNREADABLE,
 * GAIA_OUT_OF_MEMORY, GAIA_LIMIT. */
GAIA_MUST_USE gaia_status grib_header_read(int fd, const struct grib_place *place,
                                           struct grib_buffer *buffer, struct grib_header *header,
                                           gaia_error *err);

#endif
