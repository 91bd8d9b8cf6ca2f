/* SPDX-License-Identifier: MIT
 *
 * The PostgreSQL store: connecting, and bringing the schema up to date. Beside store_postgres.c.
 *
 * Versions: who opens an empty database makes the whole schema. Otherwise migrations are applied by
 * who takes the lead, so that a newer program standing by does not change the schema under an older
 * one that leads. A program serves its own version and, if the migration after it is additive, the
 * next one; it refuses anything else (store_postgres_sql.c).
 *
 * Invariant: nothing that libpq says about a connection string is passed on: it may quote from it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "store_postgres.h"

static void notice_ignore(void *context, const char *message)
{
    (void)context;
    (void)message;
}

/* Whether libpq can read the string. */
static gaia_status conninfo_check(const char *conninfo, gaia_error *err)
{
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo, &why);
    const bool good = options != NULL;
    PQconninfoFree(options);
    PQfreemem(why);
    return good ? GAIA_OK
                : error_set(err, GAIA_STORE, "the connection string for PostgreSQL is malformed");
}

/* Durability and encoding are promises of the store, whatever the server's defaults are. */
static gaia_status session_prepare(struct postgres_store *store, gaia_error *err)
{
    static const char script[] =
        "SET client_min_messages = warning; SET idle_in_transaction_session_timeout = '60s';"
        "SET standard_conforming_strings = on;"
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') IN ('off', 'local')";
    const char *encoding = PQparameterStatus(store->conn, "server_encoding");
    if (PQserverVersion(store->conn) < 150000) {
        return pg_lost(store, "version 15 or later is wanted", err);
    }
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0) {
        return pg_lost(store, "a database with encoding UTF8 is wanted", err);
    }
    if (PQsetnonblocking(store->conn, 1) != 0 || PQenterPipelineMode(store->conn) == 0) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    return pg_script(store, script, err);
}

gaia_status pg_connect(struct postgres_store *store, gaia_error *err)
{
    /* What stands behind dbname wins over what the string says, what stands before it gives way. */
    const char *const keywords[] = {"connect_timeout",
                                    "tcp_user_timeout",
                                    "keepalives_idle",
                                    "application_name",
                                    "dbname",
                                    "client_encoding",
                                    NULL};
    char stall_ms[TEXT_NUMBER];
    (void)snprintf(stall_ms, sizeof stall_ms, "%d", store->stall_ms);
    const char *const values[] = {"5",    stall_ms, "5", "gaia-scheduler", store->conninfo,
                                  "UTF8", NULL};
    pg_disconnect(store);
    store->conn = PQconnectdbParams(keywords, values, 1);
    if (store->conn == NULL) {
        return error_memory(err, 1);
    }
    if (PQstatus(store->conn) != CONNECTION_OK) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    (void)PQsetNoticeProcessor(store->conn, notice_ignore, NULL);
    const gaia_status status = session_prepare(store, err);
    if (status != GAIA_OK && store->conn != NULL) {
        pg_disconnect(store);
    }
    return status;
}

/* One row of text that a command of ours gives, outside of the pipeline; "" if it gives none. */
static gaia_status value_read(struct postgres_store *store, const char *command, char *out,
                              size_t out_bytes, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    if (PQexitPipelineMode(store->conn) == 0) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    PGresult *result = PQexec(store->conn, command);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        status = error_set(err, GAIA_STORE, "PostgreSQL: %s", PQresultErrorMessage(result));
    } else {
        (void)snprintf(out, out_bytes, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    }
    PQclear(result);
    if (PQenterPipelineMode(store->conn) == 0) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    return status;
}

/* Version of the schema, and whether its newest migration is additive. */
static gaia_status version_read(struct postgres_store *store, int64_t *version, bool *is_additive,
                                gaia_error *err)
{
    char text[64];
    const gaia_status status =
        value_read(store,
                   "SELECT number || ' ' || additive::int FROM migrations ORDER BY number DESC"
                   " LIMIT 1",
                   text, sizeof text, err);
    char *rest = text;
    if (status == GAIA_OK) {
        *version = text[0] != '\0' ? strtoll(text, &rest, 10) : 0;
        *is_additive = strcmp(rest, " 1") == 0;
    }
    return status;
}

/* What the database notes of itself under this key, which is `mine` if it is the first. */
static gaia_status meta_keep(struct postgres_store *store, const char *key, const char *mine,
                             char *found, size_t found_bytes, gaia_error *err)
{
    char command[256];
    (void)snprintf(command, sizeof command,
                   "INSERT INTO meta VALUES('%s', '%s')"
                   " ON CONFLICT(key) DO UPDATE SET value = meta.value RETURNING value",
                   key, mine);
    return value_read(store, command, found, found_bytes, err);
}

static gaia_status identity_keep(struct postgres_store *store, gaia_error *err)
{
    char mine[STORE_IDENTITY];
    random_hex(mine, STORE_IDENTITY / 2);
    return meta_keep(store, "identity", mine, store->base.identity, sizeof store->base.identity,
                     err);
}

/* Sums of two rules of summation must not meet in one job. */
static gaia_status moments_version_check(struct postgres_store *store, gaia_error *err)
{
    char found[TEXT_NUMBER];
    char mine[TEXT_NUMBER];
    (void)snprintf(mine, sizeof mine, "%d", GAIA_MOMENTS_VERSION);
    const gaia_status status = meta_keep(store, "moments_version", mine, found, sizeof found, err);
    return status == GAIA_OK && strcmp(found, mine) != 0
               ? error_set(err, GAIA_STORE,
                           "the database holds moments_version %s, this program makes %s", found,
                           mine)
               : status;
}

static gaia_status migration_apply(struct postgres_store *store, int64_t version, gaia_error *err)
{
    char note[128];
    const struct pg_migration *migration = pg_migration(version);
    (void)snprintf(note, sizeof note, "INSERT INTO migrations VALUES(%" PRId64 ", %s)", version + 1,
                   migration->is_additive ? "true" : "false");
    const gaia_status status = pg_script(store, pg_migration_text(migration), err);
    return status == GAIA_OK ? pg_script(store, note, err) : status;
}

/* Within a transaction that no other scheduler can be in at the same time. */
static gaia_status migrations_apply(struct postgres_store *store, gaia_error *err)
{
    int64_t version = 0;
    int64_t latest = 0;
    bool is_additive = false;
    while (pg_migration(latest) != NULL) {
        latest++;
    }
    gaia_status status = pg_script(store,
                                   "CREATE TABLE IF NOT EXISTS migrations("
                                   "number bigint PRIMARY KEY, additive boolean NOT NULL)",
                                   err);
    if (status == GAIA_OK) {
        status = version_read(store, &version, &is_additive, err);
    }
    if (status == GAIA_OK && (version > latest + 1 || (version == latest + 1 && !is_additive))) {
        return error_set(err, GAIA_STORE,
                         "the database has schema %" PRId64 ", too new for this program's %" PRId64,
                         version, latest);
    }
    const bool may_change = version == 0 || store->epoch != 0;
    for (; status == GAIA_OK && may_change && version < latest; version++) {
        status = migration_apply(store, version, err);
    }
    if (status == GAIA_OK) {
        status = moments_version_check(store, err);
    }
    return status == GAIA_OK ? identity_keep(store, err) : status;
}

gaia_status pg_schema_update(struct postgres_store *store, gaia_error *err)
{
    gaia_status status =
        pg_script(store, "BEGIN; SELECT pg_advisory_xact_lock(hashtext('gaia schema'))", err);
    if (status == GAIA_OK) {
        status = migrations_apply(store, err);
    }
    if (status == GAIA_OK) {
        status = pg_script(store, "COMMIT", err);
    } else if (store->conn != NULL) {
        store->failure = (gaia_error){0};
        (void)pg_script(store, "ROLLBACK", NULL);
    }
    store->failure = (gaia_error){0};
    return status;
}

gaia_status pg_open(const char *conninfo, int64_t stall_ms, struct store **opened, gaia_error *err)
{
    struct postgres_store *store = calloc(1, sizeof *store);
    gaia_status status = GAIA_OK;
    if (store == NULL) {
        return error_memory(err, sizeof *store);
    }
    store->base.ops = store_postgres();
    store->partition_day = -1;
    store->stall_ms = (int)stall_ms;
    random_hex(store->owner, PG_OWNER_BYTES);
    store->conninfo = strdup(conninfo);
    status = store->conninfo != NULL ? conninfo_check(conninfo, err) : error_memory(err, 1);
    if (status == GAIA_OK) {
        status = pg_connect(store, err);
    }
    if (status == GAIA_OK) {
        status = pg_schema_update(store, err);
    }
    if (status != GAIA_OK) {
        store->base.ops->close(&store->base);
        return status;
    }
    *opened = &store->base;
    return GAIA_OK;
}
