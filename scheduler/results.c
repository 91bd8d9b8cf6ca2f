/* SPDX-License-Identifier: MIT
 *
 * Folders by the ids that the scheduler gave to jobs.
 *
 * Invariant: only a name that could be a job's id is made, or removed.
 */
#include "results.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file.h"

enum { SWEEP_FOLDERS = 64, JOB_MODE = 0700 };

struct results {
    char *path;
    int fd;
    DIR *sweep; /* where the sweep is; NULL: at the beginning */
};

gaia_status results_open(const char *path, struct results **results, gaia_error *err)
{
    struct results *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return error_memory(err, sizeof *opened);
    }
    opened->fd = -1;
    opened->path = strdup(path);
    gaia_status status =
        opened->path != NULL ? directory_make(path, err) : error_memory(err, strlen(path) + 1);
    if (status == GAIA_OK) {
        opened->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        status =
            opened->fd >= 0 ? GAIA_OK : error_set(err, GAIA_DISK, "%s: %s", path, strerror(errno));
    }
    if (status != GAIA_OK) {
        results_close(opened);
        return status;
    }
    *results = opened;
    return GAIA_OK;
}

void results_close(struct results *results)
{
    if (results != NULL) {
        if (results->sweep != NULL) {
            (void)closedir(results->sweep);
        }
        if (results->fd >= 0) {
            (void)close(results->fd);
        }
        free(results->path);
        free(results);
    }
}

const char *results_path(const struct results *results)
{
    return results->path;
}

/* Whether the name could be a job's: nothing else is touched. */
static bool is_id(const char *name)
{
    return name[0] != '\0' && name[strspn(name, "0123456789abcdef")] == '\0';
}

gaia_status results_job_make(const struct results *results, const char *id, gaia_error *err)
{
    return is_id(id) && (mkdirat(results->fd, id, JOB_MODE) == 0 || errno == EEXIST)
               ? GAIA_OK
               : error_set(err, GAIA_DISK, "%s/%s: %s", results->path, id, strerror(errno));
}

void results_job_remove(const struct results *results, const char *id)
{
    const int fd =
        is_id(id) ? openat(results->fd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return;
    }
    for (struct dirent *entry = NULL; (entry = readdir(folder)) != NULL;) {
        (void)unlinkat(fd, entry->d_name, 0); /* "." and ".." are none that it takes */
    }
    (void)closedir(folder);
    (void)unlinkat(results->fd, id, AT_REMOVEDIR);
}

bool results_sweep(struct results *results, bool (*is_known)(void *context, const char *id),
                   void *context)
{
    struct dirent *entry = NULL;
    results->sweep = results->sweep != NULL ? results->sweep : opendir(results->path);
    for (int n = 0; results->sweep != NULL && n < SWEEP_FOLDERS; n++) {
        entry = readdir(results->sweep);
        if (entry == NULL) {
            (void)closedir(results->sweep);
            results->sweep = NULL;
        } else if (is_id(entry->d_name) && !is_known(context, entry->d_name)) {
            results_job_remove(results, entry->d_name);
        }
    }
    return results->sweep != NULL;
}

gaia_status results_file_open(const char *name, int *fd, gaia_error *err)
{
    struct stat info;
    /* O_NONBLOCK: what is no regular file must not block the opening. */
    *fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd >= 0 && (fstat(*fd, &info) != 0 || !S_ISREG(info.st_mode))) {
        (void)close(*fd);
        *fd = -1;
        errno = EINVAL;
    }
    return *fd >= 0 ? GAIA_OK
                    : error_set(err, GAIA_NOT_FOUND, "an error map is not there: %s: %s", name,
                                strerror(errno));
}
