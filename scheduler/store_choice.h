/* SPDX-License-Identifier: MIT
 *
 * Which store a scheduler uses, and where it is: what its options and its state directory say. Used
 * by main_scheduler.c only.
 */
#ifndef STORE_CHOICE_H
#define STORE_CHOICE_H

#include "state_dir.h"
#include "store.h"

struct store_choice {
    const struct store_ops *ops;
    char path[STATE_PATH]; /* for ops->open: a file, or a connection string */
};

/* name (of a store) and file (one line, a connection string for PostgreSQL) are options, NULL if
 * they were not given. Without either it is PostgreSQL where the state directory has a file
 * `postgres`, else SQLite. Where PostgreSQL is asked for by name the file may be absent: the PG*
 * variables say all then. GAIA_USAGE (no such store), file_read's. */
GAIA_MUST_USE gaia_status store_choose(const struct state_dir *dir, const char *name,
                                       const char *file, struct store_choice *choice,
                                       gaia_error *err);

#endif
