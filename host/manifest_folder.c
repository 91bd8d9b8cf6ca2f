/* SPDX-License-Identifier: MIT
 *
 * Walking a folder beside a manifest.
 *
 * Invariant: which files are drawn depends on the manifest, the number and the seed alone.
 */
#include "manifest_folder.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "file_walk.h"

static gaia_status file_add(void *context, const char *key, int file, uint64_t bytes,
                            gaia_error *err)
{
    struct manifest *manifest = context;
    struct digest digest;
    unsigned long long n = 0;
    (void)bytes; /* a file may grow: what was hashed is what is noted */
    const gaia_status status = digest_file(manifest->kind, file, key, &digest, &n, err);
    return status == GAIA_OK ? manifest_add(manifest, key, n, &digest, err)
                             : error_prefix(err, status, "%s", manifest->name);
}

gaia_status manifest_make(const char *path, enum digest_kind kind, const char *except,
                          struct manifest **manifest, gaia_error *err)
{
    struct manifest *made = NULL;
    gaia_status status = manifest_create(path, kind, &made, err);
    if (status == GAIA_OK) {
        status = file_walk(path, except, file_add, made, err);
    }
    if (status == GAIA_OK) {
        status = manifest_end(made, err);
    }
    if (status != GAIA_OK) {
        manifest_free(made);
        return status;
    }
    *manifest = made;
    return GAIA_OK;
}

/* What is known of each of the manifest's files. */
enum { DRAWN = 1, SEEN = 2 };

struct comparison {
    const struct manifest *manifest;
    const char *path;
    unsigned char *state; /* [n_entries] */
    manifest_told *told;
    void *context;
    struct manifest_result *result;
};

/* Draws `sample` of n entries, each set of them as likely as any other: entry i is taken with the
 * chance that what is still wanted has among what is left. */
static void entries_draw(unsigned char *state, size_t n, size_t sample, uint64_t seed)
{
    size_t wanted = sample < n ? sample : n;
    for (size_t i = 0; i < n; i++) {
        if (random_next(&seed) % (n - i) < wanted) {
            state[i] |= DRAWN;
            wanted--;
        }
    }
}

static gaia_status file_compare(void *context, const char *key, int file, uint64_t bytes,
                                gaia_error *err)
{
    struct comparison *c = context;
    struct digest digest;
    gaia_error why = {0};
    unsigned long long n = bytes;
    const struct manifest_entry *entry = manifest_find(c->manifest, key);
    if (entry == NULL) {
        c->result->n_surplus++;
        c->told(c->context, MANIFEST_SURPLUS, key, "");
        return GAIA_OK;
    }
    unsigned char *state = &c->state[entry - c->manifest->entries];
    *state |= SEEN;
    if ((*state & DRAWN) == 0 && bytes == entry->bytes) {
        return GAIA_OK;
    }
    c->result->n_hashed++;
    const gaia_status status = digest_file(c->manifest->kind, file, key, &digest, &n, err);
    if (status != GAIA_OK) {
        return error_prefix(err, status, "%s", c->path);
    }
    if (manifest_check_digest(c->manifest, c->path, key, &digest, n, &why) != GAIA_OK) {
        c->result->n_bad++;
        c->told(c->context, MANIFEST_BAD, key, why.detail);
    }
    return GAIA_OK;
}

gaia_status manifest_check_folder(const struct manifest *manifest, const char *path, size_t sample,
                                  uint64_t seed, manifest_told *told, void *context,
                                  struct manifest_result *result, gaia_error *err)
{
    const size_t n = manifest->n_entries;
    struct comparison c = {.manifest = manifest,
                           .path = path,
                           .state = calloc(n > 0 ? n : 1, sizeof *c.state),
                           .told = told,
                           .context = context,
                           .result = result};
    *result = (struct manifest_result){0};
    if (c.state == NULL) {
        return error_memory(err, n);
    }
    entries_draw(c.state, n, sample, seed);
    const gaia_status status = file_walk(path, manifest->name, file_compare, &c, err);
    for (size_t i = 0; status == GAIA_OK && i < n; i++) {
        if ((c.state[i] & SEEN) == 0) {
            result->n_missing++;
            told(context, MANIFEST_MISSING, manifest->entries[i].key, "");
        }
    }
    free(c.state);
    return status;
}
