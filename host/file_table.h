/* SPDX-License-Identifier: MIT
 *
 * The files of a job, of which a bounded number is open at a time.
 *
 * Invariant: a file that is closed and opened again lists the same variables under the same
 * indices.
 */
#ifndef HOST_FILE_TABLE_H
#define HOST_FILE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "reader.h"
#include "source_access.h"

/* One file: how it is opened, and which variables were asked of it (n_names 0: all). Borrowed
 * strings. */
struct file_entry {
    const struct reader_ops *ops;
    const char *path;
    const struct source_access *access; /* NULL: a file, and no manifest */
    size_t n_names;
    const char *const *names;
    struct reader *reader; /* NULL: closed */
    uint64_t last_use;
};

struct file_table {
    size_t n_files;
    size_t capacity;
    struct file_entry *files;
    uint64_t clock;
    size_t n_open;
    size_t open_max; /* set by the owner before the first file */
    struct source_accesses accesses;
};

void file_table_fini(struct file_table *table);

/* Adds a file and opens it; found gets its fields. Names that the file lacks are skipped, but one
 * must be there: else the error of the first. *index is the file's number. */
GAIA_MUST_USE gaia_status file_table_add(struct file_table *table, const struct reader_ops *ops,
                                         const char *path, const struct source_access *access,
                                         const char *const *names, size_t n_names,
                                         reader_found *found, void *context, size_t *index,
                                         gaia_error *err);

/* The reader of file `index`, opened again if it was closed; another may be closed for it. */
GAIA_MUST_USE gaia_status file_table_get(struct file_table *table, size_t index,
                                         struct reader **reader, gaia_error *err);

#endif
