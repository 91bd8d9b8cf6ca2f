/* SPDX-License-Identifier: MIT
 *
 * The frames of a GRIB file: where each message and each of its sections lies. Editions 1 and 2;
 * messages of several fields (edition 2 repeats sections 2 to 7) come as one place a field.
 *
 * Invariant: every section of a place that is handed on lies within its message, and the message
 * within the file: what comes after may trust the lengths, and nothing else of the bytes.
 */
#ifndef HOST_GRIB_MESSAGE_H
#define HOST_GRIB_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

/* Sections by their number, in edition 1 too: 1 product, 2 grid, 3 bitmap, 4 data there. */
enum { GRIB_SECTIONS = 8 };

struct grib_place {
    uint64_t at;                  /* of the message in the file */
    uint64_t bytes;               /* of the message */
    uint32_t message;             /* counts from 1 */
    uint32_t field;               /* in the message, counts from 1 */
    int edition;                  /* 1 or 2 */
    uint32_t size[GRIB_SECTIONS]; /* bytes of the section; 0: not there */
    uint64_t from[GRIB_SECTIONS]; /* of the section in the file */
};

typedef gaia_status grib_found(void *context, const struct grib_place *place, gaia_error *err);

/* Reports the fields of the file in order. Between messages there may be zero bytes, which archives
 * pad with, and behind the last a few blanks and line ends. Errors name file and message.
 * GAIA_FILE_DAMAGED, GAIA_FILE_UNREADABLE, GAIA_FORMAT_UNSUPPORTED (another edition), GAIA_LIMIT,
 * and what found returns. */
GAIA_MUST_USE gaia_status grib_messages_walk(int fd, const char *path, uint64_t file_bytes,
                                             grib_found *found, void *context, gaia_error *err);

/* Reads bytes [at, at + n) of the file. GAIA_FILE_UNREADABLE, GAIA_FILE_DAMAGED (it ends before).
 */
GAIA_MUST_USE gaia_status grib_bytes_read(int fd, uint64_t at, size_t n, unsigned char *out,
                                          gaia_error *err);

/* The n bytes (4 at most) as an unsigned number, most significant first. */
static inline uint32_t grib_number(const unsigned char *bytes, int n)
{
    uint32_t value = 0;
    for (int i = 0; i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

#endif
