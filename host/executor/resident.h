/* SPDX-License-Identifier: MIT
 *
 * What an executor tells of itself when it asks for work: the truths that it worked with lately,
 * whose files are in its caches or the system's, and the memory that it has for data.
 */
#ifndef EXECUTOR_RESIDENT_H
#define EXECUTOR_RESIDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "truth_key.h"

enum { RESIDENT_MAX = 16 };

/* Made empty by {0}. */
struct resident {
    size_t n;
    char keys[RESIDENT_MAX][TRUTH_KEY]; /* the last one first */
    bool measured;
    int64_t measured_ms;
    uint64_t room_bytes; /* what this process could hold then, with what it holds */
};

/* The job was worked on: its truth is the latest. A job without one changes nothing. */
void resident_touch(struct resident *resident, const json_t *job);

/* The keys as a new array, NULL when out of memory. */
json_t *resident_json(const struct resident *resident);

/* Memory for the data of a next batch: memory_bytes, or less where the machine or container has
 * less. What this process holds beyond base_bytes (its own when it had opened the engine) is data
 * that the next batch reuses or drops, and so counts as free. Measured once a second at most. */
uint64_t resident_free_bytes(struct resident *resident, uint64_t memory_bytes, uint64_t base_bytes,
                             int64_t now_ms);

#endif
