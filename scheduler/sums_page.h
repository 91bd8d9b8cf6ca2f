/* SPDX-License-Identifier: MIT
 *
 * A page of sums on its way from the loop to the thread that derives scores from it:
 * server_scores.c writes it, http_scores.c reads it. It never leaves the process.
 *
 * The answer's bytes are records, each a struct sums_record and the chosen rows of its unit,
 * struct gaia_moments [plan_rows_per_unit of the choice]. No padding: all of it is of 8 bytes.
 */
#ifndef SUMS_PAGE_H
#define SUMS_PAGE_H

#include <stdint.h>

#include <gaia/field.h>
#include <gaia/metric.h>

struct sums_record {
    uint64_t unit;           /* number in the job's plan */
    struct gaia_unit chosen; /* by the numbers of the choice */
};

_Static_assert(sizeof(struct sums_record) % sizeof(double) == 0, "rows behind it are aligned");

#endif
