/* SPDX-License-Identifier: MIT
 *
 * From files and options to the JSON of a source.
 */
#include "source_options.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "http_url.h"
#include "text.h"

void source_id_make(const char *path, char *id)
{
    int length = 0;
    const char *name = http_url_name(path, &length);
    (void)snprintf(id, SOURCE_ID_BYTES, "%.*s", length, name);
    char *dot = strrchr(id, '.');
    if (dot != NULL && dot != id) {
        *dot = '\0';
    }
    (void)text_clean(id);
}

/* Adds "2t=t2m,z=gh" to the source. */
static gaia_status names_add(json_t *source, const char *text, gaia_error *err)
{
    json_t *names = json_object();
    gaia_status status = GAIA_OK;
    for (const char *at = text; status == GAIA_OK; at++) {
        const size_t length = strcspn(at, ",");
        const char *equals = memchr(at, '=', length);
        if (equals == NULL || equals == at || equals + 1 == at + length) {
            status = error_set(err, GAIA_USAGE, "--names '%s': NAME=IN_FILE with commas is wanted",
                               text);
        } else {
            const size_t n_name = (size_t)(equals - at);
            (void)json_object_setn_new(names, at, n_name,
                                       json_stringn(equals + 1, length - n_name - 1));
        }
        at += length;
        if (*at == '\0') {
            break;
        }
    }
    if (status != GAIA_OK) {
        json_decref(names);
        return status;
    }
    return json_object_set_new(source, "names", names) == 0 ? GAIA_OK : error_memory(err, 1);
}

/* Texts that the source takes as they are. */
static void texts_add(json_t *source, const struct option_value *values)
{
    static const struct {
        int option;
        const char *key;
    } texts[] = {{SOURCE_OPT_FORMAT, "format"},
                 {SOURCE_OPT_MANIFEST, "manifest"},
                 {SOURCE_OPT_MANIFEST_HASH, "manifest_hash"},
                 {SOURCE_OPT_TOKEN_FILE, "token_file"},
                 {SOURCE_OPT_CA_FILE, "ca_file"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct option_value *value = &values[texts[i].option];
        if (value->is_set) {
            (void)json_object_set_new(source, texts[i].key, json_string(value->text));
        }
    }
}

gaia_status source_options_make(const char *const *files, const struct option_value *values,
                                json_t **source, gaia_error *err)
{
    json_t *made = json_pack("{s:[]}", "files");
    gaia_status status = made != NULL ? GAIA_OK : error_memory(err, 1);
    double hours = 0.0;
    for (size_t i = 0; status == GAIA_OK && files[i] != NULL; i++) {
        if (json_array_append_new(json_object_get(made, "files"), json_string(files[i])) != 0) {
            status = error_set(err, GAIA_USAGE, "a file name is not valid UTF-8");
        }
    }
    if (status == GAIA_OK) {
        texts_add(made, values);
    }
    if (status == GAIA_OK && values[SOURCE_OPT_STEP].is_set) {
        status = number_parse(values[SOURCE_OPT_STEP].text, &hours)
                     ? GAIA_OK
                     : error_set(err, GAIA_USAGE, "--step '%s': hours are wanted",
                                 values[SOURCE_OPT_STEP].text);
        (void)json_object_set_new(made, "step_override", json_real(hours));
    }
    if (status == GAIA_OK && values[SOURCE_OPT_INIT].is_set) {
        (void)json_object_set_new(made, "select",
                                  json_pack("{s:s}", "init", values[SOURCE_OPT_INIT].text));
    }
    if (status == GAIA_OK && values[SOURCE_OPT_NAMES].is_set) {
        status = names_add(made, values[SOURCE_OPT_NAMES].text, err);
    }
    if (status != GAIA_OK) {
        json_decref(made);
        return status;
    }
    *source = made;
    return GAIA_OK;
}

bool walk_progress_show(void *context, uint64_t done, uint64_t total)
{
    struct walk_progress *progress = context;
    progress_show(&progress->bar, progress->what, done, total);
    if (done == total) {
        progress_end(&progress->bar);
    }
    return true;
}
