/* SPDX-License-Identifier: MIT
 *
 * Putting a backup in the place of the embedded store.
 *
 * Invariant: at every instant the place holds a whole database, the one from before or the copy, or
 * none if there was none or only a damaged one; what was there before is renamed and never removed.
 * Only the copy of the backup is opened for writing, not the backup.
 */
#include "store_sqlite_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gaia/time.h>

#include "error.h"
#include "file.h"
#include "moments_file.h"
#include "state_dir.h"
#include "store_sqlite.h"

enum { PIECE_BYTES = 1 << 20, PATH_BYTES = STATE_PATH + 32, EXTENT_TEXT = 96 };

static gaia_status cut_short(const char *backup, gaia_error *err)
{
    return error_set(err, GAIA_FILE_DAMAGED,
                     "%s: not a backup of gaia's, or one that was cut short: its end is missing",
                     backup);
}

/* Copies length bytes from one file to the other through the seal. */
static gaia_status bytes_copy(FILE *from, const char *backup, int64_t length, FILE *to,
                              struct moments_seal *seal, gaia_error *err)
{
    char *piece = malloc(PIECE_BYTES);
    gaia_status status = piece != NULL ? GAIA_OK : error_memory(err, PIECE_BYTES);
    while (status == GAIA_OK && length > 0) {
        const size_t want = length < PIECE_BYTES ? (size_t)length : PIECE_BYTES;
        const size_t got = fread(piece, 1, want, from);
        moments_seal_add(seal, piece, got);
        (void)fwrite(piece, 1, got, to); /* what fails is told when the file is closed */
        length -= (int64_t)got;
        if (got < want) {
            status = ferror(from) != 0
                         ? error_set(err, GAIA_FILE_UNREADABLE, "%s: %s", backup, strerror(errno))
                         : cut_short(backup, err);
        }
    }
    free(piece);
    return status;
}

/* Writes the database that the backup holds into `to`, and compares the tails. */
static gaia_status sealed_copy(FILE *from, const char *backup, FILE *to, gaia_error *err)
{
    struct moments_seal *seal = NULL;
    unsigned char tail[MOMENTS_TAIL_BYTES];
    unsigned char found[MOMENTS_TAIL_BYTES];
    struct stat info;
    if (fstat(fileno(from), &info) != 0 || !S_ISREG(info.st_mode)) {
        return error_set(err, GAIA_FILE_UNREADABLE, "%s: not a regular file", backup);
    }
    if (info.st_size < MOMENTS_TAIL_BYTES) {
        return cut_short(backup, err);
    }
    gaia_status status = moments_seal_open(&seal, err);
    if (status == GAIA_OK) {
        status = bytes_copy(from, backup, info.st_size - MOMENTS_TAIL_BYTES, to, seal, err);
    }
    if (status == GAIA_OK) {
        moments_seal_end(seal, tail);
        /* The tail begins with a mark, then comes the hash. */
        if (fread(found, 1, sizeof found, from) != sizeof found || memcmp(tail, found, 8) != 0) {
            status = cut_short(backup, err);
        } else if (memcmp(tail, found, sizeof tail) != 0) {
            status = error_set(err, GAIA_FILE_DAMAGED,
                               "%s: damaged: its bytes are not those that were written", backup);
        }
    }
    moments_seal_close(seal);
    return status;
}

/* Copies the database in the backup to `copy`, on the disk. */
static gaia_status copy_make(const char *backup, const char *copy, gaia_error *err)
{
    struct file_stream to;
    FILE *from = fopen(backup, "rbe");
    if (from == NULL) {
        return error_set(err, errno == ENOENT ? GAIA_FILE_MISSING : GAIA_FILE_UNREADABLE, "%s: %s",
                         backup, strerror(errno));
    }
    gaia_status status = file_stream_open(copy, 0600, &to, err);
    if (status == GAIA_OK) {
        status = sealed_copy(from, backup, to.stream, err);
        const gaia_status closed =
            file_stream_close(&to, status == GAIA_OK, status == GAIA_OK ? err : NULL);
        status = status == GAIA_OK ? closed : status;
    }
    (void)fclose(from);
    return status;
}

/* Runs a pragma that answers `wanted`, or nothing where that is NULL. */
static gaia_status pragma_check(struct sqlite_store *store, const char *pragma, const char *wanted,
                                gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, pragma, -1, &statement, NULL);
    code = code == SQLITE_OK ? sqlite3_step(statement) : code;
    const char *found = code == SQLITE_ROW ? sqlite_text(statement, 0) : NULL;
    const bool is_good =
        wanted != NULL ? found != NULL && strcmp(found, wanted) == 0 : code == SQLITE_DONE;
    const gaia_status status =
        is_good ? GAIA_OK
        : found != NULL
            ? error_set(err, GAIA_STORE, "the database was damaged when it was backed up: %s: %s",
                        pragma, found)
            : sqlite_error(store, pragma, err);
    (void)sqlite3_finalize(statement);
    return status;
}

static bool extent_read(sqlite3 *db, struct sqlite_extent *extent)
{
    sqlite3_stmt *statement = NULL;
    const bool is_read =
        sqlite3_prepare_v2(db, sql_text(SQL_JOBS_EXTENT), -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW;
    if (is_read) {
        *extent = (struct sqlite_extent){.n_jobs = sqlite3_column_int64(statement, 0),
                                         .last_ms = sqlite3_column_int64(statement, 1)};
    }
    (void)sqlite3_finalize(statement);
    return is_read;
}

/* Opens the copy as a scheduler does, which checks its versions and brings it up to date. */
static gaia_status copy_check(const char *copy, struct sqlite_extent *extent, gaia_error *err)
{
    struct store *base = NULL;
    gaia_status status = sqlite_open(copy, 0, &base, err);
    if (status != GAIA_OK) {
        return status;
    }
    struct sqlite_store *store = sqlite_of(base);
    status = pragma_check(store, "PRAGMA integrity_check(1)", "ok", err);
    if (status == GAIA_OK) {
        status = pragma_check(store, "PRAGMA foreign_key_check", NULL, err);
    }
    if (status == GAIA_OK && !extent_read(store->db, extent)) {
        status = sqlite_error(store, "reading", err);
    }
    sqlite_close(base);
    return status;
}

static void extent_format(const struct sqlite_extent *extent, char *text)
{
    char last[GAIA_TIME_TEXT] = "";
    if (extent->last_ms > 0) {
        gaia_time_format(extent->last_ms / 1000, last);
    }
    (void)snprintf(text, EXTENT_TEXT, "%" PRId64 " job%s%s%s", extent->n_jobs,
                   extent->n_jobs == 1 ? "" : "s", last[0] != '\0' ? ", the last of " : "", last);
}

/* The error that a database is there already, with what both hold. */
static gaia_status there_already(const char *path, const struct sqlite_extent *extent,
                                 gaia_error *err)
{
    struct sqlite_extent there;
    sqlite3 *db = NULL;
    char mine[EXTENT_TEXT];
    char its[EXTENT_TEXT] = "what cannot be read";
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        extent_read(db, &there)) {
        extent_format(&there, its);
    }
    (void)sqlite3_close(db);
    extent_format(extent, mine);
    return error_set(err, GAIA_USAGE,
                     "%s is there and holds %s; the backup holds %s. --replace puts the backup in "
                     "its place and keeps it as %s.replaced",
                     path, its, mine, path);
}

/* Renames; false if that failed for another reason than that there is nothing. */
static bool move(const char *path, const char *suffix)
{
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    (void)snprintf(from, sizeof from, "%s%s", path, suffix);
    (void)snprintf(to, sizeof to, "%s.replaced%s", path, suffix);
    return rename(from, to) == 0 || errno == ENOENT;
}

/* Writes what the database's log holds into the database itself; false if it is damaged, say. */
static bool log_merge(const char *path)
{
    char log[PATH_BYTES];
    sqlite3 *db = NULL;
    (void)snprintf(log, sizeof log, "%s-wal", path);
    const bool is_merged =
        sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) == SQLITE_OK;
    (void)sqlite3_close(db); /* the last one that does takes the log with it */
    return is_merged && access(log, F_OK) != 0;
}

/* Gives the database that is there another name. It keeps its own too, until the copy takes that:
 * were there nothing for a moment, a scheduler that starts then would begin anew. Where it cannot
 * have two names, or only with its log, which belongs to no other database, it is renamed. */
static bool keep_beside(const char *path)
{
    char kept[PATH_BYTES];
    char log[PATH_BYTES];
    (void)snprintf(kept, sizeof kept, "%s.replaced", path);
    (void)snprintf(log, sizeof log, "%s.replaced-wal", path);
    if (access(path, F_OK) != 0) {
        return move(path, "-wal");
    }
    (void)unlink(log);
    const bool is_merged = log_merge(path);
    (void)unlink(kept);
    return (is_merged && link(path, kept) == 0) || (move(path, "") && move(path, "-wal"));
}

/* Keeps what is there and puts the copy in its place. */
static gaia_status copy_place(const char *path, const char *copy, gaia_error *err)
{
    char beside[PATH_BYTES];
    char folder[PATH_BYTES];
    (void)snprintf(beside, sizeof beside, "%s-shm", path);
    (void)snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    bool is_placed =
        keep_beside(path) && (unlink(beside) == 0 || errno == ENOENT) && rename(copy, path) == 0;
    const int fd = is_placed ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    is_placed = fd >= 0 && fsync(fd) == 0;
    const int code = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_placed ? GAIA_OK : error_set(err, GAIA_DISK, "%s: %s", path, strerror(code));
}

gaia_status sqlite_restore(const char *path, const char *backup, bool replaces,
                           struct sqlite_extent *extent, gaia_error *err)
{
    char copy[PATH_BYTES];
    (void)snprintf(copy, sizeof copy, "%s.restored", path);
    gaia_status status = copy_make(backup, copy, err);
    if (status != GAIA_OK) {
        return status;
    }
    status = copy_check(copy, extent, err);
    if (status != GAIA_OK) {
        status = error_prefix(err, status, "%s", backup);
    } else if (!replaces && access(path, F_OK) == 0) {
        status = there_already(path, extent, err);
    } else {
        status = copy_place(path, copy, err);
    }
    if (status != GAIA_OK) {
        (void)unlink(copy);
    }
    return status;
}
