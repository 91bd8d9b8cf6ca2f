/* SPDX-License-Identifier: MIT
 *
 * Finding the metadata documents of a store.
 */
#include "zarr_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "zarr_json.h"

/* Of one document, and of all that are read of a store, which keeps them. No options: what is more
 * is no metadata. */
enum { METADATA_BYTES_MAX = 16 << 20, DOCUMENTS_BYTES_MAX = 64 << 20 };

enum { KEY_BYTES = 1024, WHAT_BYTES = 1536 };

static const char array_v2[] = "/.zarray";

/* Reads the document of this key; *document is NULL where there is none. The group keeps it. */
static gaia_status document_read(struct zarr_group *group, const char *key, json_t **document,
                                 gaia_error *err)
{
    struct zarr_buffer bytes = {0};
    char what[WHAT_BYTES];
    bool found = false;
    *document = NULL;
    gaia_status status =
        zarr_store_get(group->store, key, NULL, METADATA_BYTES_MAX, &bytes, &found, err);
    group->document_bytes += found ? bytes.length : 0;
    if (status == GAIA_OK && group->document_bytes > DOCUMENTS_BYTES_MAX) {
        status = error_set(err, GAIA_LIMIT, "%s: more than the %d bytes of metadata that are read",
                           group->store->name, DOCUMENTS_BYTES_MAX);
    }
    if (status == GAIA_OK && found) {
        (void)snprintf(what, sizeof what, "%s: %s", group->store->name, key);
        status = zarr_json_parse(what, (const char *)bytes.bytes, bytes.length, document, err);
    }
    zarr_buffer_fini(&bytes);
    if (*document != NULL && json_array_append_new(group->documents, *document) != 0) {
        *document = NULL;
        return error_memory(err, KEY_BYTES);
    }
    return status;
}

static gaia_status consolidated_wrong(const struct zarr_group *group, const char *key,
                                      gaia_error *err)
{
    return error_set(err, GAIA_FILE_DAMAGED, "%s: %s: the consolidated metadata is no object",
                     group->store->name, key);
}

static gaia_status open_v3(struct zarr_group *group, json_t *root, gaia_error *err)
{
    const char *type = zarr_json_string(root, "node_type");
    const json_t *inside = json_object_get(root, "consolidated_metadata");
    group->version = 3;
    if (json_integer_value(json_object_get(root, "zarr_format")) != 3) {
        return error_set(err, GAIA_FILE_DAMAGED, "%s: zarr.json: zarr_format is not 3",
                         group->store->name);
    }
    if (type == NULL || strcmp(type, "group") != 0) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: the store is an array, not a group",
                         group->store->name);
    }
    if (inside != NULL && !json_is_null(inside)) {
        group->consolidated = json_object_get(inside, "metadata");
        if (!json_is_object(group->consolidated)) {
            return consolidated_wrong(group, "zarr.json", err);
        }
    }
    return GAIA_OK;
}

static gaia_status open_v2(struct zarr_group *group, gaia_error *err)
{
    json_t *document = NULL;
    group->version = 2;
    gaia_status status = document_read(group, ".zmetadata", &document, err);
    if (status == GAIA_OK && document != NULL) {
        group->consolidated = json_object_get(document, "metadata");
        return json_is_object(group->consolidated) ? GAIA_OK
                                                   : consolidated_wrong(group, ".zmetadata", err);
    }
    if (status == GAIA_OK) {
        status = document_read(group, ".zgroup", &document, err);
    }
    if (status != GAIA_OK || document != NULL) {
        return status;
    }
    status = document_read(group, ".zarray", &document, err);
    if (status == GAIA_OK && document != NULL) {
        return error_set(err, GAIA_FORMAT_UNSUPPORTED, "%s: the store is an array, not a group",
                         group->store->name);
    }
    return status == GAIA_OK
               ? error_set(err, GAIA_FILE_DAMAGED,
                           "%s: not a Zarr store: it has no zarr.json, .zmetadata or .zgroup",
                           group->store->name)
               : status;
}

gaia_status zarr_group_open(struct zarr_store *store, struct zarr_group *group, gaia_error *err)
{
    json_t *root = NULL;
    *group = (struct zarr_group){.store = store, .documents = json_array()};
    if (group->documents == NULL) {
        return error_memory(err, KEY_BYTES);
    }
    gaia_status status = document_read(group, "zarr.json", &root, err);
    if (status == GAIA_OK) {
        status = root != NULL ? open_v3(group, root, err) : open_v2(group, err);
    }
    if (status != GAIA_OK) {
        zarr_group_close(group);
    }
    return status;
}

void zarr_group_close(struct zarr_group *group)
{
    json_decref(group->documents);
    *group = (struct zarr_group){0};
}

/* The name of an array directly below the root that this key describes, or NULL. */
static const char *key_name(const struct zarr_group *group, struct arena *arena, const char *key)
{
    const size_t length = strlen(key);
    const size_t tail = group->version == 2 ? strlen(array_v2) : 0;
    if (length <= tail || strcmp(key + length - tail, group->version == 2 ? array_v2 : "") != 0 ||
        memchr(key, '/', length - tail) != NULL) {
        return NULL;
    }
    char *name = arena_strdup(arena, key);
    if (name != NULL) {
        name[length - tail] = '\0';
    }
    return name;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

gaia_status zarr_group_names(struct zarr_group *group, struct arena *arena, const char ***names,
                             size_t *n_names, gaia_error *err)
{
    if (group->consolidated == NULL) {
        return zarr_store_list(group->store, arena, names, n_names, err);
    }
    const size_t n_keys = json_object_size(group->consolidated);
    const char **list = arena_alloc(arena, n_keys, sizeof *list);
    size_t n = 0;
    if (list == NULL && n_keys > 0) {
        return error_memory(err, n_keys * sizeof *list);
    }
    /* jansson's iterators want a mutable object; nothing is changed through them. */
    json_t *object = (json_t *)(uintptr_t)group->consolidated;
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        const char *name = key_name(group, arena, json_object_iter_key(at));
        if (name != NULL) {
            list[n++] = name;
        }
    }
    if (n > 1) {
        qsort(list, n, sizeof *list, name_compare);
    }
    *names = list;
    *n_names = n;
    return GAIA_OK;
}

/* Finds or reads the document "name" + tail. */
static gaia_status document_get(struct zarr_group *group, const char *name, const char *tail,
                                const json_t **document, gaia_error *err)
{
    char key[KEY_BYTES];
    json_t *read = NULL;
    *document = NULL;
    const int length = snprintf(key, sizeof key, "%s%s", name, tail);
    if (length < 0 || (size_t)length >= sizeof key) {
        return GAIA_OK; /* no array has such a name */
    }
    if (group->consolidated == NULL) {
        const gaia_status status = document_read(group, key, &read, err);
        *document = read;
        return status;
    }
    *document = json_object_get(group->consolidated, key);
    return *document == NULL || json_is_object(*document)
               ? GAIA_OK
               : error_set(err, GAIA_FILE_DAMAGED, "%s: consolidated metadata: '%s' is no object",
                           group->store->name, key);
}

gaia_status zarr_group_array(struct zarr_group *group, const char *name, const json_t **meta,
                             const json_t **attributes, gaia_error *err)
{
    *attributes = NULL;
    if (group->version == 2) {
        gaia_status status = document_get(group, name, array_v2, meta, err);
        if (status == GAIA_OK && *meta != NULL) {
            status = document_get(group, name, "/.zattrs", attributes, err);
        }
        return status;
    }
    const gaia_status status =
        document_get(group, name, group->consolidated == NULL ? "/zarr.json" : "", meta, err);
    const char *type = zarr_json_string(*meta, "node_type");
    if (status != GAIA_OK || *meta == NULL || type == NULL || strcmp(type, "array") != 0) {
        *meta = NULL;
        return status;
    }
    *attributes = json_object_get(*meta, "attributes");
    return GAIA_OK;
}
