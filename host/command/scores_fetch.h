/* SPDX-License-Identifier: MIT
 *
 * A job's scores from the scheduler to a file or the terminal.
 */
#ifndef COMMAND_SCORES_FETCH_H
#define COMMAND_SCORES_FETCH_H

#include <gaia/client.h>
#include <gaia/status.h>

#include "options.h"
#include "report.h"

/* The format asked for by --format; the table unless said. GAIA_USAGE. */
GAIA_MUST_USE gaia_status report_format_read(const struct option_value *value,
                                             enum report_format *format, gaia_error *err);

/* Fetches the scores of the job and writes them to the file, or to stdout where path is NULL. */
GAIA_MUST_USE gaia_status scores_write(struct gaia_client *client, const char *id,
                                       enum report_format format, const char *path,
                                       gaia_error *err);

#endif
