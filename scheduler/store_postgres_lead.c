/* SPDX-License-Identifier: MIT
 *
 * The lead: one row that says who leads, in which epoch and until when, by the database's clock.
 * Beside store_postgres.c; the fence of every turn is store_postgres_turn.c's.
 *
 *     standing by ──(expired: taken, epoch + 1)──▶ leading ──(another took it)──▶ standing by
 *
 * A leader that stopped in the middle of a turn still holds the row's lock, and those of the
 * batches it wrote: who finds the lease expired ends the connection named in the row before it
 * takes the lead, and skips a row that is still locked rather than wait for it.
 *
 * Invariant: epoch is not 0 only between taking the lead and learning that another has it.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "store_postgres.h"

/* Outside of turns a failure concerns the call alone. */
static gaia_status lead_ask(struct postgres_store *store, enum pg_sql sql, PGresult **answer,
                            gaia_error *err)
{
    gaia_status status = GAIA_OK;
    if (sql == PG_LEAD_READ) {
        status = pg_send(store, sql, err, "");
    } else if (sql == PG_LEAD_TERMINATE) {
        status = pg_send(store, sql, err, "s", store->owner);
    } else if (sql == PG_LEAD_TAKE) {
        status = pg_send(store, sql, err, "ssi", store->owner, store->name, store->ttl_ms);
    } else {
        status = pg_send(store, sql, err, "siis", store->owner, store->epoch, store->ttl_ms,
                         store->name);
    }
    if (status == GAIA_OK) {
        status = pg_settle(store, answer, err);
    }
    store->failure = (gaia_error){0};
    return status;
}

/* Prolongs the lease, or learns that it is lost. */
static gaia_status lead_renew(struct postgres_store *store, gaia_error *err)
{
    const int64_t now_ms = clock_monotonic_ms();
    PGresult *row = NULL;
    const gaia_status status = lead_ask(store, PG_LEAD_RENEW, &row, err);
    if (status == GAIA_OK && PQntuples(row) == 0) {
        store->epoch = 0;
        pg_leases_forget(store, 0);
    } else if (status == GAIA_OK) {
        store->renewed_ms = now_ms;
    }
    PQclear(row);
    return status;
}

/* Takes a lease that has run out. */
static gaia_status lead_take(struct postgres_store *store, gaia_error *err)
{
    PGresult *row = NULL;
    gaia_status status = lead_ask(store, PG_LEAD_TERMINATE, &row, err);
    PQclear(row);
    row = NULL;
    store->renewed_ms = clock_monotonic_ms();
    if (status == GAIA_OK) {
        status = lead_ask(store, PG_LEAD_TAKE, &row, err);
    }
    if (status == GAIA_OK && PQntuples(row) == 1) {
        store->epoch = pg_int(row, 0, 0);
        pg_leases_forget(store, 0);
        memset(store->days, 0, sizeof store->days);
        status = pg_schema_update(store, err);
        if (status != GAIA_OK) { /* a schema that this program cannot serve: another one may */
            pg_lead_release(store);
        }
    }
    PQclear(row);
    return status;
}

/* One try over the connection there is. */
static gaia_status lead_try(struct postgres_store *store, struct store_lead *lead, gaia_error *err)
{
    PGresult *row = NULL;
    gaia_status status = GAIA_OK;
    if (store->epoch != 0) {
        status = lead_renew(store, err);
    }
    if (status == GAIA_OK && store->epoch == 0) {
        status = lead_ask(store, PG_LEAD_READ, &row, err);
    }
    if (status == GAIA_OK && store->epoch == 0) {
        (void)snprintf(lead->leader, sizeof lead->leader, "%s",
                       PQntuples(row) == 1 ? PQgetvalue(row, 0, 0) : "");
        if (PQntuples(row) == 1 && pg_int(row, 0, 1) != 0) {
            status = lead_take(store, err);
        }
    }
    PQclear(row);
    lead->is_leader = status == GAIA_OK && store->epoch != 0;
    return status;
}

/* A new connection; the old one, which may still hold locks, is ended. */
static gaia_status lead_connect(struct postgres_store *store, gaia_error *err)
{
    PGresult *row = NULL;
    gaia_status status = pg_connect(store, err);
    if (status == GAIA_OK && store->epoch != 0) {
        status = lead_ask(store, PG_LEAD_TERMINATE, &row, err);
        PQclear(row);
    }
    return status;
}

gaia_status pg_lead(struct store *base, const char *name, int64_t ttl_ms, struct store_lead *lead,
                    gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    gaia_status status = GAIA_OK;
    const bool was_connected = store->conn != NULL;
    *lead = (struct store_lead){0};
    (void)snprintf(store->name, sizeof store->name, "%s", name);
    store->ttl_ms = ttl_ms;
    store->failure = (gaia_error){0};
    if (!was_connected) {
        status = lead_connect(store, err);
    }
    if (status == GAIA_OK) {
        status = lead_try(store, lead, err);
    }
    if (status != GAIA_OK && was_connected && store->conn == NULL) {
        /* It was lost since it was last used, which nothing had told. */
        status = lead_connect(store, err);
        if (status == GAIA_OK) {
            status = lead_try(store, lead, err);
        }
    }
    return status;
}

gaia_status pg_lead_keep(struct postgres_store *store, gaia_error *err)
{
    const bool is_due =
        store->epoch != 0 && clock_monotonic_ms() - store->renewed_ms > store->ttl_ms / 4;
    if (!is_due || store->is_begun) {
        return GAIA_OK;
    }
    const gaia_status status = lead_renew(store, err);
    return status == GAIA_OK && store->epoch == 0
               ? error_set(err, GAIA_STORE, "another scheduler took the lead")
               : status;
}

void pg_lead_release(struct postgres_store *store)
{
    if (store->epoch != 0 && store->conn != NULL &&
        pg_send(store, PG_LEAD_RELEASE, NULL, "si", store->owner, store->epoch) == GAIA_OK) {
        (void)pg_settle(store, NULL, NULL);
    }
    store->epoch = 0;
    store->failure = (gaia_error){0};
}
