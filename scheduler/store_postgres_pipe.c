/* SPDX-License-Identifier: MIT
 *
 * Sending to PostgreSQL and receiving from it, over one connection in libpq's pipeline mode: a
 * turn's writes leave one behind the other and are waited for once. Under all other files of the
 * PostgreSQL store.
 *
 * Invariant: `sent` lists the commands without an outcome in their order. Whoever waits gives up
 * when the server has said nothing for stall_ms: the connection is then closed, for the server to
 * roll back.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "store_postgres.h"

enum {
    PARAMETERS_MAX = 32,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_TEXT = 25,
    OID_FLOAT8 = 701,
};

/* Parameters of a statement in the binary format. */
struct parameters {
    int n;
    Oid types[PARAMETERS_MAX];
    const char *values[PARAMETERS_MAX];
    int lengths[PARAMETERS_MAX];
    int formats[PARAMETERS_MAX];
    unsigned char numbers[PARAMETERS_MAX][8];
    char *owned[PARAMETERS_MAX]; /* texts that had to be mended */
};

void pg_disconnect(struct postgres_store *store)
{
    PQfinish(store->conn);
    store->conn = NULL;
    store->n_sent = 0;
    store->is_begun = false;
    memset(store->is_prepared, 0, sizeof store->is_prepared);
}

gaia_status pg_lost(struct postgres_store *store, const char *why, gaia_error *err)
{
    gaia_error lost = {0};
    (void)error_set(&lost, GAIA_STORE, "PostgreSQL: %s", why);
    if (store->failure.status == GAIA_OK) {
        store->failure = lost;
    }
    pg_disconnect(store);
    if (!store->in_turn) { /* nobody will roll back */
        store->failure = (gaia_error){0};
    }
    return error_set(err, lost.status, "%s", lost.detail);
}

gaia_status pg_wait(struct postgres_store *store, bool for_input, gaia_error *err)
{
    const int unsent = PQflush(store->conn);
    struct pollfd fd = {.fd = PQsocket(store->conn)};
    if (unsent < 0) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    if (unsent == 0 && !for_input) {
        return GAIA_OK;
    }
    fd.events = (short)(POLLIN | (unsent > 0 ? POLLOUT : 0));
    int n = poll(&fd, 1, store->stall_ms);
    while (n < 0 && errno == EINTR) {
        n = poll(&fd, 1, store->stall_ms);
    }
    if (n == 0) {
        return pg_lost(store, "no answer in time", err);
    }
    if (n < 0 || ((fd.revents & ~POLLOUT) != 0 && PQconsumeInput(store->conn) == 0)) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    return GAIA_OK;
}

gaia_status pg_next(struct postgres_store *store, PGresult **result, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    while (status == GAIA_OK && (PQflush(store->conn) > 0 || PQisBusy(store->conn) != 0)) {
        status = pg_wait(store, true, err);
    }
    if (status == GAIA_OK) {
        *result = PQgetResult(store->conn);
    }
    return status;
}

/* What an outcome says of the command; the first failure of a turn is kept. */
static void outcome_judge(struct postgres_store *store, const struct pg_sent *sent,
                          const PGresult *result)
{
    const ExecStatusType code = PQresultStatus(result);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const bool divided = state != NULL && strcmp(state, "22012") == 0;
    if (code == PGRES_COMMAND_OK || code == PGRES_TUPLES_OK) {
        store->is_prepared[sent->sql] = store->is_prepared[sent->sql] || sent->is_prepare;
        if (sent->sql == PG_COMMIT && !sent->is_prepare && store->failure.status == GAIA_OK &&
            strcmp(PQcmdStatus((PGresult *)(uintptr_t)result), "COMMIT") != 0) {
            (void)error_set(&store->failure, GAIA_STORE, "PostgreSQL rolled the transaction back");
        }
        return;
    }
    if (sent->is_prepare) {
        store->is_prepared[sent->sql] = false;
    }
    if (store->failure.status != GAIA_OK) {
        return; /* what follows a failure is not carried out */
    }
    if (divided && sent->sql == PG_FENCE) {
        (void)error_set(&store->failure, GAIA_STORE,
                        "another scheduler took the lead: nothing of this turn was written");
    } else if (divided && sent->sql == PG_RESULT_TAKE) {
        (void)error_set(&store->failure, GAIA_STORE,
                        "the database does not hold a lease that this scheduler gave");
    } else {
        (void)error_set(&store->failure, GAIA_STORE, "PostgreSQL: %s: %s", pg_sql_name(sent->sql),
                        PQresultErrorMessage(result));
    }
}

/* Receives the outcome of one command. */
static gaia_status outcome_take(struct postgres_store *store, const struct pg_sent *sent,
                                PGresult **last, gaia_error *err)
{
    PGresult *result = NULL;
    gaia_status status = pg_next(store, &result, err);
    while (status == GAIA_OK && result != NULL) {
        outcome_judge(store, sent, result);
        if (last != NULL && PQresultStatus(result) == PGRES_TUPLES_OK) {
            PQclear(*last);
            *last = result;
        } else if (last != NULL && PQresultStatus(result) == PGRES_COMMAND_OK &&
                   !sent->is_prepare) {
            PQclear(*last);
            *last = result;
        } else {
            PQclear(result);
        }
        status = pg_next(store, &result, err);
    }
    return status;
}

/* Receives the mark that ends a pipeline. */
static gaia_status sync_take(struct postgres_store *store, gaia_error *err)
{
    PGresult *result = NULL;
    gaia_status status = pg_next(store, &result, err);
    if (status == GAIA_OK && PQresultStatus(result) != PGRES_PIPELINE_SYNC) {
        PQclear(result);
        char why[sizeof store->failure.detail];
        (void)snprintf(why, sizeof why, "%s",
                       store->failure.status != GAIA_OK ? store->failure.detail
                                                        : "the connection was lost");
        return pg_lost(store, why, err);
    }
    PQclear(result);
    return status;
}

gaia_status pg_settle(struct postgres_store *store, PGresult **last, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    PGresult *found = NULL;
    if (store->conn == NULL) {
        return error_set(err, GAIA_STORE, "PostgreSQL: the connection was lost");
    }
    if (PQpipelineSync(store->conn) == 0) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    for (size_t i = 0; status == GAIA_OK && i < store->n_sent; i++) {
        const struct pg_sent sent = store->sent[i];
        status = outcome_take(store, &sent, last != NULL ? &found : NULL, err);
    }
    if (status == GAIA_OK) {
        store->n_sent = 0;
        status = sync_take(store, err);
    }
    if (status == GAIA_OK && store->failure.status != GAIA_OK) {
        status = error_set(err, store->failure.status, "%s", store->failure.detail);
    }
    if (status == GAIA_OK && last != NULL) {
        *last = found;
        found = NULL;
    }
    PQclear(found);
    return status;
}

static void number_put(struct parameters *parameters, uint64_t bits, Oid type)
{
    const int i = parameters->n;
    for (int k = 0; k < 8; k++) {
        parameters->numbers[i][k] = (unsigned char)(bits >> (56 - 8 * k));
    }
    parameters->types[i] = type;
    parameters->values[i] = (const char *)parameters->numbers[i];
    parameters->lengths[i] = 8;
}

/* The server refuses text that is not UTF-8, and with it the turn: it is mended instead. */
static bool text_put(struct parameters *parameters, const char *text)
{
    const int i = parameters->n;
    parameters->types[i] = OID_TEXT;
    parameters->values[i] = text;
    parameters->lengths[i] = text != NULL ? (int)strlen(text) : 0;
    if (text == NULL || text_is_utf8(text)) {
        return true;
    }
    parameters->owned[i] = strdup(text);
    if (parameters->owned[i] == NULL) {
        return false;
    }
    (void)text_clean(parameters->owned[i]);
    parameters->values[i] = parameters->owned[i];
    parameters->lengths[i] = (int)strlen(parameters->owned[i]);
    return true;
}

static bool parameters_read(struct parameters *parameters, const char *format, va_list args)
{
    bool good = true;
    for (; good && format[parameters->n] != '\0'; parameters->n++) {
        const int i = parameters->n;
        double number = 0;
        uint64_t bits = 0;
        parameters->formats[i] = 1;
        switch (format[i]) {
        case 'i':
            number_put(parameters, (uint64_t)va_arg(args, int64_t), OID_INT8);
            break;
        case 'd':
            number = va_arg(args, double);
            memcpy(&bits, &number, sizeof bits);
            number_put(parameters, bits, OID_FLOAT8);
            parameters->values[i] = isnan(number) ? NULL : parameters->values[i];
            break;
        case 's':
            good = text_put(parameters, va_arg(args, const char *));
            break;
        case 'b':
            parameters->types[i] = OID_BYTEA;
            parameters->values[i] = va_arg(args, const char *);
            parameters->lengths[i] = (int)va_arg(args, size_t);
            break;
        default: /* 'n' */
            number_put(parameters, 0, OID_INT8);
            parameters->values[i] = NULL;
            break;
        }
    }
    return good;
}

static void parameters_fini(struct parameters *parameters)
{
    for (int i = 0; i < parameters->n; i++) {
        free(parameters->owned[i]);
    }
}

static gaia_status command_queue(struct postgres_store *store, enum pg_sql sql,
                                 const struct parameters *parameters, gaia_error *err)
{
    const char *name = pg_sql_name(sql);
    bool is_asked = store->is_prepared[sql];
    for (size_t i = 0; !is_asked && i < store->n_sent; i++) {
        is_asked = store->sent[i].is_prepare && store->sent[i].sql == sql;
    }
    if (!is_asked) {
        if (PQsendPrepare(store->conn, name, pg_sql_text(sql), parameters->n, parameters->types) ==
            0) {
            return pg_lost(store, PQerrorMessage(store->conn), err);
        }
        store->sent[store->n_sent++] = (struct pg_sent){sql, true};
    }
    if (PQsendQueryPrepared(store->conn, name, parameters->n, parameters->values,
                            parameters->lengths, parameters->formats, 1) == 0) {
        return pg_lost(store, PQerrorMessage(store->conn), err);
    }
    store->sent[store->n_sent++] = (struct pg_sent){sql, false};
    return GAIA_OK; /* libpq sends when much has gathered, and pg_settle the rest */
}

static gaia_status send_list(struct postgres_store *store, enum pg_sql sql, gaia_error *err,
                             const char *format, va_list args)
{
    struct parameters parameters = {0};
    gaia_status status = GAIA_OK;
    if (store->failure.status != GAIA_OK) {
        return error_set(err, store->failure.status, "%s", store->failure.detail);
    }
    if (store->n_sent >= PG_FLIGHT) {
        status = pg_settle(store, NULL, err);
    }
    if (status == GAIA_OK && store->conn == NULL) {
        status = error_set(err, GAIA_STORE, "PostgreSQL: the connection was lost");
    }
    if (status == GAIA_OK) {
        status = parameters_read(&parameters, format, args)
                     ? command_queue(store, sql, &parameters, err)
                     : error_memory(err, 1);
    }
    parameters_fini(&parameters);
    return status;
}

gaia_status pg_send(struct postgres_store *store, enum pg_sql sql, gaia_error *err,
                    const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const gaia_status status = send_list(store, sql, err, format, args);
    va_end(args);
    return status;
}

gaia_status pg_write(struct postgres_store *store, enum pg_sql sql, gaia_error *err,
                     const char *format, ...)
{
    va_list args;
    bool alone = false;
    gaia_status status = pg_enter(store, &alone, err);
    va_start(args, format);
    if (status == GAIA_OK) {
        status = send_list(store, sql, err, format, args);
    }
    va_end(args);
    return pg_leave(store, alone, status, err);
}

gaia_status pg_ask(struct postgres_store *store, enum pg_sql sql, PGresult **answer,
                   gaia_error *err, const char *format, ...)
{
    va_list args;
    bool alone = false;
    PGresult *found = NULL;
    gaia_status status = pg_enter(store, &alone, err);
    va_start(args, format);
    if (status == GAIA_OK) {
        status = send_list(store, sql, err, format, args);
    }
    va_end(args);
    if (status == GAIA_OK) {
        status = pg_settle(store, &found, err);
    }
    status = pg_leave(store, alone, status, err);
    if (status == GAIA_OK) {
        *answer = found;
        return GAIA_OK;
    }
    PQclear(found);
    return status;
}

gaia_status pg_read(struct postgres_store *store, enum pg_sql sql, PGresult **answer,
                    gaia_error *err, const char *format, ...)
{
    va_list args;
    PGresult *found = NULL;
    gaia_status status = store->conn != NULL || store->is_begun ? GAIA_OK : pg_connect(store, err);
    va_start(args, format);
    if (status == GAIA_OK) {
        status = send_list(store, sql, err, format, args);
    }
    va_end(args);
    if (status == GAIA_OK) {
        status = pg_settle(store, &found, err);
    }
    if (status == GAIA_OK) {
        *answer = found;
    } else if (!store->in_turn) { /* nobody will roll back */
        store->failure = (gaia_error){0};
    }
    return status;
}

int64_t pg_int(const PGresult *result, int row, int column)
{
    const unsigned char *bytes = (const unsigned char *)PQgetvalue(result, row, column);
    uint64_t bits = 0;
    if (PQgetlength(result, row, column) != 8) {
        return 0; /* NULL, or not a bigint */
    }
    for (int k = 0; k < 8; k++) {
        bits = bits << 8 | bytes[k];
    }
    return (int64_t)bits;
}
