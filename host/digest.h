/* SPDX-License-Identifier: MIT
 *
 * Hashes of files and objects: xxh64 against accidents, sha256 against intent. Texts are lower-case
 * hexadecimal, as the programs xxhsum and sha256sum print them.
 */
#ifndef HOST_DIGEST_H
#define HOST_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

enum digest_kind { DIGEST_XXH64, DIGEST_SHA256, DIGEST_KINDS };

enum { DIGEST_BYTES = 32, DIGEST_TEXT = 2 * DIGEST_BYTES + 1 };

/* A hash; bytes that its kind does not have are 0. */
struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

/* "xxh64", "sha256". Static. */
const char *digest_name(enum digest_kind kind);

/* The kind with this name; false if there is none. */
bool digest_find(const char *name, enum digest_kind *kind);

/* Hashes n bytes. GAIA_OUT_OF_MEMORY, GAIA_INTERNAL (the library refuses). */
GAIA_MUST_USE gaia_status digest_make(enum digest_kind kind, const void *bytes, size_t n,
                                      struct digest *digest, gaia_error *err);

/* Hashes what is left of an open file, in pieces; *n_bytes is how much that was. `name` is of the
 * messages. GAIA_FILE_UNREADABLE, GAIA_OUT_OF_MEMORY, GAIA_INTERNAL. */
GAIA_MUST_USE gaia_status digest_file(enum digest_kind kind, int file, const char *name,
                                      struct digest *digest, unsigned long long *n_bytes,
                                      gaia_error *err);

/* Writes the hash as text. */
void digest_text(enum digest_kind kind, const struct digest *digest, char out[DIGEST_TEXT]);

/* Reads a hash of exactly the length of its kind; false if text is none. */
bool digest_parse(enum digest_kind kind, const char *text, struct digest *digest);

bool digest_equal(const struct digest *a, const struct digest *b);

#endif
