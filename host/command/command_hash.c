/* SPDX-License-Identifier: MIT
 *
 * `gaia hash`: the content hash of a source.
 *
 * Invariant: the hash is printed only if every field that was asked for has been read.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "content_form.h"
#include "content_hash.h"
#include "error.h"
#include "option_list.h"
#include "source_options.h"
#include "source_request.h"
#include "walk_options.h"

enum {
    OPT_HELP,
    OPT_ROLE,
    OPT_VARIABLES,
    OPT_LEVELS,
    OPT_LEADS,
    OPT_TIMES,
    OPT_SOURCE,
    OPT_FIELDS = OPT_SOURCE + SOURCE_OPT_COUNT,
    OPT_JSON,
    OPT_CHECK,
    OPT_THREADS,
    OPT_MEMORY,
    OPT_COUNT
};

static const struct option_spec options[OPT_COUNT] = {
    [OPT_HELP] = OPTION_HELP,
    [OPT_ROLE] = {"role", OPTION_TEXT, "ROLE", 0, 0, "[forecast] truth or climatology"},
    [OPT_VARIABLES] = {"variables", OPTION_TEXT, "z,t", 0, 0, "[all]"},
    [OPT_LEVELS] = {"levels", OPTION_TEXT, "500,850", 0, 0, "in hPa [all]"},
    [OPT_LEADS] = {"leads", OPTION_TEXT, "24,48", 0, 0, "lead times in hours [all]"},
    [OPT_TIMES] = {"times", OPTION_TEXT, "2017-01-01T00", 0, 0,
                   "init times of a forecast, valid times of a truth [all]"},
    SOURCE_OPTIONS(OPT_SOURCE),
    [OPT_FIELDS] = {"fields", OPTION_FLAG, NULL, 0, 0, "the hash of each field too"},
    [OPT_JSON] = {"json", OPTION_FLAG, NULL, 0, 0, "the result as JSON (gaia.content/1)"},
    [OPT_CHECK] = {"check", OPTION_TEXT, "HASH", 0, 0, "exit status 3 unless it is this hash"},
    [OPT_THREADS] = {"threads", OPTION_NUMBER, "N", 1, WALK_THREADS_MAX, "[one per core]"},
    [OPT_MEMORY] = {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX, "for data [2GiB]"},
};

const struct command_spec command_hash_spec = {
    .usage = "hash FILE... [OPTION]...",
    .summary = "Prints one hash of what the files hold: the same fields have the same hash in any\n"
               "format, chunking, compression, order and split of files.",
    .options = options,
    .n_options = OPT_COUNT,
    .n_positional = 1,
    .n_optional = SOURCE_FILES_MAX - 1,
};

/* The request as JSON. *json is the caller's. */
static gaia_status request_make(const struct option_value *values, const char *const *files,
                                char **json, gaia_error *err)
{
    static const struct {
        int option;
        bool numbers;
    } lists[] = {{OPT_VARIABLES, false}, {OPT_LEVELS, true}, {OPT_LEADS, true}, {OPT_TIMES, false}};
    json_t *source = NULL;
    gaia_status status = source_options_make(files, values + OPT_SOURCE, &source, err);
    if (status != GAIA_OK) {
        return status;
    }
    json_t *request = json_pack("{s:s, s:o, s:b}", "schema", "gaia.hash/1", "source", source,
                                "fields", (int)values[OPT_FIELDS].is_set);
    if (values[OPT_ROLE].is_set) {
        (void)json_object_set_new(request, "role", json_string(values[OPT_ROLE].text));
    }
    for (size_t i = 0; status == GAIA_OK && i < sizeof lists / sizeof *lists; i++) {
        const struct option_value *value = &values[lists[i].option];
        json_t *list = value->is_set ? option_list(value->text, lists[i].numbers) : NULL;
        if (list != NULL) {
            (void)json_object_set_new(request, options[lists[i].option].name, list);
        } else if (value->is_set) {
            status = error_set(err, GAIA_USAGE, "--%s '%s': numbers with commas are wanted",
                               options[lists[i].option].name, value->text);
        }
    }
    *json = status == GAIA_OK ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    return status == GAIA_OK && *json == NULL ? error_memory(err, 1) : status;
}

static gaia_status check_parse(const char *wanted, gaia_error *err)
{
    static const char prefix[] = "gaia-content/1 sha256:";
    const char *digits = wanted + sizeof prefix - 1;
    const bool good = strncmp(wanted, prefix, sizeof prefix - 1) == 0 &&
                      strlen(digits) == CONTENT_DIGEST_TEXT - 1 &&
                      strspn(digits, "0123456789abcdef") == CONTENT_DIGEST_TEXT - 1;
    return good ? GAIA_OK
                : error_set(err, GAIA_USAGE,
                            "--check '%s': '%s' and 64 hexadecimal digits are wanted", wanted,
                            prefix);
}

/* A blank, then what a climatology's field is for: "d60+12h", "m2", "12h"; "-" of a constant one.
 */
static void bin_append(struct text *out, const json_t *field)
{
    const json_t *day = json_object_get(field, "dayofyear");
    const json_t *month = json_object_get(field, "month");
    const json_t *hour = json_object_get(field, "hour");
    text_append(out, " ");
    if (day != NULL || month != NULL) {
        text_printf(out, "%s%lld", day != NULL ? "d" : "m",
                    json_integer_value(day != NULL ? day : month));
        text_append(out, hour != NULL ? "+" : "");
    }
    if (hour != NULL) {
        text_printf(out, "%lldh", json_integer_value(hour));
    } else if (day == NULL && month == NULL && json_object_get(field, "time") == NULL) {
        text_append(out, "-");
    }
}

/* A field a line: its hash, then variable, level, time and lead time. */
static void fields_append(struct text *out, const json_t *fields)
{
    size_t i = 0;
    json_t *field = NULL;
    json_array_foreach(fields, i, field)
    {
        char number[TEXT_NUMBER];
        const json_t *level = json_object_get(field, "level");
        const json_t *lead = json_object_get(field, "lead");
        const char *time = json_string_value(json_object_get(field, "time"));
        text_append(out, json_string_value(json_object_get(field, "sha256")));
        text_append(out, "  ");
        text_append(out, json_string_value(json_object_get(field, "variable")));
        number_format(json_real_value(level), number);
        text_printf(out, " %s", level != NULL ? number : "-");
        bin_append(out, field);
        if (time != NULL) {
            text_append(out, time);
        }
        number_format(json_real_value(lead), number);
        text_printf(out, " %s\n", lead != NULL ? number : "-");
    }
}

static gaia_status result_write(const struct option_value *values, const json_t *document,
                                gaia_error *err)
{
    struct text out = {0};
    if (values[OPT_JSON].is_set) {
        char *json = json_dumps(document, JSON_INDENT(1));
        out.failed = json == NULL;
        text_append(&out, json != NULL ? json : "");
        free(json);
    } else {
        fields_append(&out, json_object_get(document, "fields"));
        text_append(&out, json_string_value(json_object_get(document, "hash")));
    }
    text_append(&out, "\n");
    const gaia_status status = command_write(NULL, &out, err);
    text_fini(&out);
    return status;
}

static gaia_status hash_run(const struct option_value *values, const char *const *files,
                            gaia_error *err)
{
    struct source_request request = {0};
    struct walk_progress progress = {.what = "hashing"};
    const struct walk_options walk = {.memory_bytes = values[OPT_MEMORY].number,
                                      .n_threads = (unsigned)values[OPT_THREADS].number,
                                      .watch = {&progress, walk_progress_show}};
    const char *wanted = values[OPT_CHECK].is_set ? values[OPT_CHECK].text : NULL;
    char *json = NULL;
    json_t *document = NULL;
    gaia_status status = wanted != NULL ? check_parse(wanted, err) : GAIA_OK;
    if (status == GAIA_OK) {
        status = request_make(values, files, &json, err);
    }
    if (status == GAIA_OK) {
        status = hash_request_parse(json, strlen(json), &request, err);
        status = status == GAIA_OK ? status : option_blame(options, OPT_COUNT, values, err);
    }
    if (status == GAIA_OK) {
        progress_init(&progress.bar);
        status = content_hash(&request, &walk, &document, err);
        progress_end(&progress.bar);
    }
    if (status == GAIA_OK) {
        status = result_write(values, document, err);
    }
    const char *hash = json_string_value(json_object_get(document, "hash"));
    if (status == GAIA_OK && wanted != NULL && strcmp(hash, wanted) != 0) {
        status = error_set(err, GAIA_CONTENT_MISMATCH, "%s%s: the content is %s, not %s", files[0],
                           files[1] != NULL ? ", ..." : "", hash, wanted);
    }
    json_decref(document);
    source_request_fini(&request);
    free(json);
    return status;
}

int command_hash(int argc, char **argv)
{
    struct option_value values[OPT_COUNT];
    const char *files[SOURCE_FILES_MAX + 1] = {NULL};
    bool helped = false;
    gaia_error err = {0};
    gaia_status status =
        command_arguments(&command_hash_spec, argc, argv, values, files, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = hash_run(values, files, &err);
    }
    return command_end(status, &err);
}
