/* SPDX-License-Identifier: MIT
 *
 * Fixed-size records at their unit's place in a temporary file.
 */
#include "moments_log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "file.h"

gaia_status moments_log_open(size_t rows_per_unit, struct moments_log *log, gaia_error *err)
{
    int fd = -1;
    const gaia_status status = file_temporary(&fd, err);
    if (status != GAIA_OK) {
        return status;
    }
    *log = (struct moments_log){fd, rows_per_unit};
    return GAIA_OK;
}

void moments_log_close(struct moments_log *log)
{
    if (log->fd >= 0) {
        (void)close(log->fd);
        log->fd = -1;
    }
}

gaia_status moments_log_write(struct moments_log *log, size_t i_unit,
                              const struct gaia_moments *rows, gaia_error *err)
{
    const size_t bytes = log->rows_per_unit * sizeof *rows;
    const char *from = (const char *)rows;
    for (size_t done = 0; done < bytes;) {
        const ssize_t n =
            pwrite(log->fd, from + done, bytes - done, (off_t)(i_unit * bytes + done));
        if (n <= 0 && errno != EINTR) {
            return error_set(err, GAIA_DISK, "temporary file of moments: %s", strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return GAIA_OK;
}

gaia_status moments_log_read(struct moments_log *log, size_t i_unit, struct gaia_moments *rows,
                             gaia_error *err)
{
    const size_t bytes = log->rows_per_unit * sizeof *rows;
    char *to = (char *)rows;
    for (size_t done = 0; done < bytes;) {
        const ssize_t n = pread(log->fd, to + done, bytes - done, (off_t)(i_unit * bytes + done));
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return error_set(err, GAIA_DISK, "temporary file of moments: %s",
                             n == 0 ? "cut short" : strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return GAIA_OK;
}
