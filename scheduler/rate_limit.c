/* SPDX-License-Identifier: MIT
 *
 * The table of rate_limit.h: rows of eight places, a place a key. For the HTTP API.
 *
 * Invariant: nothing is allocated after rate_limit_open.
 */
#include "rate_limit.h"

#include <pthread.h>
#include <stdlib.h>

#include <xxhash.h>

#include "error.h"

enum { PLACES = 8, NS_PER_MS = 1000000 };

/* due_ns is the time described in rate_limit.h; in the past it says nothing any more. */
struct place {
    uint64_t key[2]; /* hash of the key */
    int64_t due_ns;
};

struct rate_limit {
    pthread_mutex_t lock;
    int64_t interval_ns; /* between two requests that come evenly; 0: without limit */
    int64_t ahead_ns;    /* how far due_ns may be ahead */
    uint64_t seed;
    size_t n_rows; /* a power of two */
    struct place places[];
};

gaia_status rate_limit_open(const struct rate_limit_config *config, struct rate_limit **opened,
                            gaia_error *err)
{
    size_t n_rows = 1;
    while (config->number > 0 && n_rows * PLACES < config->n_keys) {
        n_rows *= 2;
    }
    const size_t bytes = sizeof(struct rate_limit) + n_rows * PLACES * sizeof(struct place);
    struct rate_limit *limit = calloc(1, bytes);
    if (limit == NULL) {
        return error_memory(err, bytes);
    }
    (void)pthread_mutex_init(&limit->lock, NULL);
    limit->n_rows = n_rows;
    limit->seed = config->seed;
    if (config->number > 0) {
        const int64_t interval_ns = config->period_ms * NS_PER_MS / (int64_t)config->number;
        limit->interval_ns = interval_ns > 0 ? interval_ns : 1;
        limit->ahead_ns = limit->interval_ns * ((int64_t)config->burst - 1);
    }
    *opened = limit;
    return GAIA_OK;
}

void rate_limit_free(struct rate_limit *limit)
{
    if (limit != NULL) {
        (void)pthread_mutex_destroy(&limit->lock);
        free(limit);
    }
}

/* The key's place in its row; if it has none, the place that was idle longest, made its own. */
static struct place *place_find(struct rate_limit *limit, XXH128_hash_t hash)
{
    struct place *row = limit->places + (hash.low64 & (limit->n_rows - 1)) * PLACES;
    struct place *oldest = row;
    for (size_t i = 0; i < PLACES; i++) {
        if (row[i].key[0] == hash.low64 && row[i].key[1] == hash.high64) {
            return &row[i];
        }
        oldest = row[i].due_ns < oldest->due_ns ? &row[i] : oldest;
    }
    *oldest = (struct place){.key = {hash.low64, hash.high64}};
    return oldest;
}

int64_t rate_limit_take(struct rate_limit *limit, const void *key, size_t key_bytes, int64_t now_ms)
{
    const int64_t now_ns = now_ms * NS_PER_MS;
    int64_t wait_ns = 0;
    if (limit->interval_ns == 0) {
        return 0;
    }
    const XXH128_hash_t hash = XXH3_128bits_withSeed(key, key_bytes, limit->seed);
    (void)pthread_mutex_lock(&limit->lock);
    struct place *place = place_find(limit, hash);
    const int64_t due_ns = place->due_ns > now_ns ? place->due_ns : now_ns;
    if (due_ns - now_ns > limit->ahead_ns) {
        wait_ns = due_ns - now_ns - limit->ahead_ns;
    } else {
        place->due_ns = due_ns + limit->interval_ns;
    }
    (void)pthread_mutex_unlock(&limit->lock);
    return (wait_ns + NS_PER_MS - 1) / NS_PER_MS;
}

size_t rate_limit_bytes(const struct rate_limit *limit)
{
    return sizeof *limit + limit->n_rows * PLACES * sizeof(struct place);
}
