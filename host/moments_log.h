/* SPDX-License-Identifier: MIT
 *
 * Rows of moments of a run, kept in an unlinked temporary file, so that a job's size is not bounded
 * by memory. Written in the order of reading, read in the order of the plan.
 */
#ifndef HOST_MOMENTS_LOG_H
#define HOST_MOMENTS_LOG_H

#include <stddef.h>

#include <gaia/metric.h>
#include <gaia/status.h>

struct moments_log {
    int fd;
    size_t rows_per_unit;
};

/* Makes the file in $TMPDIR, or /tmp. GAIA_DISK. */
GAIA_MUST_USE gaia_status moments_log_open(size_t rows_per_unit, struct moments_log *log,
                                           gaia_error *err);
void moments_log_close(struct moments_log *log);

/* rows: [rows_per_unit] of one unit. GAIA_DISK. */
GAIA_MUST_USE gaia_status moments_log_write(struct moments_log *log, size_t i_unit,
                                            const struct gaia_moments *rows, gaia_error *err);
GAIA_MUST_USE gaia_status moments_log_read(struct moments_log *log, size_t i_unit,
                                           struct gaia_moments *rows, gaia_error *err);

#endif
