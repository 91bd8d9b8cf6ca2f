/* SPDX-License-Identifier: MIT
 *
 * Moments and maps by name. What a scheduler sent is checked as a stranger's file is.
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

/* How the client sends one kind of bytes of a job. */
typedef gaia_status fetch_function(struct gaia_client *client, const char *id,
                                   int (*take)(void *context, const char *bytes, size_t length),
                                   void *context, gaia_error *err);

/* Fetches what a job has into a file without a name. */
static gaia_status job_fetch(const char *id, const char *state, struct gaia_client **client,
                             fetch_function *function, int *fd, gaia_error *err)
{
    struct fetch fetch = {.fd = -1};
    gaia_status status = *client == NULL ? gaia_client_open(state, client, err) : GAIA_OK;
    if (status == GAIA_OK) {
        status = file_temporary(&fetch.fd, err);
    }
    if (status == GAIA_OK) {
        status = function(*client, id, piece_take, &fetch, err);
        if (fetch.code != 0) {
            status = error_set(err, GAIA_DISK, "temporary file: %s", strerror(fetch.code));
        }
    }
    if (status != GAIA_OK && fetch.fd >= 0) {
        (void)close(fetch.fd);
    }
    *fd = fetch.fd;
    return status;
}

static void job_name(const char *id, char name[GAIA_CLIENT_ID + 16])
{
    (void)snprintf(name, GAIA_CLIENT_ID + 16, "job %.*s", GAIA_CLIENT_ID, id);
}

gaia_status moments_source_open(const char *name, const char *state, struct gaia_client **client,
                                struct moments_file **file, gaia_error *err)
{
    char called[GAIA_CLIENT_ID + 16];
    int fd = -1;
    if (moments_name_is_file(name)) {
        return moments_file_open(name, file, err);
    }
    const gaia_status status = job_fetch(name, state, client, gaia_client_moments, &fd, err);
    job_name(name, called);
    return status == GAIA_OK ? moments_file_open_fd(fd, called, file, err) : status;
}

gaia_status map_source_open(const char *name, const char *state, struct gaia_client **client,
                            struct map_file **file, gaia_error *err)
{
    char called[GAIA_CLIENT_ID + 16];
    int fd = -1;
    if (moments_name_is_file(name)) {
        gaia_status opened = map_file_open(name, file, err);
        if (opened == GAIA_OK && map_file_count(*file) == 0) {
            map_file_close(*file);
            *file = NULL;
            opened = error_set(err, GAIA_FILE_DAMAGED,
                               "%s: there are no maps in it; `gaia score --maps-out FILE` writes "
                               "those of forecasts that were scored",
                               name);
        }
        return opened;
    }
    const gaia_status status = job_fetch(name, state, client, gaia_client_maps, &fd, err);
    job_name(name, called);
    return status == GAIA_OK ? map_file_open_fd(fd, called, file, err) : status;
}
