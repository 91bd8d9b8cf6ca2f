/* SPDX-License-Identifier: MIT
 *
 * From the hashes of a catalog's fields to that of their set, and the hashers of those who make
 * them.
 *
 * Invariant: the order in which fields were hashed enters nothing.
 */
#ifndef HOST_CONTENT_SET_H
#define HOST_CONTENT_SET_H

#include <stddef.h>

#include <gaia/status.h>

#include "catalog.h"
#include "content_form.h"

/* A field's key and hash; borrowed. */
struct content_member {
    struct content_key key;
    const unsigned char *digest;
};

/* The fields in the order of their keys, to be freed; NULL: not enough memory. Arguments as
 * content_hash_set's. */
struct content_member *content_members(const struct catalog *catalog, const size_t *entries,
                                       const unsigned char *digests, size_t n);

/* The hash of the fields entries[i] of a catalog whose hashes are digests[i]
 * [n][CONTENT_DIGEST], in any order. text [CONTENT_HASH_TEXT]. GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status content_hash_set(struct content_hasher *hasher,
                                           const struct catalog *catalog, const size_t *entries,
                                           const unsigned char *digests, size_t n,
                                           const unsigned char *grid_digest, char *text,
                                           gaia_error *err);

/* The key of a catalog's entry. Its name is borrowed from the catalog. */
struct content_key content_key_of(const struct catalog *catalog, const struct catalog_entry *entry);

/* The hashers of a walk, one a thread. */
struct content_crew {
    size_t n;
    struct content_hasher **hashers;
};
GAIA_MUST_USE gaia_status content_crew_open(size_t n, struct content_crew *crew, gaia_error *err);
void content_crew_close(struct content_crew *crew);

#endif
