/* SPDX-License-Identifier: MIT
 *
 * An executor that a hostile file has taken over: gaia-executor itself, but for what it does around
 * each batch. The linker puts lease_run of this file before the real one (--wrap), so that no
 * program that ships has a place for it.
 *
 * By its job's name, a score batch
 *    intrude   tries to change whatever is in the results folder and not its own, and says in how
 *              many ways of how many it could
 *    swap      puts links to the scheduler's secret into the place of its maps
 */
#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lease.h"

enum { PATH_BYTES = 8192 };

__typeof__(lease_run) __real_lease_run;
__typeof__(lease_run) __wrap_lease_run;

/* Ways that were tried, and that led somewhere. */
struct ways {
    int n;
    int n_open;
};

static void way(struct ways *ways, bool is_open)
{
    ways->n++;
    ways->n_open += is_open;
}

static void way_fd(struct ways *ways, int fd)
{
    way(ways, fd >= 0 && write(fd, "x", 1) == 1);
    if (fd >= 0) {
        (void)close(fd);
    }
}

/* Makes a file of the executor's own. */
static void mine_make(const char *mine)
{
    const int fd = open(mine, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void file_attack(struct ways *ways, const char *mine, const char *theirs)
{
    mine_make(mine);
    way_fd(ways, open(theirs, O_WRONLY | O_CLOEXEC));
    way_fd(ways, open(theirs, O_RDWR | O_TRUNC | O_CLOEXEC));
    way(ways, rename(mine, theirs) == 0);
    way(ways, rename(theirs, mine) == 0);
    way(ways, unlink(theirs) == 0);
    way(ways, chmod(theirs, 0) == 0);
}

static void folder_attack(struct ways *ways, const char *mine, const char *folder)
{
    char made[PATH_BYTES];
    (void)snprintf(made, sizeof made, "%s/0-00ff.gmap", folder);
    mine_make(mine);
    way_fd(ways, open(made, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    way(ways, rename(mine, made) == 0);
    way(ways, link(mine, made) == 0);
    way(ways, symlink("/etc/hostname", made) == 0);
    way(ways, rename(folder, mine) == 0);
    way(ways, rmdir(folder) == 0);
    way(ways, chmod(folder, 0) == 0);
}

/* Attacks what the pattern finds below the results folder, but not what is its own. */
static void found_attack(struct ways *ways, const char *staging, const char *pattern,
                         void (*attack)(struct ways *ways, const char *mine, const char *theirs))
{
    char mine[PATH_BYTES];
    char whole[PATH_BYTES];
    glob_t found = {0};
    (void)snprintf(mine, sizeof mine, "%s/intruder", staging);
    (void)snprintf(whole, sizeof whole, "%s/../../%s", staging, pattern);
    const char *own = strrchr(staging, '/');
    if (glob(whole, GLOB_NOSORT, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            const char *path = found.gl_pathv[i];
            const char *last = strstr(path + strlen(staging), "/.staging/");
            if (last == NULL || strncmp(last + strlen("/.staging"), own, strlen(own)) != 0) {
                attack(ways, mine, path);
            }
        }
    }
    globfree(&found);
    (void)unlink(mine);
}

static void intrude(const char *staging)
{
    struct ways ways = {0};
    found_attack(&ways, staging, "*/*.gmap", file_attack);
    found_attack(&ways, staging, ".staging/*/*", file_attack);
    found_attack(&ways, staging, "*", folder_attack);
    found_attack(&ways, staging, ".staging/*", folder_attack);
    found_attack(&ways, staging, ".staging", folder_attack);
    (void)fprintf(stderr, "intruded in %d of %d ways\n", ways.n_open, ways.n);
}

static void swap(const char *staging)
{
    char secret[PATH_BYTES];
    DIR *folder = opendir(staging);
    (void)snprintf(secret, sizeof secret, "%s/../../../secret", staging);
    for (const struct dirent *entry = NULL; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (strstr(entry->d_name, ".gmap") != NULL) {
            (void)unlinkat(dirfd(folder), entry->d_name, 0);
            (void)symlinkat(secret, dirfd(folder), entry->d_name);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
}

gaia_status __wrap_lease_run(struct engine *engine, const json_t *lease,
                             const struct held_job *held, const char *staging,
                             struct engine_control *control, struct lease_result *result,
                             gaia_error *err)
{
    const char *job = json_string_value(json_object_get(json_object_get(lease, "spec"), "name"));
    const bool scores = job != NULL && staging != NULL && lease_scores(lease);
    if (scores && strcmp(job, "intrude") == 0) {
        intrude(staging);
    }
    const gaia_status status = __real_lease_run(engine, lease, held, staging, control, result, err);
    if (scores && strcmp(job, "swap") == 0) {
        swap(staging);
    }
    return status;
}
