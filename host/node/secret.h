/* SPDX-License-Identifier: MIT
 *
 * The secret that scheduler, executors and command line of one state directory share.
 */
#ifndef NODE_SECRET_H
#define NODE_SECRET_H

#include <gaia/status.h>

/* Makes the file with 64 hexadecimal digits, mode 0600, unless it exists: it appears whole, and of
 * several makers one wins. digits: the 64 to write. GAIA_DISK. */
GAIA_MUST_USE gaia_status secret_make(const char *path, const char *digits, gaia_error *err);

#endif
