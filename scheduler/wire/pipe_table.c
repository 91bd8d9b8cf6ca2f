/* SPDX-License-Identifier: MIT
 *
 * A hash table of connections, by linear probing. For transport_nng.c, which looks one up at each
 * message.
 *
 * Invariant: no free slot lies between an entry's first choice and its place, so a search may end
 * at the first free slot.
 */
#include "pipe_table.h"

#include <stdlib.h>

enum { SLOTS_MIN = 64 };

static size_t slot_first(const struct pipe_table *table, uint32_t id)
{
    /* Ids count up; the multiplication spreads them. */
    return (size_t)(((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & (table->n_slots - 1);
}

static size_t slot_find(const struct pipe_table *table, uint32_t id)
{
    size_t i = slot_first(table, id);
    while (table->slots[i].id != 0 && table->slots[i].id != id) {
        i = (i + 1) & (table->n_slots - 1);
    }
    return i;
}

static bool table_grow(struct pipe_table *table)
{
    struct pipe_table grown = *table;
    grown.n_slots = table->n_slots > 0 ? 2 * table->n_slots : SLOTS_MIN;
    grown.slots = calloc(grown.n_slots, sizeof *grown.slots);
    if (grown.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < table->n_slots; i++) {
        if (table->slots[i].id != 0) {
            grown.slots[slot_find(&grown, table->slots[i].id)] = table->slots[i];
        }
    }
    free(table->slots);
    *table = grown;
    return true;
}

void pipe_table_fini(struct pipe_table *table)
{
    free(table->slots);
    *table = (struct pipe_table){0};
}

bool pipe_table_add(struct pipe_table *table, uint32_t id, const struct peer_key *peer)
{
    if (2 * (table->n + 1) > table->n_slots && !table_grow(table)) {
        return false;
    }
    table->slots[slot_find(table, id)] =
        (struct pipe_entry){.id = id, .order = table->n_ever++, .peer = *peer};
    table->n++;
    return true;
}

struct pipe_entry *pipe_table_find(const struct pipe_table *table, uint32_t id)
{
    if (table->n == 0) {
        return NULL;
    }
    struct pipe_entry *entry = &table->slots[slot_find(table, id)];
    return entry->id != 0 ? entry : NULL;
}

bool pipe_table_remove(struct pipe_table *table, uint32_t id, struct pipe_entry *was)
{
    const struct pipe_entry *entry = pipe_table_find(table, id);
    if (entry == NULL) {
        return false;
    }
    *was = *entry;
    size_t hole = (size_t)(entry - table->slots);
    const size_t mask = table->n_slots - 1;
    for (size_t i = (hole + 1) & mask; table->slots[i].id != 0; i = (i + 1) & mask) {
        /* It may move into the hole if its first choice is not behind it. */
        if (((i - slot_first(table, table->slots[i].id)) & mask) >= ((i - hole) & mask)) {
            table->slots[hole] = table->slots[i];
            hole = i;
        }
    }
    table->slots[hole] = (struct pipe_entry){0};
    table->n--;
    return true;
}

struct pipe_entry *pipe_table_stranger(const struct pipe_table *table)
{
    struct pipe_entry *first = NULL;
    for (size_t i = 0; i < table->n_slots; i++) {
        struct pipe_entry *entry = &table->slots[i];
        if (entry->id != 0 && !entry->trusted && (first == NULL || entry->order < first->order)) {
            first = entry;
        }
    }
    return first;
}
