/* SPDX-License-Identifier: MIT
 *
 * The connections of one listener: who has shown who it is, who only keeps a place. Not
 * thread-safe.
 */
#ifndef WIRE_PIPE_TABLE_H
#define WIRE_PIPE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "half_open.h"

struct pipe_entry {
    uint32_t id;        /* 0: a free slot */
    unsigned n_in_hand; /* of its requests: not answered yet, or the answer not taken yet */
    bool heard;         /* a request came on it */
    bool trusted;
    bool ending;    /* it is sent away: no more of its requests are taken */
    uint64_t order; /* of arrival */
    struct peer_key peer;
};

/* Empty by {0}. */
struct pipe_table {
    struct pipe_entry *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n;
    uint64_t n_ever;
};

void pipe_table_fini(struct pipe_table *table);

/* Adds a connection that is not there, whose id is not 0; false when out of memory. */
bool pipe_table_add(struct pipe_table *table, uint32_t id, const struct peer_key *peer);

/* NULL if it is not there. The entry is borrowed until the next call that changes the table. */
struct pipe_entry *pipe_table_find(const struct pipe_table *table, uint32_t id);

/* False if it was not there; else *was is what was known of it. */
bool pipe_table_remove(struct pipe_table *table, uint32_t id, struct pipe_entry *was);

/* The connection that came first of those not trusted, NULL if all are. */
struct pipe_entry *pipe_table_stranger(const struct pipe_table *table);

#endif
