/* SPDX-License-Identifier: MIT
 *
 * Manifests: their JSON, their canonical form, and looking into them.
 */
#include "manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "error.h"
#include "file.h"
#include "json.h"

enum { ARENA_BYTES_MAX = 512 << 20, ENTRIES_FIRST = 64 };

static const char schema[] = "gaia.manifest/1";

bool manifest_key_valid(const char *key)
{
    const size_t length = strlen(key);
    if (length == 0 || length >= MANIFEST_KEY_BYTES || !text_is_clean(key)) {
        return false;
    }
    for (const char *part = key;; part++) {
        const size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.')) {
            return false;
        }
        part += n;
        if (*part == '\0') {
            return true;
        }
    }
}

/* ---- Making ---- */

gaia_status manifest_create(const char *name, enum digest_kind kind, struct manifest **manifest,
                            gaia_error *err)
{
    struct manifest *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return error_memory(err, sizeof *made);
    }
    arena_init(&made->arena, ARENA_BYTES_MAX);
    made->kind = kind;
    made->name = arena_strdup(&made->arena, name);
    if (made->name == NULL) {
        manifest_free(made);
        return error_memory(err, strlen(name));
    }
    *manifest = made;
    return GAIA_OK;
}

void manifest_free(struct manifest *manifest)
{
    if (manifest != NULL) {
        free(manifest->entries);
        arena_fini(&manifest->arena);
        free(manifest);
    }
}

gaia_status manifest_add(struct manifest *manifest, const char *key, uint64_t bytes,
                         const struct digest *digest, gaia_error *err)
{
    const size_t n = manifest->n_entries;
    if (!manifest_key_valid(key)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: '%s' is no key of a manifest", manifest->name,
                         key);
    }
    if (n == MANIFEST_FILES_MAX) {
        return error_set(err, GAIA_LIMIT, "%s: more than %d files", manifest->name,
                         MANIFEST_FILES_MAX);
    }
    /* Room is made whenever the count is a power of two. */
    if (n == 0 || (n >= ENTRIES_FIRST && (n & (n - 1)) == 0)) {
        const size_t capacity = n == 0 ? ENTRIES_FIRST : 2 * n;
        struct manifest_entry *grown = realloc(manifest->entries, capacity * sizeof *grown);
        if (grown == NULL) {
            return error_memory(err, capacity * sizeof *grown);
        }
        manifest->entries = grown;
    }
    const char *kept = arena_strdup(&manifest->arena, key);
    if (kept == NULL) {
        return error_memory(err, strlen(key) + 1);
    }
    manifest->entries[manifest->n_entries++] =
        (struct manifest_entry){.key = kept, .bytes = bytes, .digest = *digest};
    return GAIA_OK;
}

static void quoted_append(struct text *text, const char *s)
{
    text_append(text, "\"");
    while (*s != '\0') {
        const size_t plain = strcspn(s, "\"\\");
        text_append_n(text, s, plain);
        s += plain;
        if (*s != '\0') {
            text_append(text, "\\");
            text_append_n(text, s++, 1);
        }
    }
    text_append(text, "\"");
}

/* Appends the members in their canonical order; line breaks (and the content hash) only where the
 * document is not hashed. */
static void document_append(const struct manifest *manifest, bool hashed, struct text *text)
{
    const char *line = hashed ? "" : "\n";
    text_printf(text, "{\"algorithm\":\"%s\",%s", digest_name(manifest->kind), line);
    if (!hashed) {
        text_printf(text, "\"content_hash\":\"%s\",\n", manifest->content_hash);
    }
    text_append(text, "\"files\":{");
    for (size_t i = 0; i < manifest->n_entries; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];
        char digest[DIGEST_TEXT];
        digest_text(manifest->kind, &entry->digest, digest);
        text_append(text, i > 0 ? "," : "");
        text_append(text, line);
        quoted_append(text, entry->key);
        text_printf(text, ":{\"bytes\":%llu,\"hash\":\"%s\"}", (unsigned long long)entry->bytes,
                    digest);
    }
    text_printf(text, "},%s\"schema\":\"%s\"}%s", line, schema, line);
}

static int entry_compare(const void *a, const void *b)
{
    const struct manifest_entry *x = a;
    const struct manifest_entry *y = b;
    return strcmp(x->key, y->key);
}

gaia_status manifest_end(struct manifest *manifest, gaia_error *err)
{
    struct text text = {0};
    struct digest digest;
    if (manifest->n_entries > 1) {
        qsort(manifest->entries, manifest->n_entries, sizeof *manifest->entries, entry_compare);
    }
    for (size_t i = 1; i < manifest->n_entries; i++) {
        if (entry_compare(&manifest->entries[i - 1], &manifest->entries[i]) == 0) {
            return error_set(err, GAIA_FILE_DAMAGED, "%s: key '%s' is there twice", manifest->name,
                             manifest->entries[i].key);
        }
    }
    document_append(manifest, true, &text);
    const gaia_status status = text.failed
                                   ? error_memory(err, MANIFEST_BYTES_MAX)
                                   : digest_make(DIGEST_SHA256, text.s, text.length, &digest, err);
    if (status == GAIA_OK) {
        digest_text(DIGEST_SHA256, &digest, manifest->content_hash);
    }
    text_fini(&text);
    return status;
}

void manifest_write(const struct manifest *manifest, struct text *text)
{
    document_append(manifest, false, text);
}

/* ---- Reading ---- */

static gaia_status file_take(struct manifest *manifest, const char *key, const json_t *file,
                             gaia_error *err)
{
    static const char *const keys[] = {"bytes", "hash"};
    struct digest digest;
    const char *hash = NULL;
    int64_t bytes = -1;
    gaia_status status = json_check_keys(file, key, keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = json_get_int(file, key, "bytes", true, &bytes, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(file, key, "hash", true, &hash, err);
    }
    if (status != GAIA_OK) {
        return error_prefix(err, GAIA_FILE_DAMAGED, "%s", manifest->name);
    }
    if (bytes < 0 || !digest_parse(manifest->kind, hash, &digest)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: %s: its %s", manifest->name, key,
                         bytes < 0 ? "number of bytes is negative" : "hash is none");
    }
    return manifest_add(manifest, key, (uint64_t)bytes, &digest, err);
}

/* Reads algorithm, content hash and files of a document into a new manifest. */
static gaia_status document_take(const char *name, json_t *root, struct manifest **manifest,
                                 const char **content_hash, gaia_error *err)
{
    static const char *const keys[] = {"schema", "algorithm", "files", "content_hash"};
    const char *said = NULL;
    const char *algorithm = NULL;
    json_t *files = json_object_get(root, "files");
    enum digest_kind kind = DIGEST_XXH64;
    gaia_status status = json_check_keys(root, name, keys, sizeof keys / sizeof *keys, err);
    if (status == GAIA_OK) {
        status = json_get_string(root, name, "schema", true, &said, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, name, "algorithm", true, &algorithm, err);
    }
    if (status == GAIA_OK) {
        status = json_get_string(root, name, "content_hash", true, content_hash, err);
    }
    if (status != GAIA_OK) {
        return error_restate(err, GAIA_FILE_DAMAGED);
    }
    if (strcmp(said, schema) != 0) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: schema '%s'; '%s' is wanted", name, said,
                         schema);
    }
    if (!json_is_object(files)) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: key 'files' is missing or no object", name);
    }
    if (!digest_find(algorithm, &kind)) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED,
                         "%s: algorithm '%s'; there are xxh64, sha256", name, algorithm);
    }
    status = manifest_create(name, kind, manifest, err);
    const char *key = NULL;
    json_t *file = NULL;
    json_object_foreach(files, key, file)
    {
        if (status == GAIA_OK) {
            status = file_take(*manifest, key, file, err);
        }
    }
    return status;
}

gaia_status manifest_parse(const char *name, const char *bytes, size_t length,
                           struct manifest **manifest, gaia_error *err)
{
    json_t *root = NULL;
    struct manifest *made = NULL;
    const char *content_hash = NULL;
    if (length > MANIFEST_BYTES_MAX) {
        return error_set(err, GAIA_LIMIT, "%s: larger than %d bytes", name, MANIFEST_BYTES_MAX);
    }
    gaia_status status = json_parse(name, bytes, length, &root, err);
    if (status != GAIA_OK) {
        return error_restate(err, GAIA_FILE_DAMAGED);
    }
    status = document_take(name, root, &made, &content_hash, err);
    if (status == GAIA_OK) {
        status = manifest_end(made, err);
    }
    if (status == GAIA_OK && strcmp(made->content_hash, content_hash) != 0) {
        status = error_set(err, GAIA_FILE_DAMAGED,
                           "%s: it says that its content_hash is '%s', and it is %s", name,
                           content_hash, made->content_hash);
    }
    json_decref(root);
    if (status != GAIA_OK) {
        manifest_free(made);
        return status;
    }
    *manifest = made;
    return GAIA_OK;
}

gaia_status manifest_read(const char *path, struct manifest **manifest, gaia_error *err)
{
    char *bytes = NULL;
    size_t length = 0;
    gaia_status status = file_read_regular(path, MANIFEST_BYTES_MAX, &bytes, &length, err);
    if (status == GAIA_OK) {
        status = manifest_parse(path, bytes, length, manifest, err);
    }
    free(bytes);
    return status;
}

gaia_status manifest_pinned(const struct manifest *manifest, const char *content_hash,
                            gaia_error *err)
{
    return strcmp(manifest->content_hash, content_hash) == 0
               ? GAIA_OK
               : error_set(err, GAIA_FILE_DAMAGED,
                           "%s: manifest_hash wants the content_hash %s, and it is %s",
                           manifest->name, content_hash, manifest->content_hash);
}

/* ---- Checking ---- */

const struct manifest_entry *manifest_find(const struct manifest *manifest, const char *key)
{
    const struct manifest_entry wanted = {.key = key};
    return manifest->n_entries == 0 ? NULL
                                    : bsearch(&wanted, manifest->entries, manifest->n_entries,
                                              sizeof *manifest->entries, entry_compare);
}

gaia_status manifest_check_digest(const struct manifest *manifest, const char *where,
                                  const char *key, const struct digest *digest, uint64_t n,
                                  gaia_error *err)
{
    const struct manifest_entry *entry = manifest_find(manifest, key);
    char have[DIGEST_TEXT];
    char want[DIGEST_TEXT];
    if (entry == NULL) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: key '%s' is not in the manifest %s", where,
                         key, manifest->name);
    }
    if (entry->bytes == n && digest_equal(&entry->digest, digest)) {
        return GAIA_OK;
    }
    digest_text(manifest->kind, digest, have);
    digest_text(manifest->kind, &entry->digest, want);
    return error_set(
        err, GAIA_FILE_DAMAGED,
        "%s: key '%s' has %llu bytes with %s %s; the manifest %s says %llu bytes with %s", where,
        key, (unsigned long long)n, digest_name(manifest->kind), have, manifest->name,
        (unsigned long long)entry->bytes, want);
}

gaia_status manifest_check(const struct manifest *manifest, const char *where, const char *key,
                           const void *bytes, size_t n, gaia_error *err)
{
    struct digest digest;
    const gaia_status status = digest_make(manifest->kind, bytes, n, &digest, err);
    return status == GAIA_OK ? manifest_check_digest(manifest, where, key, &digest, n, err)
                             : status;
}

gaia_status manifest_check_absent(const struct manifest *manifest, const char *where,
                                  const char *key, gaia_error *err)
{
    const struct manifest_entry *entry = manifest_find(manifest, key);
    char want[DIGEST_TEXT];
    if (entry == NULL) {
        return GAIA_OK;
    }
    digest_text(manifest->kind, &entry->digest, want);
    return error_set(err, GAIA_FILE_DAMAGED,
                     "%s: key '%s' is not there; the manifest %s says %llu bytes with %s %s", where,
                     key, manifest->name, (unsigned long long)entry->bytes,
                     digest_name(manifest->kind), want);
}

gaia_status manifest_check_file(const struct manifest *manifest, const char *path, const char *key,
                                gaia_error *err)
{
    struct digest digest;
    struct stat info;
    unsigned long long n = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return error_set(err, errno == ENOENT ? GAIA_FILE_MISSING : GAIA_FILE_UNREADABLE, "%s: %s",
                         path, strerror(errno));
    }
    gaia_status status = fstat(file, &info) == 0 && S_ISREG(info.st_mode)
                             ? digest_file(manifest->kind, file, path, &digest, &n, err)
                             : error_set(err, GAIA_FILE_UNREADABLE, "%s: not a regular file", path);
    if (status == GAIA_OK) {
        status = manifest_check_digest(manifest, path, key, &digest, n, err);
    }
    (void)close(file);
    return status;
}
