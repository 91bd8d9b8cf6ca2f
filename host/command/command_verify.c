/* SPDX-License-Identifier: MIT
 *
 * `gaia verify`: holds a forecast against requirements, and says what is wrong with it.
 *
 * Invariant: the exit status is 0 only if it was accepted.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "file.h"
#include "finding.h"
#include "json.h"
#include "requirements.h"
#include "source_options.h"
#include "source_request.h"
#include "verify.h"
#include "walk_options.h"

enum { REQUIREMENTS_BYTES_MAX = 4 << 20 };

enum {
    OPT_HELP,
    OPT_REQUIREMENTS,
    OPT_SOURCE,
    OPT_HASH = OPT_SOURCE + SOURCE_OPT_COUNT,
    OPT_FINDINGS,
    OPT_JSON,
    OPT_THREADS,
    OPT_MEMORY,
    OPT_COUNT
};

static const struct option_spec options[OPT_COUNT] = {
    [OPT_HELP] = OPTION_HELP,
    [OPT_REQUIREMENTS] = {"requirements", OPTION_TEXT, "FILE|NAME", 0, 0,
                          "gaia.requirements/1 as a file, or those called gaia [gaia]"},
    SOURCE_OPTIONS(OPT_SOURCE),
    [OPT_HASH] = {"hash", OPTION_FLAG, NULL, 0, 0, "the content hash of what is required too"},
    [OPT_FINDINGS] = {"findings", OPTION_NUMBER, "N", 1, FINDINGS_MAX,
                      "how many of a kind are listed; all are counted [20]"},
    [OPT_JSON] = {"json", OPTION_FLAG, NULL, 0, 0, "the verdict as JSON (gaia.verdict/1)"},
    [OPT_THREADS] = {"threads", OPTION_NUMBER, "N", 1, WALK_THREADS_MAX, "[one per core]"},
    [OPT_MEMORY] = {"memory", OPTION_BYTES, "SIZE", 1 << 20, UINT64_MAX, "for data [2GiB]"},
};

const struct command_spec command_verify_spec = {
    .usage = "verify FILE... [OPTION]...",
    .summary =
        "Holds a forecast against requirements: variables, units, grid, levels, lead times,\n"
        "values. Exit status 0: accepted; 3: rejected.",
    .options = options,
    .n_options = OPT_COUNT,
    .n_positional = 1,
    .n_optional = SOURCE_FILES_MAX - 1,
};

/* A name without a slash or dot is one of the program's own requirements; else it is a file. */
static gaia_status requirements_get(const char *wanted, json_t **requirements, gaia_error *err)
{
    struct requirements read = {0};
    char *bytes = NULL;
    size_t length = 0;
    if (strpbrk(wanted, "/.") == NULL) {
        *requirements = json_string(wanted);
        return *requirements != NULL
                   ? GAIA_OK
                   : error_set(err, GAIA_USAGE, "--requirements: it is not valid UTF-8");
    }
    gaia_status status = file_read(wanted, REQUIREMENTS_BYTES_MAX, &bytes, &length, err);
    if (status == GAIA_OK) {
        status = json_parse(wanted, bytes, length, requirements, err);
    }
    if (status == GAIA_OK) {
        status = requirements_read(*requirements, &read, err);
        requirements_fini(&read);
        status = status != GAIA_OK ? error_prefix(err, status, "%s", wanted) : GAIA_OK;
    }
    free(bytes);
    return status;
}

/* The request as JSON. *json is the caller's. */
static gaia_status request_make(const struct option_value *values, const char *const *files,
                                char **json, gaia_error *err)
{
    char id[SOURCE_ID_BYTES];
    const char *wanted = values[OPT_REQUIREMENTS].is_set ? values[OPT_REQUIREMENTS].text : "gaia";
    json_t *source = NULL;
    json_t *requirements = NULL;
    gaia_status status = requirements_get(wanted, &requirements, err);
    if (status == GAIA_OK) {
        status = source_options_make(files, values + OPT_SOURCE, &source, err);
    }
    if (status != GAIA_OK) {
        json_decref(requirements);
        return status;
    }
    source_id_make(files[0], id);
    (void)json_object_set_new(source, "id", json_string(id));
    json_t *request =
        json_pack("{s:s, s:o, s:o, s:b}", "schema", "gaia.verify/1", "source", source,
                  "requirements", requirements, "content_hash", (int)values[OPT_HASH].is_set);
    if (values[OPT_FINDINGS].is_set) {
        (void)json_object_set_new(request, "findings",
                                  json_integer((json_int_t)values[OPT_FINDINGS].number));
    }
    *json = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    return *json == NULL ? error_memory(err, 1) : GAIA_OK;
}

/* A line a finding, and the verdict. */
static void verdict_append(struct text *out, const json_t *verdict)
{
    const json_t *counts = json_object_get(verdict, "counts");
    const json_t *hash = json_object_get(verdict, "content_hash");
    const json_t *n_fields = json_object_get(verdict, "n_fields");
    const json_int_t unlisted = json_integer_value(json_object_get(counts, "unlisted"));
    size_t i = 0;
    json_t *finding = NULL;
    json_array_foreach(json_object_get(verdict, "findings"), i, finding)
    {
        finding_append(out, finding);
    }
    if (unlisted > 0) {
        text_printf(out, "%lld more are not listed\n", (long long)unlisted);
    }
    if (json_is_string(hash)) {
        text_printf(out, "%s\n", json_string_value(hash));
    }
    const json_int_t errors = json_integer_value(json_object_get(counts, "errors"));
    const json_int_t warnings = json_integer_value(json_object_get(counts, "warnings"));
    text_printf(out, "%s: %lld error%s, %lld warning%s, %lld fields read\n",
                json_string_value(json_object_get(verdict, "verdict")), (long long)errors,
                errors == 1 ? "" : "s", (long long)warnings, warnings == 1 ? "" : "s",
                json_integer_value(n_fields));
}

static gaia_status verdict_write(const struct option_value *values, const json_t *verdict,
                                 gaia_error *err)
{
    struct text out = {0};
    if (values[OPT_JSON].is_set) {
        char *json = json_dumps(verdict, JSON_INDENT(1));
        out.failed = json == NULL;
        text_append(&out, json != NULL ? json : "");
        text_append(&out, "\n");
        free(json);
    } else {
        verdict_append(&out, verdict);
    }
    const gaia_status status = command_write(NULL, &out, err);
    text_fini(&out);
    return status;
}

static gaia_status verify_run(const struct option_value *values, const char *const *files,
                              bool *accepted, gaia_error *err)
{
    struct source_request request = {0};
    struct walk_progress progress = {.what = "verifying"};
    const struct walk_options walk = {.memory_bytes = values[OPT_MEMORY].number,
                                      .n_threads = (unsigned)values[OPT_THREADS].number,
                                      .watch = {&progress, walk_progress_show}};
    char *json = NULL;
    json_t *verdict = NULL;
    gaia_status status = request_make(values, files, &json, err);
    if (status == GAIA_OK) {
        status = verify_request_parse(json, strlen(json), &request, err);
        status = status == GAIA_OK ? status : option_blame(options, OPT_COUNT, values, err);
    }
    if (status == GAIA_OK) {
        progress_init(&progress.bar);
        status = verify_forecast(&request, &walk, &verdict, err);
        progress_end(&progress.bar);
    }
    if (status == GAIA_OK) {
        status = verdict_write(values, verdict, err);
    }
    const char *word = json_string_value(json_object_get(verdict, "verdict"));
    *accepted = word != NULL && strcmp(word, "accepted") == 0;
    json_decref(verdict);
    source_request_fini(&request);
    free(json);
    return status;
}

int command_verify(int argc, char **argv)
{
    enum { REJECTED = 3 }; /* as bad input everywhere: the README's exit statuses */
    struct option_value values[OPT_COUNT];
    const char *files[SOURCE_FILES_MAX + 1] = {NULL};
    bool helped = false;
    bool accepted = false;
    gaia_error err = {0};
    gaia_status status =
        command_arguments(&command_verify_spec, argc, argv, values, files, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = verify_run(values, files, &accepted, &err);
    }
    return status == GAIA_OK && !helped && !accepted ? REJECTED : command_end(status, &err);
}
