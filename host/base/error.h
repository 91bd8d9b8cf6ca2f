/* SPDX-License-Identifier: MIT
 *
 * Filling the caller's gaia_error. err may be NULL everywhere: the status alone is then returned.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>

#include <gaia/status.h>

/* Sets err to status with a formatted detail and returns status: `return error_set(err, ...)`. What
 * files and users bring into the text is made one line of UTF-8. */
gaia_status error_set(gaia_error *err, gaia_status status, const char *format, ...)
    GAIA_PRINTF(3, 4);

/* Puts "prefix: " before the detail of err, which holds status; returns status. */
gaia_status error_prefix(gaia_error *err, gaia_status status, const char *format, ...)
    GAIA_PRINTF(3, 4);

/* Changes the status of err and keeps its detail; returns status. */
gaia_status error_restate(gaia_error *err, gaia_status status);

/* error_set for a failed allocation of bytes. */
gaia_status error_memory(gaia_error *err, size_t bytes);

#endif
