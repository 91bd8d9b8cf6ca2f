/* SPDX-License-Identifier: MIT
 *
 * Finding the sister programs; locks between processes.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "error.h"

gaia_status program_beside(const char *name, char *out, size_t out_bytes, gaia_error *err)
{
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0) {
        return error_set(err, GAIA_FILE_MISSING, "/proc/self/exe: %s", strerror(errno));
    }
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    const int n = snprintf(out, out_bytes, "%s/%s", self, name);
    if (n < 0 || (size_t)n >= out_bytes) {
        return error_set(err, GAIA_FILE_MISSING, "%s/%s: path too long", self, name);
    }
    if (access(out, X_OK) != 0) {
        return error_set(err, GAIA_FILE_MISSING, "%s: %s", out, strerror(errno));
    }
    return GAIA_OK;
}

gaia_status lock_take(const char *path, bool *taken, int *fd, gaia_error *err)
{
    const int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (opened < 0) {
        return error_set(err, GAIA_DISK, "%s: %s", path, strerror(errno));
    }
    if (flock(opened, LOCK_EX | LOCK_NB) == 0) {
        *taken = true;
        *fd = opened;
        return GAIA_OK;
    }
    const int why = errno;
    (void)close(opened);
    if (why != EWOULDBLOCK) {
        return error_set(err, GAIA_DISK, "%s: %s", path, strerror(why));
    }
    *taken = false;
    return GAIA_OK;
}
