/* SPDX-License-Identifier: MIT
 *
 * The group at the root of a store: which arrays there are, and the documents that describe them,
 * consolidated or one by one.
 */
#ifndef HOST_ZARR_GROUP_H
#define HOST_ZARR_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <gaia/status.h>

#include "arena.h"
#include "zarr_store.h"

struct zarr_group {
    struct zarr_store *store;   /* borrowed */
    int version;                /* 2 or 3 */
    json_t *root;               /* the document that holds `consolidated`; NULL: none */
    const json_t *consolidated; /* keys of v2 are "z/.zarray", of v3 "z"; NULL: one by one */
    json_t *documents;          /* keeps every document that was read */
    uint64_t document_bytes;    /* of their texts */
};

/* Finds out version and consolidated metadata. GAIA_FILE_DAMAGED: no Zarr store, or its metadata is
 * malformed; GAIA_FORMAT_UNSUPPORTED: an array instead of a group; GAIA_LIMIT; as zarr_store_get.
 */
GAIA_MUST_USE gaia_status zarr_group_open(struct zarr_store *store, struct zarr_group *group,
                                          gaia_error *err);
void zarr_group_close(struct zarr_group *group);

/* The names that may be arrays directly below the root, sorted, in the arena; none where the store
 * can neither be listed nor is consolidated. */
GAIA_MUST_USE gaia_status zarr_group_names(struct zarr_group *group, struct arena *arena,
                                           const char ***names, size_t *n_names, gaia_error *err);

/* The metadata and attributes (NULL: none) of array `name`, which live as long as the group.
 * *meta is NULL where there is no such array. */
GAIA_MUST_USE gaia_status zarr_group_array(struct zarr_group *group, const char *name,
                                           const json_t **meta, const json_t **attributes,
                                           gaia_error *err);

#endif
