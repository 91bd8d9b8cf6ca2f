/* SPDX-License-Identifier: MIT
 *
 * How a source is walked (field_walk.h): memory, threads, and who watches.
 *
 * Invariant: no option changes what is found.
 */
#ifndef HOST_WALK_OPTIONS_H
#define HOST_WALK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct http_limits;
struct read_counts;

enum { WALK_THREADS_MAX = 64 };

/* Whoever waits for a walk. go_on is called on the reading thread after each field, and ends the
 * walk by returning false. NULL: nobody watches. */
struct walk_watch {
    void *context;
    bool (*go_on)(void *context, uint64_t fields_done, uint64_t fields_total);
};

struct walk_options {
    uint64_t memory_bytes; /* upper bound of what is allocated for data; 0: 2 GiB */
    unsigned n_threads;    /* that look at fields, 1 .. WALK_THREADS_MAX; 0: one per core */
    struct walk_watch watch;
    struct read_counts *counts;       /* of what is read; NULL: nobody counts */
    const struct http_limits *remote; /* borrowed; NULL: http_limits_default */
};

#endif
