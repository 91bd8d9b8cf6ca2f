/* SPDX-License-Identifier: MIT
 *
 * Files that hold a secret: read only where nobody else could read them.
 */
#ifndef BASE_PRIVATE_FILE_H
#define BASE_PRIVATE_FILE_H

#include <stddef.h>

#include <gaia/status.h>

enum { SECRET_TEXT = 65 }; /* 64 hexadecimal digits and a NUL */

/* Reads at most limit_bytes of a regular file that is its reader's alone: mode 0600 or less, or,
 * where root owns it (as a mounted secret is), 0640 or less. *bytes is NUL-terminated and the
 * caller's, to be cleaned and freed (private_free). GAIA_DENIED (others may read it) and what
 * file_read returns; no error shows what is in the file. */
GAIA_MUST_USE gaia_status private_file_read(const char *path, size_t limit_bytes, char **bytes,
                                            size_t *length, gaia_error *err);

/* Reads a file of 64 hexadecimal digits into secret [SECRET_TEXT]. GAIA_FILE_DAMAGED if it is not
 * one; private_file_read's. */
GAIA_MUST_USE gaia_status private_secret_read(const char *path, char *secret, gaia_error *err);

/* Makes such a file of random digits, mode 0600, if there is none. Whoever comes first wins, and
 * what is there is never changed. GAIA_DISK. */
GAIA_MUST_USE gaia_status private_secret_make(const char *path, gaia_error *err);

/* Overwrites a text before it is freed. NULL is allowed. */
void private_free(char *text);

#endif
