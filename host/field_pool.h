/* SPDX-License-Identifier: MIT
 *
 * Fields in the device's memory: a bounded number of slots, each one placed field, kept until the
 * slot is needed for another. Truth and climatology stay here from one tile to the next, which is
 * how they are read once.
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

/* What a slot holds: the field of one catalog entry (second NULL, weight 0), or one that is made of
 * two; first NULL: nothing. */
struct field_key {
    const void *first;
    const void *second;
    double weight;
};

struct field_slot {
    struct field_key key;
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

/* How a holder leaves a slot. */
enum slot_state {
    SLOT_KEPT,    /* its field may be asked for again */
    SLOT_SPENT,   /* it will hardly be: the slot is the first to be used anew */
    SLOT_SPOILED, /* it was not filled, and must not be found again */
};

/* n_slots slots of slot_bytes, of which n_least are taken of the device's memory at once and the
 * others when they are first used. GAIA_OUT_OF_MEMORY, GAIA_DEVICE. */
GAIA_MUST_USE gaia_status field_pool_init(struct field_pool *pool, const struct backend_ops *ops,
                                          struct backend *backend, size_t n_slots, size_t n_least,
                                          size_t slot_bytes, gaia_error *err);

/* Nobody may hold a slot any more. Of a pool that is all zeros: nothing. */
void field_pool_fini(struct field_pool *pool);

/* Holds the slot of key; *fresh tells that it must be filled first. Waits while every slot is held,
 * so the caller must not hold so many that none can come back. GAIA_OUT_OF_MEMORY where another
 * slot was wanted and cannot be had: n_slots is then what there are, and the caller had better let
 * go of some. GAIA_DEVICE. */
GAIA_MUST_USE gaia_status field_pool_take(struct field_pool *pool, struct field_key key,
                                          struct field_slot **slot, bool *fresh, gaia_error *err);

/* Of the slots whose fields are kept, what they take. Of a pool that is all zeros: 0. */
uint64_t field_pool_kept_bytes(struct field_pool *pool);

void field_pool_return(struct field_pool *pool, struct field_slot *slot, enum slot_state state);

#endif
