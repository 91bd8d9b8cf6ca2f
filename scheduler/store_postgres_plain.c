/* SPDX-License-Identifier: MIT
 *
 * What PostgreSQL does not take in a pipeline: scripts of several commands, and COPY. Beside
 * store_postgres_pipe.c.
 *
 * Invariant: a connection is in pipeline mode whenever a function of this file has returned.
 */
#include "error.h"
#include "store_postgres.h"

/* Receives all results of a command outside of the pipeline. */
static gaia_status plain_take(struct postgres_store *store, const char *what, gaia_error *err)
{
    PGresult *result = NULL;
    gaia_status failed = GAIA_OK;
    gaia_status status = pg_next(store, &result, err);
    if (status == GAIA_OK && result == NULL) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    while (status == GAIA_OK && result != NULL) {
        const ExecStatusType code = PQresultStatus(result);
        if (failed == GAIA_OK && code != PGRES_COMMAND_OK && code != PGRES_TUPLES_OK) {
            failed = error_set(&store->failure, GAIA_STORE, "PostgreSQL: %s: %s", what,
                               PQresultErrorMessage(result));
        }
        PQclear(result);
        status = pg_next(store, &result, err);
    }
    if (status == GAIA_OK && failed != GAIA_OK) {
        status = error_set(err, failed, "%s", store->failure.detail);
    }
    return status;
}

/* Leaves the pipeline, which must be settled, and comes back to it. */
static gaia_status plain_enter(struct postgres_store *store, gaia_error *err)
{
    const gaia_status status = store->n_sent > 0 ? pg_settle(store, NULL, err) : GAIA_OK;
    return status == GAIA_OK && PQexitPipelineMode(store->conn) == 0
               ? pg_lost(store, PQerrorMessage(store->conn), err)
               : status;
}

static gaia_status plain_leave(struct postgres_store *store, gaia_status status, gaia_error *err)
{
    if (store->conn != NULL && PQenterPipelineMode(store->conn) == 0) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    return status;
}

gaia_status pg_script(struct postgres_store *store, const char *script, gaia_error *err)
{
    gaia_status status = plain_enter(store, err);
    if (status != GAIA_OK) {
        return status;
    }
    status = PQsendQuery(store->conn, script) == 1
                 ? plain_take(store, "a script", err)
                 : pg_lost(store, PQerrorMessage(store->conn), err);
    return plain_leave(store, status, err);
}

/* Sends bytes of a COPY, waiting while the socket is full. */
static gaia_status copy_put(struct postgres_store *store, const char *bytes, size_t length,
                            gaia_error *err)
{
    enum { PIECE = 1 << 16 };
    gaia_status status = GAIA_OK;
    while (status == GAIA_OK && length > 0) {
        const size_t n = length < PIECE ? length : PIECE;
        if (PQputCopyData(store->conn, bytes, (int)n) < 0) {
            return pg_lost(store, PQerrorMessage(store->conn), err);
        }
        bytes += n;
        length -= n;
        while (status == GAIA_OK && PQflush(store->conn) > 0) {
            status = pg_wait(store, false, err);
        }
    }
    return status;
}

gaia_status pg_copy_in(struct postgres_store *store, const char *copy, const struct text *rows,
                       gaia_error *err)
{
    static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* and its own NUL */
    static const char tail[] = {(char)0xff, (char)0xff};
    PGresult *result = NULL;
    gaia_status status = plain_enter(store, err);
    if (status != GAIA_OK) {
        return status;
    }
    if (PQsendQuery(store->conn, copy) == 0) {
        status = pg_lost(store, PQerrorMessage(store->conn), err);
    } else {
        status = pg_next(store, &result, err);
    }
    if (status == GAIA_OK && PQresultStatus(result) != PGRES_COPY_IN) {
        status = error_set(&store->failure, GAIA_STORE, "PostgreSQL: COPY: %s",
                           PQresultErrorMessage(result));
        (void)error_set(err, status, "%s", store->failure.detail);
        PQclear(result);
        (void)plain_take(store, "COPY", NULL);
        return plain_leave(store, status, err);
    }
    PQclear(result);
    if (status == GAIA_OK) {
        status = copy_put(store, head, sizeof head, err);
    }
    if (status == GAIA_OK) {
        status = copy_put(store, rows->s, rows->length, err);
    }
    if (status == GAIA_OK) {
        status = copy_put(store, tail, sizeof tail, err);
    }
    if (status == GAIA_OK && PQputCopyEnd(store->conn, NULL) < 0) {
        status = pg_lost(store, PQerrorMessage(store->conn), err);
    }
    if (status == GAIA_OK) {
        status = plain_take(store, "COPY", err);
    }
    return plain_leave(store, status, err);
}
