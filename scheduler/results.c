/* SPDX-License-Identifier: MIT
 *
 * Folders by the ids that the scheduler gave to jobs, and what is moved to them.
 *
 * Order: a file is on the disk, then it is moved, then the folder is on the disk, and only then is
 * the result committed. What is killed in between leaves maps by the name of an attempt that did
 * no batch: nobody is told of them, the same attempt finds them when its result comes again, and
 * once another attempt is committed they are removed. Moving after the commit would leave batches
 * that are done and have no maps.
 *
 * Invariant: only what has the name of a job's id, of an executor's folder or of a map is made,
 * moved or removed, beside the folder's own mark; and where it is not sure that the folder is this
 * store's, nothing is removed because it is not known here.
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

#include "clock.h"
#include "error.h"
#include "file.h"
#include "map_place.h"

enum { SWEEP_FOLDERS = 64, JOB_MODE = 0700, MARK_MODE = 0600, MARK_BYTES = 128, NAME_RANDOM = 8 };

static const char MARK[] = ".store"; /* holds the identity of the store whose folder it is */

struct results {
    char *path;
    int fd;
    DIR *sweep;         /* where the sweep is; NULL: at the beginning */
    bool keeps_unknown; /* for it may be another store's */
};

static void fd_close(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

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

static gaia_status mark_failed(const struct results *results, int why, gaia_error *err)
{
    return error_set(err, GAIA_DISK, "%s/%s: %s", results->path, MARK, strerror(why));
}

/* Reads whose the folder is; *owner "" if there is no mark. */
static gaia_status mark_read(const struct results *results, char *owner, size_t bytes,
                             gaia_error *err)
{
    struct stat info;
    ssize_t n = 0;
    int why = 0;
    const int fd = openat(results->fd, MARK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        why = errno == ENOENT ? 0 : errno;
    } else if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        why = EINVAL;
    } else if ((n = read(fd, owner, bytes - 1)) <= 0) {
        why = n < 0 ? errno : EINVAL;
    }
    owner[n > 0 ? n : 0] = '\0';
    owner[strcspn(owner, "\n")] = '\0';
    fd_close(fd);
    return why == 0 ? GAIA_OK : mark_failed(results, why, err);
}

/* Makes the mark, whole, unless there is one by now. */
static gaia_status mark_make(const struct results *results, const char *identity, gaia_error *err)
{
    char own[2 * NAME_RANDOM + 1]; /* schedulers of one store may be at it at once */
    char name[MARK_BYTES];
    int why = 0;
    random_hex(own, NAME_RANDOM);
    (void)snprintf(name, sizeof name, "%s.%s", MARK, own);
    const int fd = openat(results->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MARK_MODE);
    if (fd < 0 || dprintf(fd, "%s\n", identity) < 0 || fsync(fd) != 0 ||
        (linkat(results->fd, name, results->fd, MARK, 0) != 0 && errno != EEXIST)) {
        why = errno;
    }
    fd_close(fd);
    (void)unlinkat(results->fd, name, 0);
    return why == 0 && fsync(results->fd) == 0 ? GAIA_OK
                                               : mark_failed(results, why != 0 ? why : errno, err);
}

gaia_status results_claim(struct results *results, const char *identity, gaia_error *err)
{
    char owner[MARK_BYTES];
    gaia_status status = mark_read(results, owner, sizeof owner, err);
    if (status == GAIA_OK && owner[0] == '\0') {
        status = mark_make(results, identity, err);
        if (status == GAIA_OK) {
            status = mark_read(results, owner, sizeof owner, err);
        }
    }
    if (status == GAIA_OK && strcmp(owner, identity) != 0) {
        status =
            error_set(err, GAIA_USAGE,
                      "%s: the results folder belongs to another queue, as its file %s says; each"
                      " wants one of its own (--results). If that queue is no more, remove the"
                      " file",
                      results->path, MARK);
    }
    results->keeps_unknown = status != GAIA_OK;
    return status;
}

/* ---- Moving maps ---- */

/* Opens a folder by its own name; -1 if there is none. */
static int folder_open(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The executor's staging folder; -1 if there is none. */
static int staging_open(const struct results *results, const char *executor)
{
    char name[MAP_NAME];
    const int all = folder_open(results->fd, MAP_STAGING);
    const int fd =
        all >= 0 && map_staging_make(executor, name, NULL) == GAIA_OK ? folder_open(all, name) : -1;
    fd_close(all);
    return fd;
}

/* Opens the job's folder, or makes it. */
static gaia_status job_open(const struct results *results, const char *id, int *fd, gaia_error *err)
{
    *fd = -1;
    if (!map_id_is_sound(id)) {
        return error_set(err, GAIA_PROTOCOL, "'%.64s' is not the id of a job", id);
    }
    *fd = folder_open(results->fd, id);
    if (*fd < 0 && errno == ENOENT &&
        (mkdirat(results->fd, id, JOB_MODE) == 0 || errno == EEXIST) && fsync(results->fd) == 0) {
        *fd = folder_open(results->fd, id);
    }
    return *fd >= 0 ? GAIA_OK
                    : error_set(err, GAIA_DISK, "%s/%s: %s", results->path, id, strerror(errno));
}

/* What maps are moved between. */
struct move {
    const struct results *results;
    const struct results_maps *maps;
    int staging; /* -1: there is none */
    int job;
    uid_t owner; /* of what is made in the results folder */
};

static gaia_status move_failed(const struct move *move, const char *name, gaia_status status,
                               const char *why, gaia_error *err)
{
    return error_set(err, status, "error map %s of executor %s in %s: %s", name,
                     move->maps->executor, move->results->path, why);
}

/* Whether that is a map's file as an executor leaves it: of its own making, and by no other name.
 */
static bool is_own_file(const struct move *move, const struct stat *info)
{
    return S_ISREG(info->st_mode) && info->st_nlink == 1 && info->st_uid == move->owner &&
           (uint64_t)info->st_size <= move->maps->bytes_max;
}

/* Nothing is in the executor's folder: then the map was moved before, or there is none. */
static gaia_status moved_check(const struct move *move, const char *name, gaia_error *err)
{
    struct stat info;
    return fstatat(move->job, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && is_own_file(move, &info)
               ? GAIA_OK
               : move_failed(move, name, GAIA_DISK,
                             "it is not there: scheduler and executors want one folder (--results)",
                             err);
}

/* Moves an open file; what was put in its place meanwhile is refused. */
static gaia_status file_move(const struct move *move, const char *name, int fd, gaia_error *err)
{
    struct stat opened;
    struct stat moved;
    if (fstat(fd, &opened) != 0 || !is_own_file(move, &opened)) {
        return move_failed(move, name, GAIA_PROTOCOL, "no plain file of its own, or too large",
                           err);
    }
    if (fsync(fd) != 0 || renameat(move->staging, name, move->job, name) != 0) {
        return move_failed(move, name, GAIA_DISK, strerror(errno), err);
    }
    if (fstatat(move->job, name, &moved, AT_SYMLINK_NOFOLLOW) != 0 ||
        moved.st_ino != opened.st_ino || moved.st_dev != opened.st_dev) {
        return move_failed(move, name, GAIA_PROTOCOL, "another file was put in its place", err);
    }
    return GAIA_OK;
}

static gaia_status map_move(const struct move *move, uint64_t unit, gaia_error *err)
{
    char name[MAP_NAME];
    gaia_status status = map_name_make(unit, move->maps->attempt, name, err);
    if (status != GAIA_OK) {
        return status;
    }
    /* O_NONBLOCK: what is no regular file must not block the opening. */
    const int fd = openat(move->staging, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || move->staging < 0)) {
        return moved_check(move, name, err);
    }
    if (fd < 0) {
        const bool is_none = errno == ELOOP || errno == ENXIO; /* a link, a socket */
        return move_failed(move, name, is_none ? GAIA_PROTOCOL : GAIA_DISK, strerror(errno), err);
    }
    status = file_move(move, name, fd, err);
    (void)close(fd);
    return status;
}

/* Takes back what of the attempt is in the job's folder. */
static void maps_unmove(const struct move *move)
{
    for (size_t i = 0; i < move->maps->n_units; i++) {
        char name[MAP_NAME];
        if (map_name_make(move->maps->units[i], move->maps->attempt, name, NULL) == GAIA_OK) {
            (void)unlinkat(move->job, name, 0);
        }
    }
}

gaia_status results_move(const struct results *results, const struct results_maps *maps,
                         gaia_error *err)
{
    struct move move = {.results = results, .maps = maps, .staging = -1, .job = -1};
    struct stat info = {0};
    gaia_status status = job_open(results, maps->job, &move.job, err);
    if (status == GAIA_OK && fstat(move.job, &info) != 0) {
        status = move_failed(&move, maps->job, GAIA_DISK, strerror(errno), err);
    }
    move.owner = info.st_uid;
    move.staging = staging_open(results, maps->executor);
    for (size_t i = 0; status == GAIA_OK && i < maps->n_units; i++) {
        status = map_move(&move, maps->units[i], err);
    }
    if (status == GAIA_OK && fsync(move.job) != 0) {
        status = move_failed(&move, maps->job, GAIA_DISK, strerror(errno), err);
    }
    if (status != GAIA_OK && move.job >= 0) {
        maps_unmove(&move);
    }
    fd_close(move.staging);
    fd_close(move.job);
    return status;
}

/* ---- Removing ---- */

/* The maps that the attempt has made others superfluous of. */
struct prune {
    uint64_t first;
    uint64_t end;
    const char *attempt;
};

static void other_remove(void *context, int fd, const char *name)
{
    const struct prune *prune = context;
    if (map_name_is_of_other(name, prune->first, prune->end, prune->attempt)) {
        (void)unlinkat(fd, name, 0);
    }
}

void results_prune(const struct results *results, const char *job, uint64_t first, uint64_t end,
                   const char *attempt)
{
    struct prune prune = {first, end, attempt};
    directory_visit(results->fd, job, other_remove, &prune);
}

void results_staging_clear(const struct results *results, const char *executor)
{
    char name[MAP_NAME];
    const int all = folder_open(results->fd, MAP_STAGING);
    if (all >= 0 && map_staging_make(executor, name, NULL) == GAIA_OK) {
        directory_clear(all, name);
    }
    fd_close(all);
}

struct staging_sweep {
    bool (*is_known)(void *context, const char *executor);
    void *context;
};

static void staging_look(void *context, int fd, const char *name)
{
    const struct staging_sweep *sweep = context;
    char executor[MAP_NAME];
    if (!map_staging_parse(name, executor) || !sweep->is_known(sweep->context, executor)) {
        directory_clear(fd, name);
    }
}

void results_staging_sweep(const struct results *results,
                           bool (*is_known)(void *context, const char *executor), void *context)
{
    struct staging_sweep sweep = {is_known, context};
    if (!results->keeps_unknown) {
        directory_visit(results->fd, MAP_STAGING, staging_look, &sweep);
    }
}

void results_job_remove(const struct results *results, const char *id)
{
    if (map_id_is_sound(id)) {
        directory_clear(results->fd, id);
        (void)unlinkat(results->fd, id, AT_REMOVEDIR);
    }
}

bool results_sweep(struct results *results, bool (*is_known)(void *context, const char *id),
                   void *context)
{
    struct dirent *entry = NULL;
    if (results->keeps_unknown) {
        return false;
    }
    results->sweep = results->sweep != NULL ? results->sweep : opendir(results->path);
    for (int n = 0; results->sweep != NULL && n < SWEEP_FOLDERS; n++) {
        entry = readdir(results->sweep);
        if (entry == NULL) {
            (void)closedir(results->sweep);
            results->sweep = NULL;
        } else if (map_id_is_sound(entry->d_name) && !is_known(context, entry->d_name)) {
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
