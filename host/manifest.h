/* SPDX-License-Identifier: MIT
 *
 * A manifest ("gaia.manifest/1"): size and hash of every file of a folder (a Zarr store, say), and
 * one hash over all of that, by which it can be pinned.
 *
 *   {"schema": "gaia.manifest/1", "algorithm": "xxh64" or "sha256",
 *    "files": {KEY: {"bytes": N, "hash": HEX}, ...}, "content_hash": HEX}
 *
 * A key is a file's path below the folder: names between slashes, none of them empty, "." or "..",
 * UTF-8 without control characters. content_hash is always a SHA-256, of the canonical form: the
 * same document without its content_hash, members sorted by the bytes of their names, no blanks,
 * UTF-8 as it stands, nothing escaped but the quote and the backslash. (Python:
 * json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).)
 *
 * Invariant: a manifest that was parsed has sorted, valid keys, each once, and the content hash
 * that it says.
 */
#ifndef HOST_MANIFEST_H
#define HOST_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

#include "arena.h"
#include "digest.h"
#include "text.h"

enum { MANIFEST_BYTES_MAX = 64 << 20, MANIFEST_FILES_MAX = 1 << 20, MANIFEST_KEY_BYTES = 4096 };

struct manifest_entry {
    const char *key;
    uint64_t bytes;
    struct digest digest;
};

struct manifest {
    char *name; /* for messages: where it came from */
    enum digest_kind kind;
    size_t n_entries;
    struct manifest_entry *entries; /* sorted by key */
    char content_hash[DIGEST_TEXT];
    struct arena arena; /* owns the entries and the name */
};

bool manifest_key_valid(const char *key);

/* Reads a manifest of length bytes, `name` in messages; *manifest is the caller's
 * (manifest_free). GAIA_FILE_DAMAGED says what is wrong (JSON: line and column), also with the
 * content hash; GAIA_LIMIT beyond the sizes above; GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status manifest_parse(const char *name, const char *bytes, size_t length,
                                         struct manifest **manifest, gaia_error *err);

/* The same of the file at path; also the errors of file_read. */
GAIA_MUST_USE gaia_status manifest_read(const char *path, struct manifest **manifest,
                                        gaia_error *err);

/* NULL is allowed. */
void manifest_free(struct manifest *manifest);

/* GAIA_FILE_DAMAGED unless the manifest's content hash is this one. */
GAIA_MUST_USE gaia_status manifest_pinned(const struct manifest *manifest, const char *content_hash,
                                          gaia_error *err);

/* The entry of key, NULL if there is none. */
const struct manifest_entry *manifest_find(const struct manifest *manifest, const char *key);

/* Holds the bytes of `key`, of a store or file called `where`, against the manifest.
 * GAIA_FILE_DAMAGED names both and both hashes; also if the manifest has no such key. */
GAIA_MUST_USE gaia_status manifest_check(const struct manifest *manifest, const char *where,
                                         const char *key, const void *bytes, size_t n,
                                         gaia_error *err);

/* The same of a hash and a size that are known. */
GAIA_MUST_USE gaia_status manifest_check_digest(const struct manifest *manifest, const char *where,
                                                const char *key, const struct digest *digest,
                                                uint64_t n, gaia_error *err);

/* The same of the whole file at path. Also GAIA_FILE_MISSING, GAIA_FILE_UNREADABLE. */
GAIA_MUST_USE gaia_status manifest_check_file(const struct manifest *manifest, const char *path,
                                              const char *key, gaia_error *err);

/* GAIA_FILE_DAMAGED if the manifest has `key`, which `where` lacks. */
GAIA_MUST_USE gaia_status manifest_check_absent(const struct manifest *manifest, const char *where,
                                                const char *key, gaia_error *err);

/* An empty manifest to be filled by manifest_add and manifest_end. */
GAIA_MUST_USE gaia_status manifest_create(const char *name, enum digest_kind kind,
                                          struct manifest **manifest, gaia_error *err);

/* Adds a file. GAIA_FILE_DAMAGED (no valid key), GAIA_LIMIT, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status manifest_add(struct manifest *manifest, const char *key, uint64_t bytes,
                                       const struct digest *digest, gaia_error *err);

/* Sorts what was added and makes the content hash. GAIA_FILE_DAMAGED: a key twice. */
GAIA_MUST_USE gaia_status manifest_end(struct manifest *manifest, gaia_error *err);

/* Appends the manifest as JSON, a line a file. text->failed tells of too little memory. */
void manifest_write(const struct manifest *manifest, struct text *text);

#endif
