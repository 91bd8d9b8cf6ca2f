/* SPDX-License-Identifier: MIT
 *
 * Where a Zarr store's bytes are: a store gives the bytes of a key ("z/.zarray", "z/c/0/1"), and
 * that is all the rest of the reader knows of it. zarr_store_folder.c has the one for folders.
 *
 * Invariant: a key is names between slashes, none of them empty, "." or "..", so no store needs to
 * look outside of itself; zarr_store_get refuses every other.
 */
#ifndef HOST_ZARR_STORE_H
#define HOST_ZARR_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "arena.h"

/* Bytes that are used again and again: capacity only grows. */
struct zarr_buffer {
    unsigned char *bytes;
    size_t length;
    size_t capacity;
};

/* Makes room for length bytes and sets the length; what was there is lost. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status zarr_buffer_resize(struct zarr_buffer *buffer, size_t length,
                                             gaia_error *err);
void zarr_buffer_fini(struct zarr_buffer *buffer);

/* A part of what a key holds: length bytes from offset on, or its last length bytes. */
struct zarr_range {
    bool from_end;
    uint64_t offset;
    size_t length;
};

struct zarr_store; /* one open store */

/* The implementer's table. */
struct zarr_store_ops {
    void (*close)(struct zarr_store *store);
    /* As zarr_store_get, of a key that was checked. */
    gaia_status (*get)(struct zarr_store *store, const char *key, const struct zarr_range *range,
                       size_t bytes_max, struct zarr_buffer *out, bool *found, gaia_error *err);
    /* As zarr_store_list; NULL where the store cannot be listed. */
    gaia_status (*list)(struct zarr_store *store, struct arena *arena, const char ***names,
                        size_t *n_names, gaia_error *err);
};

struct zarr_store {
    const struct zarr_store_ops *ops;
    char *name; /* for messages: the path as it was given */
};

/* Opens the folder at path. GAIA_FILE_MISSING, GAIA_FILE_UNREADABLE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status zarr_store_open_folder(const char *path, struct zarr_store **store,
                                                 gaia_error *err);

void zarr_store_close(struct zarr_store *store);

/* Reads what key holds, or the range of it (NULL: all; fewer bytes where there are no more).
 * *found is false, and that is no error, where there is no such key. GAIA_LIMIT: more than
 * bytes_max. GAIA_FILE_UNREADABLE: no permission, no regular file, a symbolic link, or a key that
 * is none. */
GAIA_MUST_USE gaia_status zarr_store_get(struct zarr_store *store, const char *key,
                                         const struct zarr_range *range, size_t bytes_max,
                                         struct zarr_buffer *out, bool *found, gaia_error *err);

/* The names directly below the root, sorted, in the arena; *names is NULL where the store cannot be
 * listed. */
GAIA_MUST_USE gaia_status zarr_store_list(struct zarr_store *store, struct arena *arena,
                                          const char ***names, size_t *n_names, gaia_error *err);

#endif
