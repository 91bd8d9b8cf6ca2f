/* SPDX-License-Identifier: MIT
 *
 * The executors in the node's charge: each held to its limits, one after the other, and none for
 * what another does.
 */
#ifndef NODE_CHARGE_H
#define NODE_CHARGE_H

#include <stddef.h>
#include <stdint.h>

#include "child.h"
#include "gpu_memory.h"
#include "recycle.h"
#include "log.h"

enum { CHARGE_NUMBER = 24 };

/* What the node knows of one executor beside its process. */
struct charge {
    struct recycle recycle;
    char batches[CHARGE_NUMBER];  /* this process's --batches ... */
    char replaces[CHARGE_NUMBER]; /* ... and --replaces: why the process before it went */
};

struct charges {
    const struct log *log;
    const struct limits *limits;
    size_t n;
    struct child *children; /* [n], the node's */
    struct charge *each;    /* [n] */
    struct gpu_memory *gpu; /* NULL: not known, or nobody asks */
    int64_t look_at_ms;
    int64_t gpu_at_ms;
    struct recycle_counts counts;
};

/* Allocates `each` and, where device memory is limited, asks for the driver, whose absence is a
 * line in the log. The other members are set by the caller. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status charges_open(struct charges *charges, gaia_error *err);
void charges_close(struct charges *charges);

/* Executor i is about to be started: draws what is its by chance. */
void charges_start(struct charges *charges, size_t i, uint64_t random);

/* Measures the executors if that is due, and signals whoever has passed a limit. Returns when the
 * next look is due. */
int64_t charges_look(struct charges *charges, int64_t now_ms);

/* Executor i has ended: counts why, and returns it. */
enum recycle_reason charges_ended(struct charges *charges, size_t i, const struct child_end *end);

/* Whether executor i was told to leave already: a second signal would make it drop its batch. */
bool charges_told(const struct charges *charges, size_t i);

#endif
