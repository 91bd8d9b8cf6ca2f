/* SPDX-License-Identifier: MIT
 *
 * Making a backup of the embedded store, beside the loop that writes to it.
 *
 * Invariants: the connection here reads and never checkpoints, so that the loop's is still the only
 * one that writes; it holds one snapshot from the first page to the last, so that no page is copied
 * twice, however much is written meanwhile.
 */
#include "store_sqlite_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "error.h"
#include "state_dir.h"

enum { STEP_PAGES = 1024, BUSY_MS = 5000 };

/* The file that is made, empty at first. */
struct copy {
    char path[STATE_PATH + 16];
    int fd;
    bool (*stops)(void *context);
    void *context;
};

static gaia_status database_error(sqlite3 *db, const char *path, gaia_error *err)
{
    return error_set(err, GAIA_STORE, "%s: %s (SQLite %d)", path, sqlite3_errmsg(db),
                     sqlite3_extended_errcode(db));
}

static gaia_status database_open(const char *path, int flags, const char *script, sqlite3 **db,
                                 gaia_error *err)
{
    if (sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(*db, BUSY_MS) != SQLITE_OK ||
        sqlite3_exec(*db, script, NULL, NULL, NULL) != SQLITE_OK) {
        return database_error(*db, path, err);
    }
    return GAIA_OK;
}

/* Each step is on the disk before the next one: the loop, whose commits wait for the same disk,
 * never waits for more than a step. */
static gaia_status pages_copy(sqlite3 *from, sqlite3 *to, const struct copy *copy, gaia_error *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int code = backup != NULL ? SQLITE_OK : SQLITE_ERROR;
    while (code == SQLITE_OK && !copy->stops(copy->context)) {
        code = sqlite3_backup_step(backup, STEP_PAGES);
        code = code == SQLITE_OK && fdatasync(copy->fd) != 0 ? SQLITE_IOERR_FSYNC : code;
    }
    (void)sqlite3_backup_finish(backup);
    if (code == SQLITE_OK) {
        return error_set(err, GAIA_CANCELLED, "the scheduler is being stopped");
    }
    return code == SQLITE_DONE ? GAIA_OK : database_error(to, copy->path, err);
}

static gaia_status database_copy(const char *path, const struct copy *copy, gaia_error *err)
{
    static const char snapshot[] = "PRAGMA wal_autocheckpoint = 0; BEGIN;"
                                   "SELECT count(*) FROM sqlite_schema;";
    static const char unsafe[] = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                                 "PRAGMA locking_mode = EXCLUSIVE;";
    sqlite3 *from = NULL;
    sqlite3 *to = NULL;
    gaia_status status = database_open(path, SQLITE_OPEN_READONLY, snapshot, &from, err);
    if (status == GAIA_OK) {
        status = database_open(copy->path, SQLITE_OPEN_READWRITE, unsafe, &to, err);
    }
    if (status == GAIA_OK) {
        status = pages_copy(from, to, copy, err);
    }
    /* The header was copied too and says that there is a log beside the file. */
    if (status == GAIA_OK &&
        sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK) {
        status = database_error(to, copy->path, err);
    }
    (void)sqlite3_close(to);
    (void)sqlite3_close(from);
    return status;
}

/* Removes what a copy leaves, or left when its process was killed. */
static void copy_remove(const char *path)
{
    char log[STATE_PATH + 32];
    (void)snprintf(log, sizeof log, "%s-wal", path);
    (void)unlink(log);
    (void)unlink(path);
}

gaia_status sqlite_backup(const char *path, bool (*stops)(void *context), void *context, int *fd,
                          gaia_error *err)
{
    struct copy copy = {.stops = stops, .context = context};
    (void)snprintf(copy.path, sizeof copy.path, "%s.backup", path);
    copy_remove(copy.path);
    copy.fd = open(copy.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (copy.fd < 0) {
        return error_set(err, GAIA_DISK, "%s: %s", copy.path, strerror(errno));
    }
    const gaia_status status = database_copy(path, &copy, err);
    copy_remove(copy.path);
    if (status != GAIA_OK) {
        (void)close(copy.fd);
        return status;
    }
    *fd = copy.fd;
    return GAIA_OK;
}
