/* SPDX-License-Identifier: MIT
 *
 * Making STATE/secret: the node does it before it starts anything that reads it.
 *
 * Invariant: a secret that exists is never changed.
 */
#include "secret.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "file.h"

gaia_status secret_make(const char *path, const char *digits, gaia_error *err)
{
    char temporary[PATH_MAX];
    if (access(path, F_OK) == 0) {
        return GAIA_OK;
    }
    const int n = snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary) {
        return error_set(err, GAIA_DISK, "%s: path too long", path);
    }
    gaia_status status = file_write(temporary, digits, strlen(digits), 0600, err);
    if (status != GAIA_OK) {
        return status;
    }
    /* link, unlike rename, fails where another maker was first. */
    if (link(temporary, path) != 0 && errno != EEXIST) {
        status = error_set(err, GAIA_DISK, "%s: %s", path, strerror(errno));
    }
    (void)unlink(temporary);
    return status;
}
