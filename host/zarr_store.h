/* SPDX-License-Identifier: MIT
 *
 * Where a Zarr store's bytes are: a store gives the bytes of a key ("z/.zarray", "z/c/0/1"), and
 * that is all the rest of the reader knows of it. zarr_store_folder.c has the one for folders,
 * zarr_store_http.c the one behind an address; zarr_store_checked.c holds another's bytes against a
 * manifest.
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
    /* As zarr_store_want; NULL where nothing is gained by asking ahead. */
    bool (*want)(struct zarr_store *store, const char *key, size_t bytes_max, size_t budget_bytes);
    /* As zarr_store_settle; NULL where nothing is kept. */
    void (*settle)(struct zarr_store *store, size_t bytes_max);
};

struct zarr_store {
    const struct zarr_store_ops *ops;
    char *name;             /* for messages: the path as it was given */
    size_t whole_bytes_max; /* of an object that is read whole though a part is asked for */
};

/* Opens the folder at path. GAIA_FILE_MISSING, GAIA_FILE_UNREADABLE, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status zarr_store_open_folder(const char *path, struct zarr_store **store,
                                                 gaia_error *err);

struct http_origin;
struct http_pool;
struct manifest;

/* A store whose keys lie below an address. Nothing is asked yet. origin and pool are borrowed until
 * close. GAIA_JOB_INVALID (http_url_check), GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status zarr_store_open_http(const char *url, const struct http_origin *origin,
                                               struct http_pool *pool, struct zarr_store **store,
                                               gaia_error *err);

/* A store that gives nothing but what the manifest says of `inner`, which it owns (also if it could
 * not be opened). Objects are checked whole, before a byte is given. The manifest's keys are those
 * of the store, if it has the store's root metadata, else they begin with the store's own name. */
GAIA_MUST_USE gaia_status zarr_store_open_checked(struct zarr_store *inner,
                                                  const struct manifest *manifest,
                                                  struct zarr_store **store, gaia_error *err);

void zarr_store_close(struct zarr_store *store);

/* Says that key will be asked for, whole and soon, with bytes_max, so that it may be fetched
 * meanwhile; what is fetched so takes at most budget_bytes, by what each may have. False: no more
 * can be fetched now. */
bool zarr_store_want(struct zarr_store *store, const char *key, size_t bytes_max,
                     size_t budget_bytes);

/* Forgets what was wanted and not asked for, and keeps at most bytes_max of buffers. */
void zarr_store_settle(struct zarr_store *store, size_t bytes_max);

/* Reads what key holds, or the range of it (NULL: all; fewer bytes where there are no more).
 * *found is false, and that is no error, where there is no such key. GAIA_LIMIT: more than
 * bytes_max. GAIA_FILE_UNREADABLE: no permission, no regular file, a symbolic link, or a key that
 * is none. Of a store behind an address also the errors of http_request_wait, of a checked one
 * GAIA_FILE_DAMAGED (manifest_check) and GAIA_OUT_OF_MEMORY (whole_bytes_max). */
GAIA_MUST_USE gaia_status zarr_store_get(struct zarr_store *store, const char *key,
                                         const struct zarr_range *range, size_t bytes_max,
                                         struct zarr_buffer *out, bool *found, gaia_error *err);

/* The names directly below the root, sorted, in the arena; *names is NULL where the store cannot be
 * listed. */
GAIA_MUST_USE gaia_status zarr_store_list(struct zarr_store *store, struct arena *arena,
                                          const char ***names, size_t *n_names, gaia_error *err);

#endif
