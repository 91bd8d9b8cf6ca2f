/* SPDX-License-Identifier: MIT
 *
 * The embedded store: opening one SQLite file and bringing its schema up to date. Behind store.h,
 * beside store_sqlite.c, which writes.
 *
 * Invariant: one connection, WAL, synchronous=FULL: a commit that returned is on the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"
#include "store_sqlite.h"
#include "text.h"

enum { BUSY_MS = 5000 };

static gaia_status script_run(struct sqlite_store *store, const char *script, gaia_error *err)
{
    return sqlite3_exec(store->db, script, NULL, NULL, NULL) == SQLITE_OK
               ? GAIA_OK
               : sqlite_error(store, "schema", err);
}

static gaia_status version_read(struct sqlite_store *store, int *version, gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        (void)sqlite3_finalize(statement);
        return sqlite_error(store, "user_version", err);
    }
    *version = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    return GAIA_OK;
}

/* What the database notes of itself under this key, which is `mine` if it is the first. */
static gaia_status meta_keep(struct sqlite_store *store, const char *key, const char *mine,
                             char *kept, size_t kept_bytes, gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    gaia_status status = sqlite_bind(store, SQL_META_READ, &statement, err, "s", key);
    if (status != GAIA_OK) {
        return status;
    }
    const int code = sqlite3_step(statement);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : mine;
    if (text == NULL || (code != SQLITE_ROW && code != SQLITE_DONE)) {
        status = sqlite_error(store, key, err);
    } else {
        (void)snprintf(kept, kept_bytes, "%s", text);
    }
    (void)sqlite3_reset(statement);
    return status == GAIA_OK && code == SQLITE_DONE
               ? sqlite_run(store, SQL_META_PUT, err, "ss", key, mine)
               : status;
}

static gaia_status identity_keep(struct sqlite_store *store, gaia_error *err)
{
    char mine[STORE_IDENTITY];
    random_hex(mine, STORE_IDENTITY / 2);
    return meta_keep(store, "identity", mine, store->base.identity, sizeof store->base.identity,
                     err);
}

/* Sums of two rules of summation must not meet in one job, so a file of another rule is refused. */
static gaia_status moments_version_check(struct sqlite_store *store, gaia_error *err)
{
    char mine[TEXT_NUMBER];
    char found[TEXT_NUMBER];
    (void)snprintf(mine, sizeof mine, "%d", GAIA_MOMENTS_VERSION);
    gaia_status status = meta_keep(store, "moments_version", mine, found, sizeof found, err);
    if (status == GAIA_OK && strcmp(found, mine) != 0) {
        status =
            error_set(err, GAIA_STORE,
                      "the database holds moments_version %s, this program makes %s", found, mine);
    }
    return status == GAIA_OK
               ? sqlite_run(store, SQL_META_PUT, err, "ss", "engine_version", gaia_version())
               : status;
}

/* Whether this program can serve a schema that is newer than its own. */
static gaia_status newer_check(struct sqlite_store *store, int version, int latest, gaia_error *err)
{
    sqlite3_stmt *statement = NULL;
    const gaia_status status =
        sqlite_bind(store, SQL_META_READ, &statement, err, "s", "additive_schema");
    if (status != GAIA_OK) {
        return status;
    }
    const bool is_additive =
        sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == version;
    (void)sqlite3_reset(statement);
    return version == latest + 1 && is_additive
               ? GAIA_OK
               : error_set(err, GAIA_STORE,
                           "the database has schema %d, too new for this program's"
                           " %d",
                           version, latest);
}

/* Applies the migrations from `version` on and notes what was reached. */
static gaia_status migrations_apply(struct sqlite_store *store, int version, int latest,
                                    gaia_error *err)
{
    char pragma[64]; /* a pragma takes no parameters; the number is ours */
    char additive[TEXT_NUMBER];
    gaia_status status = GAIA_OK;
    for (int i = version; status == GAIA_OK && i < latest; i++) {
        status = script_run(store, sql_migration(i)->text, err);
    }
    (void)snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", latest);
    (void)snprintf(additive, sizeof additive, "%d",
                   sql_migration(latest - 1)->is_additive ? latest : 0);
    if (status == GAIA_OK) {
        status = script_run(store, pragma, err);
    }
    return status == GAIA_OK
               ? sqlite_run(store, SQL_META_PUT, err, "ss", "additive_schema", additive)
               : status;
}

/* Brings the schema up to date and checks what the file was made by, in one transaction. */
static gaia_status schema_update(struct sqlite_store *store, gaia_error *err)
{
    int version = 0;
    int latest = 0;
    while (sql_migration(latest) != NULL) {
        latest++;
    }
    gaia_status status = sqlite_begin(&store->base, err);
    if (status == GAIA_OK) {
        status = version_read(store, &version, err);
    }
    if (status == GAIA_OK && version > latest) {
        status = newer_check(store, version, latest, err);
    } else if (status == GAIA_OK && version < latest) {
        status = migrations_apply(store, version, latest, err);
    }
    if (status == GAIA_OK) {
        status = moments_version_check(store, err);
    }
    if (status == GAIA_OK) {
        status = identity_keep(store, err);
    }
    if (status == GAIA_OK) {
        status = sqlite_commit(&store->base, err);
    }
    if (status != GAIA_OK) {
        sqlite_rollback(&store->base);
    }
    return status;
}

void sqlite_close(struct store *base)
{
    if (base == NULL) {
        return;
    }
    struct sqlite_store *store = sqlite_of(base);
    for (int i = 0; i < SQL_COUNT; i++) {
        (void)sqlite3_finalize(store->statements[i]);
    }
    (void)sqlite3_close(store->db);
    free(store);
}

/* Makes the file itself, so that it and what SQLite puts beside it are the owner's only. */
static gaia_status file_make(const char *path, gaia_error *err)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return error_set(err, GAIA_STORE, "%s: %s", path, strerror(errno));
    }
    (void)close(fd);
    return GAIA_OK;
}

gaia_status sqlite_open(const char *path, int64_t stall_ms, struct store **opened, gaia_error *err)
{
    (void)stall_ms; /* there is no server */
    struct sqlite_store *store = calloc(1, sizeof *store);
    if (store == NULL) {
        return error_memory(err, sizeof *store);
    }
    store->base.ops = store_sqlite();
    gaia_status status = file_make(path, err);
    if (status == GAIA_OK &&
        sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK) {
        status = sqlite_error(store, path, err);
    }
    if (status == GAIA_OK) {
        (void)sqlite3_busy_timeout(store->db, BUSY_MS);
        status = script_run(store,
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                            "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;",
                            err);
    }
    if (status == GAIA_OK) {
        status = schema_update(store, err);
    }
    if (status != GAIA_OK) {
        status = error_prefix(err, status, "%s", path);
        sqlite_close(&store->base);
        return status;
    }
    *opened = &store->base;
    return GAIA_OK;
}
