/* SPDX-License-Identifier: MIT
 *
 * The canonical form of data that is hashed, gaia-content/1 (CONTENT_HASH.md): what is fed to
 * SHA-256 for a grid, for a field and for a set of fields.
 *
 * Invariant: nothing of how a file stores its fields enters a hash, only what they mean.
 */
#ifndef HOST_CONTENT_FORM_H
#define HOST_CONTENT_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/field.h>
#include <gaia/grid.h>
#include <gaia/status.h>

#include "catalog.h"

enum {
    CONTENT_DIGEST = 32,
    CONTENT_DIGEST_TEXT = 2 * CONTENT_DIGEST + 1,
    CONTENT_HASH_TEXT = 128 /* of "gaia-content/1 sha256:..." */
};

/* Which field of which source. */
struct content_key {
    enum source_role role;
    const char *variable;
    double level;        /* hPa; NaN: none */
    int64_t time_s;      /* as in a catalog's entry of this role */
    int64_t lead_time_s; /* of a forecast */
};

/* SHA-256 as it is fed, one a thread. */
struct content_hasher;
GAIA_MUST_USE gaia_status content_hasher_create(struct content_hasher **hasher, gaia_error *err);
void content_hasher_free(struct content_hasher *hasher);

/* The hash of a grid: its size and its coordinates, to a thousandth of a degree. */
GAIA_MUST_USE gaia_status content_grid(struct content_hasher *hasher, const struct gaia_grid *grid,
                                       unsigned char *digest, gaia_error *err);

/* The hash of a field [n_points] in canonical placement on the grid of this hash. */
GAIA_MUST_USE gaia_status content_field(struct content_hasher *hasher,
                                        const struct content_key *key,
                                        const unsigned char *grid_digest,
                                        const struct gaia_field *field, size_t n_points,
                                        unsigned char *digest, gaia_error *err);

/* The hash of a set of fields: begin, add each field in the order of content_key_compare, end. text
 * [CONTENT_HASH_TEXT] gets "gaia-content/1 sha256:...". */
GAIA_MUST_USE gaia_status content_set_begin(struct content_hasher *hasher, gaia_error *err);
GAIA_MUST_USE gaia_status content_set_add(struct content_hasher *hasher,
                                          const struct content_key *key,
                                          const unsigned char *grid_digest,
                                          const unsigned char *digest, gaia_error *err);
GAIA_MUST_USE gaia_status content_set_end(struct content_hasher *hasher, char *text,
                                          gaia_error *err);

/* By variable (bytes of its name), level (none first), time and lead time. */
int content_key_compare(const struct content_key *a, const struct content_key *b);

/* "forecast", "truth" or "climatology". */
const char *content_role_name(enum source_role role);

/* Writes a digest as 64 lower-case hexadecimal digits and a NUL. */
void content_digest_text(const unsigned char *digest, char *text);

#endif
