/* SPDX-License-Identifier: MIT
 *
 * What main files do with a log: opened as it is configured, and closed with the program's end.
 */
#ifndef BASE_LOG_OPTIONS_H
#define BASE_LOG_OPTIONS_H

#include <gaia/status.h>

#include "config.h"
#include "logger.h"

/* Opens the log of `program`, whose folder, where there is a directory, is `name`; both are
 * borrowed. What logger_open returns. */
GAIA_MUST_USE gaia_status log_start(const struct config *config, const char *program,
                                    const char *name, struct logger **logger, gaia_error *err);

/* The program's last line, if it failed, also on standard error; closes the logger, which may be
 * NULL. Returns the exit status. */
int log_end(struct logger *logger, const char *program, gaia_status status, const gaia_error *err);

#endif
