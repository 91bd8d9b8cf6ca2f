/* SPDX-License-Identifier: MIT
 *
 * Fields in memory: a fixed number of slots, each one placed field, kept until the slot is needed
 * for another. Truth and climatology stay here from one tile to the next, which is how they are
 * read once.
 *
 * Threads: one reader takes slots (field_pool_take); any thread returns them. Invariant: a slot
 * that is held by anyone is never given to another key.
 */
#ifndef HOST_FIELD_POOL_H
#define HOST_FIELD_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "backend.h"

struct field_slot {
    const void *key; /* what it holds: the field's catalog entry; NULL: nothing */
    unsigned n_holders;
    uint64_t last_use;
    struct backend_buffer buffer;
    struct gaia_field field; /* how the buffer is to be read; set by whoever fills it */
};

struct field_pool {
    const struct backend_ops *ops;
    struct backend *backend;
    size_t slot_bytes;
    size_t n_slots;
    struct field_slot *slots;
    uint64_t clock;
    pthread_mutex_t lock;
    pthread_cond_t returned;
};

/* n_slots slots of slot_bytes; memory is taken when a slot is first used. */
GAIA_MUST_USE gaia_status field_pool_init(struct field_pool *pool, const struct backend_ops *ops,
                                          struct backend *backend, size_t n_slots,
                                          size_t slot_bytes, gaia_error *err);

/* Nobody may hold a slot any more. */
void field_pool_fini(struct field_pool *pool);

/* Holds the slot of key; *fresh tells that it must be filled first. Waits while every slot is held,
 * so the caller must not hold so many that none can come back. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status field_pool_take(struct field_pool *pool, const void *key,
                                          struct field_slot **slot, bool *fresh, gaia_error *err);

/* Lets go of a slot. spoiled: it was not filled, and must not be found again. */
void field_pool_return(struct field_pool *pool, struct field_slot *slot, bool spoiled);

#endif
