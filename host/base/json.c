/* SPDX-License-Identifier: MIT
 *
 * Strict readers over jansson.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"

gaia_status json_parse(const char *what, const char *bytes, size_t length, json_t **root,
                       gaia_error *err)
{
    json_error_t at;
    json_t *parsed = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &at);
    if (parsed == NULL) {
        /* A job may name any file as a document: what is in it is in no message. */
        char *near = strstr(at.text, " near '");
        if (near != NULL) {
            *near = '\0';
        }
        return error_set(err, GAIA_JOB_INVALID, "%s: line %d, column %d: %s", what, at.line,
                         at.column, at.text);
    }
    *root = parsed;
    return GAIA_OK;
}

static bool string_clean(json_t *string)
{
    if (text_is_clean(json_string_value(string))) {
        return true;
    }
    char *copy = strdup(json_string_value(string));
    if (copy == NULL) {
        return false;
    }
    (void)text_clean(copy);
    const bool is_set = json_string_set_nocheck(string, copy) == 0;
    free(copy);
    return is_set;
}

bool json_clean(json_t *value)
{
    const char *key = NULL;
    json_t *member = NULL;
    size_t i = 0;
    bool good = true;
    if (json_is_string(value)) {
        return string_clean(value);
    }
    json_array_foreach(value, i, member)
    {
        good = json_clean(member) && good;
    }
    json_object_foreach(value, key, member)
    {
        good = json_clean(member) && good;
    }
    return good;
}

const char *json_type_text(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a real number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

gaia_status json_check_keys(const json_t *value, const char *path, const char *const *keys,
                            size_t n_keys, gaia_error *err)
{
    if (!json_is_object(value)) {
        return error_set(err, GAIA_JOB_INVALID, "%s: an object is wanted, not %s", path,
                         json_type_text(value));
    }
    /* jansson's iterators want a mutable object; nothing is changed through them. */
    void *at = json_object_iter((json_t *)(uintptr_t)value);
    for (; at != NULL; at = json_object_iter_next((json_t *)(uintptr_t)value, at)) {
        const char *key = json_object_iter_key(at);
        size_t i = 0;
        while (i < n_keys && strcmp(key, keys[i]) != 0) {
            i++;
        }
        if (i == n_keys) {
            return error_set(err, GAIA_JOB_INVALID, "%s: unknown key '%s'", path, key);
        }
    }
    return GAIA_OK;
}

/* Finds key; *member is NULL if it is absent and not required. */
static gaia_status member_get(const json_t *object, const char *path, const char *key,
                              bool required, const json_t **member, gaia_error *err)
{
    *member = json_object_get(object, key);
    if (*member == NULL && required) {
        return error_set(err, GAIA_JOB_INVALID, "%s: key '%s' is missing", path, key);
    }
    return GAIA_OK;
}

static gaia_status type_wrong(const char *path, const char *key, const char *wanted,
                              const json_t *member, gaia_error *err)
{
    return error_set(err, GAIA_JOB_INVALID, "%s.%s: %s is wanted, not %s", path, key, wanted,
                     json_type_text(member));
}

gaia_status json_get_string(const json_t *object, const char *path, const char *key, bool required,
                            const char **out, gaia_error *err)
{
    const json_t *member = NULL;
    const gaia_status status = member_get(object, path, key, required, &member, err);
    if (status != GAIA_OK || member == NULL) {
        return status;
    }
    if (!json_is_string(member)) {
        return type_wrong(path, key, "a string", member, err);
    }
    *out = json_string_value(member);
    return GAIA_OK;
}

gaia_status json_get_int(const json_t *object, const char *path, const char *key, bool required,
                         int64_t *out, gaia_error *err)
{
    const json_t *member = NULL;
    const gaia_status status = member_get(object, path, key, required, &member, err);
    if (status != GAIA_OK || member == NULL) {
        return status;
    }
    if (!json_is_integer(member)) {
        return type_wrong(path, key, "an integer", member, err);
    }
    *out = json_integer_value(member);
    return GAIA_OK;
}

gaia_status json_get_number(const json_t *object, const char *path, const char *key, bool required,
                            double *out, gaia_error *err)
{
    const json_t *member = NULL;
    const gaia_status status = member_get(object, path, key, required, &member, err);
    if (status != GAIA_OK || member == NULL) {
        return status;
    }
    if (!json_is_number(member)) {
        return type_wrong(path, key, "a number", member, err);
    }
    *out = json_number_value(member);
    return GAIA_OK;
}

gaia_status json_get_array(const json_t *object, const char *path, const char *key, bool required,
                           const json_t **out, gaia_error *err)
{
    const json_t *member = NULL;
    const gaia_status status = member_get(object, path, key, required, &member, err);
    if (status != GAIA_OK || member == NULL) {
        return status;
    }
    if (!json_is_array(member)) {
        return type_wrong(path, key, "an array", member, err);
    }
    *out = member;
    return GAIA_OK;
}
