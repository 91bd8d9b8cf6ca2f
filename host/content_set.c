/* SPDX-License-Identifier: MIT
 *
 * Sets of hashed fields.
 */
#include "content_set.h"

#include <stdlib.h>

#include "error.h"

struct content_key content_key_of(const struct catalog *catalog, const struct catalog_entry *entry)
{
    return (struct content_key){.role = catalog->role,
                                .variable = catalog->variables[entry->variable].name,
                                .level = entry->level,
                                .time_s = entry->time_s,
                                .lead_time_s = entry->lead_time_s};
}

gaia_status content_crew_open(size_t n, struct content_crew *crew, gaia_error *err)
{
    gaia_status status = GAIA_OK;
    *crew = (struct content_crew){.n = n};
    crew->hashers = calloc(n, sizeof *crew->hashers);
    if (crew->hashers == NULL) {
        return error_memory(err, n * sizeof *crew->hashers);
    }
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        status = content_hasher_create(&crew->hashers[i], err);
    }
    return status;
}

void content_crew_close(struct content_crew *crew)
{
    for (size_t i = 0; crew->hashers != NULL && i < crew->n; i++) {
        content_hasher_free(crew->hashers[i]);
    }
    free(crew->hashers);
    *crew = (struct content_crew){0};
}

/* ---- The set ---- */

static int member_compare(const void *a, const void *b)
{
    return content_key_compare(&((const struct content_member *)a)->key,
                               &((const struct content_member *)b)->key);
}

struct content_member *content_members(const struct catalog *catalog, const size_t *entries,
                                       const unsigned char *digests, size_t n)
{
    struct content_member *members = calloc(n > 0 ? n : 1, sizeof *members);
    for (size_t i = 0; members != NULL && i < n; i++) {
        members[i].key = content_key_of(catalog, &catalog->entries[entries[i]]);
        members[i].digest = digests + i * CONTENT_DIGEST;
    }
    if (members != NULL) {
        qsort(members, n, sizeof *members, member_compare);
    }
    return members;
}

gaia_status content_hash_set(struct content_hasher *hasher, const struct catalog *catalog,
                             const size_t *entries, const unsigned char *digests, size_t n,
                             const unsigned char *grid_digest, char *text, gaia_error *err)
{
    struct content_member *members = content_members(catalog, entries, digests, n);
    if (members == NULL) {
        return error_memory(err, n * sizeof *members);
    }
    gaia_status status = content_set_begin(hasher, err);
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        status = content_set_add(hasher, &members[i].key, grid_digest, members[i].digest, err);
    }
    if (status == GAIA_OK) {
        status = content_set_end(hasher, text, err);
    }
    free(members);
    return status;
}
