/* SPDX-License-Identifier: MIT
 *
 * Times are int64 seconds since 1970-01-01T00:00:00 UTC, proleptic Gregorian, without leap seconds.
 */
#ifndef GAIA_TIME_H
#define GAIA_TIME_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GAIA_TIME_TEXT = 32 };

/* Writes "2017-01-01T12" where minutes and seconds are zero, else "2017-01-01T12:30:00".
 * text: at least GAIA_TIME_TEXT bytes. Thread-safe. */
GAIA_API void gaia_time_format(int64_t time_s, char *text);

/* Reads "2017-01-01", "2017-01-01T12", "2017-01-01T12:30" or "2017-01-01T12:30:00", optional Z at
 * the end. Returns GAIA_USAGE for anything else; *time_s is set only on success. */
GAIA_API GAIA_MUST_USE gaia_status gaia_time_parse(const char *text, int64_t *time_s,
                                                   gaia_error *err);

#ifdef __cplusplus
}
#endif
#endif
