/* SPDX-License-Identifier: MIT
 *
 * A file of moments: every row of a job with the names that belong to it, from which scores are
 * derived later without the fields. `gaia score --moments-out` writes it, the scheduler sends the
 * same bytes for GET /v1/jobs/{id}/moments, `gaia scores` reads either.
 *
 * Format, little endian throughout:
 *
 *    0  8 bytes   "GAIAMOMS"
 *    8  uint32    version of this format, 1
 *   12  uint32    moments_version, the rule of summation
 *   16  uint32    sums in a row (GAIA_MOMENT_COUNT, in the order of GAIA_MOMENT_MAP)
 *   20  uint32    rows of a unit, [region][weighting]
 *   24  uint64    bytes of the plan, a multiple of 8
 *   32  32 bytes  version of the program that wrote it, filled up with NUL
 *   64            the plan without its units as JSON (plan.h), filled up with blanks
 *       records   one a unit, in the plan's order: uint32 forecast, uint32 variable, float64 level
 *                 (NaN: none), int64 lead and init time in s, then float64 sums[rows][sums]
 *       8 bytes   "GAIAEND\n"
 *       uint64    XXH3 (64 bits) of every byte before "GAIAEND\n"
 *
 * Units of forecasts that failed have no record. Invariant: what is opened was whole: its length,
 * its hash, and the order and range of every unit have been checked.
 */
#ifndef SCORE_MOMENTS_FILE_H
#define SCORE_MOMENTS_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/metric.h>
#include <gaia/status.h>

#include "plan.h"
#include "text.h"

enum { MOMENTS_TAIL_BYTES = 16 };

/* ---- Writing: head, a record for each unit, tail ---- */

/* Appends the head. A forecast's status is told as the plan has it. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status moments_head_write(const struct plan *plan, struct text *out,
                                             gaia_error *err);

/* Appends a unit's record; rows: [plan_rows_per_unit]. Failure shows in out->failed. */
void moments_record_write(const struct gaia_unit *unit, const struct gaia_moments *rows,
                          size_t n_rows, struct text *out);

/* The running hash of what was written. */
struct moments_seal;
GAIA_MUST_USE gaia_status moments_seal_open(struct moments_seal **seal, gaia_error *err);
void moments_seal_add(struct moments_seal *seal, const void *bytes, size_t length);
/* Writes the tail that belongs behind everything added; MOMENTS_TAIL_BYTES bytes. */
void moments_seal_end(const struct moments_seal *seal, unsigned char *tail);
void moments_seal_close(struct moments_seal *seal);

/* ---- Reading ---- */

struct moments_file;

/* Opens and checks a file that may come from a stranger: one pass over it; memory is bounded by its
 * size. *file is the caller's. GAIA_FILE_MISSING, GAIA_FILE_UNREADABLE, GAIA_FILE_DAMAGED (not such
 * a file, cut short, changed), GAIA_FORMAT_UNSUPPORTED (another version, another rule of
 * summation), GAIA_LIMIT, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status moments_file_open(const char *path, struct moments_file **file,
                                            gaia_error *err);

/* The same of an open file, which is taken over in any case; `name` is for messages. */
GAIA_MUST_USE gaia_status moments_file_open_fd(int fd, const char *name, struct moments_file **file,
                                               gaia_error *err);

/* NULL is allowed. */
void moments_file_close(struct moments_file *file);

/* Names, settings and the units that have records. Borrowed. */
const struct plan *moments_file_plan(const struct moments_file *file);
const char *moments_file_name(const struct moments_file *file);

/* Where a file of moments comes from; borrowed. */
struct moments_origin {
    const char *program; /* its version */
    uint64_t hash;       /* XXH3 of all before the tail: of names, fields and sums */
    uint64_t plan_hash;  /* XXH3 of the plan: of names and settings */
    uint64_t bytes;
};
void moments_file_origin(const struct moments_file *file, struct moments_origin *origin);

/* Reads the rows [plan_rows_per_unit] of unit i_unit of the plan. GAIA_FILE_UNREADABLE. */
GAIA_MUST_USE gaia_status moments_file_read(const struct moments_file *file, size_t i_unit,
                                            struct gaia_moments *rows, gaia_error *err);

#endif
