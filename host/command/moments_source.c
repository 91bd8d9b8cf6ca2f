/* SPDX-License-Identifier: MIT
 *
 * Moments by name. What a scheduler sent is checked as a stranger's file is.
 *
 * Invariant: the temporary file has no name, so that nothing is left of it.
 */
#include "moments_source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file.h"

bool moments_name_is_file(const char *name)
{
    struct stat info;
    return name[strspn(name, "0123456789abcdef")] != '\0' || stat(name, &info) == 0;
}

/* Where pieces go, and what became of it. */
struct fetch {
    int fd;
    int code; /* errno */
};

static int piece_take(void *context, const char *bytes, size_t length)
{
    struct fetch *fetch = context;
    for (size_t done = 0; done < length;) {
        const ssize_t n = write(fetch->fd, bytes + done, length - done);
        if (n < 0 && errno != EINTR) {
            fetch->code = errno;
            return 1;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static gaia_status job_fetch(const char *id, const char *state, struct gaia_client **client,
                             struct moments_file **file, gaia_error *err)
{
    struct fetch fetch = {.fd = -1};
    char name[GAIA_CLIENT_ID + 16];
    gaia_status status = *client == NULL ? gaia_client_open(state, client, err) : GAIA_OK;
    if (status == GAIA_OK) {
        status = file_temporary(&fetch.fd, err);
    }
    if (status == GAIA_OK) {
        status = gaia_client_moments(*client, id, piece_take, &fetch, err);
        if (fetch.code != 0) {
            status =
                error_set(err, GAIA_DISK, "temporary file of moments: %s", strerror(fetch.code));
        }
    }
    if (status != GAIA_OK) {
        if (fetch.fd >= 0) {
            (void)close(fetch.fd);
        }
        return status;
    }
    (void)snprintf(name, sizeof name, "job %s", id);
    return moments_file_open_fd(fetch.fd, name, file, err);
}

gaia_status moments_source_open(const char *name, const char *state, struct gaia_client **client,
                                struct moments_file **file, gaia_error *err)
{
    return moments_name_is_file(name) ? moments_file_open(name, file, err)
                                      : job_fetch(name, state, client, file, err);
}
