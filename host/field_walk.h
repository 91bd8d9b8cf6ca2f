/* SPDX-License-Identifier: MIT
 *
 * One pass over the fields of one source: a thread reads them, in the order in which they lie in
 * the files, and others look at them, each at one field at a time.
 *
 * Invariant: the memory for data is bounded by what the owner gives, whatever the source holds, and
 * what is found of a field depends on that field alone, not on threads or order.
 */
#ifndef HOST_FIELD_WALK_H
#define HOST_FIELD_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/job.h>
#include <gaia/status.h>

#include "catalog.h"
#include "file_table.h"
#include "walk_options.h"

/* An opened source. The catalog says what is in it. */
struct field_walk {
    struct walk_options options; /* with the defaults filled in */
    struct file_table files;
    struct catalog catalog;
};

/* What is done with the fields. `look` gets field i of those walked, on thread i_thread (0 ..
 * n_threads - 1); the field is its own until it returns. `failed` gets each that cannot be read, on
 * the reading thread, and returns GAIA_OK to go on or the status that ends the walk. */
struct walk_visitor {
    void *context;
    gaia_status (*look)(void *context, unsigned i_thread, size_t i, const struct gaia_field *field,
                        gaia_error *err);
    gaia_status (*failed)(void *context, size_t i, const gaia_error *why, gaia_error *err);
};

/* Opens the source, which is borrowed until field_walk_close, and lists its fields as catalog_open
 * does. Fails as catalog_open does. */
GAIA_MUST_USE gaia_status field_walk_open(const struct gaia_source *source, enum source_role role,
                                          const char *const *names, size_t n_names,
                                          const struct walk_options *options,
                                          struct field_walk *walk, gaia_error *err);
void field_walk_close(struct field_walk *walk);

/* Walks the catalog's entries [n]: entries[i] is field i. GAIA_LIMIT if the memory does not hold
 * one field, GAIA_CANCELLED, GAIA_OUT_OF_MEMORY, or what look or failed returned. */
GAIA_MUST_USE gaia_status field_walk_run(struct field_walk *walk, const size_t *entries, size_t n,
                                         const struct walk_visitor *visitor, gaia_error *err);

#endif
