/* SPDX-License-Identifier: MIT
 *
 * Turns of the PostgreSQL store: begin, commit, rollback, and the leases that let the outcome of a
 * result be told before the database has answered.
 *
 * Safety: the server hears of a turn with its first write, as BEGIN and the fence: a lock on the
 * row of the lead, taken only where the epoch is this store's. Who takes the lead over has to wait
 * for that lock or to end this connection, so a turn either commits before the next leader has read
 * anything or not at all. That holds wherever this process is stopped, also between COMMIT and its
 * answer.
 *
 * Invariant: `leases` is what the database holds, or less. It is emptied whenever a turn is rolled
 * back, and each result that was foretold from it is checked by the server before COMMIT.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "store_postgres.h"

gaia_status pg_begin(struct store *base, gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    const gaia_status status = store->conn != NULL ? GAIA_OK : pg_connect(store, err);
    if (status == GAIA_OK) {
        store->failure = (gaia_error){0};
        store->in_turn = true;
    }
    return status;
}

gaia_status pg_commit(struct store *base, gaia_error *err)
{
    struct postgres_store *store = postgres_of(base);
    gaia_status status = store->failure.status;
    if (status != GAIA_OK) {
        return error_set(err, status, "%s", store->failure.detail);
    }
    if (store->is_begun) {
        status = pg_bulk_flush(store, err);
        if (status == GAIA_OK) {
            status = pg_send(store, PG_COMMIT, err, "");
        }
        if (status == GAIA_OK) {
            status = pg_settle(store, NULL, err);
        }
    }
    if (status == GAIA_OK) {
        store->is_begun = false;
        store->in_turn = false;
    }
    return status;
}

void pg_rollback(struct store *base)
{
    struct postgres_store *store = postgres_of(base);
    store->in_turn = false;
    for (int i = 0; i < PG_BULK_COUNT; i++) {
        text_fini(&store->bulk[i]);
    }
    pg_leases_forget(store, 0);
    store->partition_day = -1;
    memset(store->days, 0, sizeof store->days);
    if (store->conn != NULL && store->n_sent > 0) {
        (void)pg_settle(store, NULL, NULL);
    }
    store->failure = (gaia_error){0};
    if (store->conn != NULL && store->is_begun &&
        (pg_send(store, PG_ROLLBACK, NULL, "") != GAIA_OK ||
         pg_settle(store, NULL, NULL) != GAIA_OK) &&
        store->conn != NULL) {
        pg_disconnect(store);
    }
    store->is_begun = false;
    store->failure = (gaia_error){0};
}

gaia_status pg_enter(struct postgres_store *store, bool *alone, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    *alone = false;
    if (!store->in_turn) {
        status = pg_begin(&store->base, err);
        *alone = status == GAIA_OK;
    }
    if (status != GAIA_OK || store->is_begun) {
        return status;
    }
    if (store->failure.status != GAIA_OK) {
        return error_set(err, store->failure.status, "%s", store->failure.detail);
    }
    if (store->epoch == 0) {
        return error_set(err, GAIA_STORE, "this scheduler does not lead, so it may not write");
    }
    store->is_begun = true;
    status = pg_send(store, PG_BEGIN, err, "");
    return status == GAIA_OK ? pg_send(store, PG_FENCE, err, "i", store->epoch) : status;
}

gaia_status pg_leave(struct postgres_store *store, bool alone, gaia_status status, gaia_error *err)
{
    if (!alone) {
        return status;
    }
    if (status == GAIA_OK) {
        status = pg_commit(&store->base, err);
    }
    if (status != GAIA_OK) {
        pg_rollback(&store->base);
    }
    return status;
}

static void lease_key(int64_t job, uint32_t batch, char *key, size_t key_bytes)
{
    (void)snprintf(key, key_bytes, "%" PRId64 "/%" PRIu32, job, batch);
}

void pg_lease_note(struct postgres_store *store, const struct batch_record *batch)
{
    char key[sizeof((struct pg_lease *)0)->key];
    lease_key(batch->job, batch->number, key, sizeof key);
    struct pg_lease *lease = map_get(&store->leases, key);
    if (batch->state != BATCH_LEASED) {
        if (lease != NULL) {
            map_remove(&store->leases, key, lease);
            free(lease);
        }
        return;
    }
    if (lease == NULL) {
        lease = calloc(1, sizeof *lease);
        if (lease == NULL) {
            return; /* the database will be asked */
        }
        memcpy(lease->key, key, sizeof key);
        lease->job = batch->job;
        if (!map_put(&store->leases, lease->key, lease)) {
            free(lease);
            return;
        }
    }
    record_id_copy(lease->attempt, batch->attempt);
    record_id_copy(lease->session, batch->session);
}

bool pg_lease_is(const struct postgres_store *store, int64_t job, uint32_t batch,
                 const char *attempt, const char *session)
{
    char key[sizeof((struct pg_lease *)0)->key];
    lease_key(job, batch, key, sizeof key);
    const struct pg_lease *lease = map_get(&store->leases, key);
    return lease != NULL && strcmp(lease->attempt, attempt) == 0 &&
           strcmp(lease->session, session) == 0;
}

void pg_leases_forget(struct postgres_store *store, int64_t job)
{
    size_t i = 0;
    while (i < store->leases.capacity) {
        struct pg_lease *lease = store->leases.entries[i].value;
        if (store->leases.entries[i].key == NULL || (job != 0 && lease->job != job)) {
            i++;
            continue;
        }
        map_remove(&store->leases, lease->key, lease); /* may move another one here */
        free(lease);
    }
}
