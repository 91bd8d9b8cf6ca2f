/* SPDX-License-Identifier: MIT
 *
 * The bytes of a file of moments as structs, for moments_file.c and moments_write.c.
 *
 * Invariant: no padding, and the machine is little endian: a struct is its bytes.
 */
#ifndef SCORE_MOMENTS_LAYOUT_H
#define SCORE_MOMENTS_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/metric.h>

#define MOMENTS_MAGIC "GAIAMOMS"
#define MOMENTS_END "GAIAEND\n"

enum { MOMENTS_FORMAT = 1, MOMENTS_ROWS_MAX = 65536 };

struct moments_header {
    char magic[8];
    uint32_t version;
    uint32_t moments_version;
    uint32_t n_sums;
    uint32_t n_rows;
    uint64_t plan_bytes;
    char program[32];
};

/* The beginning of a record; its rows follow. */
struct moments_unit {
    uint32_t forecast;
    uint32_t variable;
    double level;
    int64_t lead_time_s;
    int64_t init_time_s;
};

_Static_assert(sizeof(struct moments_header) == 64 && sizeof(struct moments_unit) == 32,
               "the format's structs have no padding");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is written as it lies");

/* n_rows is at most MOMENTS_ROWS_MAX. */
static inline size_t moments_record_bytes(size_t n_rows)
{
    return sizeof(struct moments_unit) + n_rows * sizeof(struct gaia_moments);
}

#endif
