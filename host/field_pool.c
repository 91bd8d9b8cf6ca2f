/* SPDX-License-Identifier: MIT
 *
 * Slots found by key, replaced least recently used first.
 */
#include "field_pool.h"

#include <stdlib.h>

#include "error.h"

gaia_status field_pool_init(struct field_pool *pool, const struct backend_ops *ops,
                            struct backend *backend, size_t n_slots, size_t n_least,
                            size_t slot_bytes, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    *pool = (struct field_pool){
        .ops = ops, .backend = backend, .slot_bytes = slot_bytes, .n_slots = n_slots};
    pool->slots = calloc(n_slots, sizeof *pool->slots);
    if (pool->slots == NULL) {
        return error_memory(err, n_slots * sizeof *pool->slots);
    }
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->returned, NULL);
    for (size_t i = 0; status == GAIA_OK && i < n_least; i++) {
        status = ops->alloc(backend, slot_bytes, &pool->slots[i].buffer, err);
    }
    if (status != GAIA_OK) {
        field_pool_fini(pool);
    }
    return status;
}

void field_pool_fini(struct field_pool *pool)
{
    if (pool->slots == NULL) {
        return;
    }
    for (size_t i = 0; i < pool->n_slots; i++) {
        if (pool->slots[i].buffer.bytes > 0) {
            pool->ops->free(pool->backend, &pool->slots[i].buffer);
        }
    }
    free(pool->slots);
    pool->slots = NULL;
    (void)pthread_mutex_destroy(&pool->lock);
    (void)pthread_cond_destroy(&pool->returned);
}

static bool key_same(const struct field_key *a, const struct field_key *b)
{
    return a->first == b->first && a->second == b->second && a->weight == b->weight;
}

/* The slot that holds key; else the free one that was used longest ago; NULL if all are held. */
static struct field_slot *slot_choose(struct field_pool *pool, const struct field_key *key)
{
    struct field_slot *oldest = NULL;
    for (size_t i = 0; i < pool->n_slots; i++) {
        struct field_slot *slot = &pool->slots[i];
        if (key_same(&slot->key, key)) {
            return slot;
        }
        if (slot->n_holders == 0 && (oldest == NULL || slot->last_use < oldest->last_use)) {
            oldest = slot;
        }
    }
    return oldest;
}

/* Gives a slot its memory. Slots are first used in their order, so where there is none left this
 * one is the first without, and those before it are the pool from now on. */
static gaia_status slot_alloc(struct field_pool *pool, struct field_slot *slot, gaia_error *err)
{
    const gaia_status status =
        pool->ops->alloc(pool->backend, pool->slot_bytes, &slot->buffer, err);
    if (status == GAIA_OUT_OF_MEMORY && slot != pool->slots) {
        pool->n_slots = (size_t)(slot - pool->slots);
    }
    return status;
}

gaia_status field_pool_take(struct field_pool *pool, struct field_key key, struct field_slot **slot,
                            bool *fresh, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    struct field_slot *chosen = NULL;
    (void)pthread_mutex_lock(&pool->lock);
    while ((chosen = slot_choose(pool, &key)) == NULL) {
        (void)pthread_cond_wait(&pool->returned, &pool->lock);
    }
    if (chosen->buffer.bytes == 0) {
        status = slot_alloc(pool, chosen, err);
    }
    if (status == GAIA_OK) {
        *fresh = !key_same(&chosen->key, &key);
        chosen->key = key;
        chosen->n_holders++;
        chosen->last_use = ++pool->clock;
        *slot = chosen;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return status;
}

void field_pool_return(struct field_pool *pool, struct field_slot *slot, enum slot_state state)
{
    (void)pthread_mutex_lock(&pool->lock);
    slot->n_holders--;
    if (state == SLOT_SPOILED) {
        slot->key = (struct field_key){.first = NULL};
    }
    if (state != SLOT_KEPT && slot->n_holders == 0) {
        slot->last_use = 0;
    }
    (void)pthread_cond_signal(&pool->returned);
    (void)pthread_mutex_unlock(&pool->lock);
}

uint64_t field_pool_kept_bytes(struct field_pool *pool)
{
    uint64_t bytes = 0;
    if (pool->slots == NULL) {
        return 0;
    }
    (void)pthread_mutex_lock(&pool->lock);
    for (size_t i = 0; i < pool->n_slots; i++) {
        const struct field_slot *slot = &pool->slots[i];
        bytes += slot->key.first != NULL && slot->last_use > 0 ? slot->buffer.bytes : 0;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return bytes;
}
