/* SPDX-License-Identifier: MIT
 *
 * A file gaia.remote/1: how one machine's executors reach a scheduler elsewhere. The files that it
 * names lie relative to it.
 */
#ifndef EXECUTOR_REMOTE_H
#define EXECUTOR_REMOTE_H

#include <limits.h>

#include <gaia/status.h>

#include "address.h"
#include "credentials.h"

enum { REMOTE_NAME = 256 };

struct remote {
    char control[ADDRESS_URL]; /* both begin with tls+tcp:// */
    char work[ADDRESS_URL];
    char executor[REMOTE_NAME];
    char server_name[REMOTE_NAME];
    char ca_path[PATH_MAX];
    char certificate_path[PATH_MAX];
    char key_path[PATH_MAX];
    char secret_path[PATH_MAX];
};

/* GAIA_FILE_DAMAGED (not a gaia.remote/1; the detail says what of it), file_read's. */
GAIA_MUST_USE gaia_status remote_open(const char *path, struct remote **remote, gaia_error *err);
void remote_close(struct remote *remote);

#endif
