/* SPDX-License-Identifier: MIT
 *
 * One line per event on a stream: time, level, program, text. Thread-safe; never prints secrets.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdio.h>

#include <gaia/status.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log {
    FILE *stream;
    const char *program;
    enum log_level level; /* lines above this level are dropped */
};

void log_line(const struct log *log, enum log_level level, const char *format, ...)
    GAIA_PRINTF(3, 4);

#endif
