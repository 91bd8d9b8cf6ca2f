/* SPDX-License-Identifier: MIT
 *
 * `gaia manifest make` and `gaia manifest check`: the hashes of a folder's files, written and held
 * against the files.
 *
 * Invariant: a check ends with status 0 only if nothing was bad, missing or surplus.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "error.h"
#include "manifest.h"
#include "manifest_folder.h"
#include "outputs.h"

static const char *const fault_names[] = {
    [MANIFEST_BAD] = "bad", [MANIFEST_MISSING] = "missing", [MANIFEST_SURPLUS] = "surplus"};

enum { MAKE_HELP, MAKE_ALGORITHM, MAKE_OUT, MAKE_JSON, N_MAKE_OPTIONS };

static const struct option_spec make_options[N_MAKE_OPTIONS] = {
    [MAKE_HELP] = OPTION_HELP,
    [MAKE_ALGORITHM] = {"algorithm", OPTION_TEXT, "NAME", 0, 0, "[xxh64] or sha256"},
    [MAKE_OUT] = {"out", OPTION_OUTPUT, "FILE", 0, 0, "where the manifest goes [standard output]"},
    [MAKE_JSON] = {"json", OPTION_FLAG, NULL, 0, 0, "as it is anyway: a manifest is JSON"},
};

/* Of what it is made of, the manifest may replace nothing but an earlier one. */
static gaia_status out_check(const char *path, const struct option_value *values, gaia_error *err)
{
    struct outputs outputs;
    struct manifest *earlier = NULL;
    gaia_error why = {0};
    gaia_status status = outputs_take(make_options, N_MAKE_OPTIONS, values, &outputs, err);
    if (status == GAIA_OK) {
        status = outputs_spare(&outputs, "what it is made of,", path, err);
    }
    if (status == GAIA_USAGE && values[MAKE_OUT].is_set &&
        manifest_read(values[MAKE_OUT].text, &earlier, &why) == GAIA_OK) {
        *err = (gaia_error){0};
        status = GAIA_OK;
    }
    manifest_free(earlier);
    return status;
}

static gaia_status make_run(const char *path, const struct option_value *values, gaia_error *err)
{
    const struct option_value *algorithm = &values[MAKE_ALGORITHM];
    const struct option_value *out = &values[MAKE_OUT];
    enum digest_kind kind = DIGEST_XXH64;
    struct manifest *manifest = NULL;
    struct text text = {0};
    if (algorithm->is_set && !digest_find(algorithm->text, &kind)) {
        return error_set(err, GAIA_USAGE, "--algorithm '%s': xxh64 or sha256 is wanted",
                         algorithm->text);
    }
    const char *file = out->is_set ? out->text : NULL;
    gaia_status status = out_check(path, values, err);
    if (status == GAIA_OK) {
        status = manifest_make(path, kind, file, &manifest, err);
    }
    if (status == GAIA_OK) {
        manifest_write(manifest, &text);
        status = command_write(file, &text, err);
    }
    manifest_free(manifest);
    text_fini(&text);
    return status;
}

const struct command_spec command_manifest_make_spec = {
    "manifest make PATH [--algorithm NAME] [--out FILE]",
    "Writes the size and hash of every file below PATH (gaia.manifest/1).",
    make_options,
    N_MAKE_OPTIONS,
    1,
    0};

static int manifest_make_command(int argc, char **argv)
{
    struct option_value values[N_MAKE_OPTIONS];
    const char *path = NULL;
    bool helped = false;
    gaia_error err = {0};
    gaia_status status =
        command_arguments(&command_manifest_make_spec, argc, argv, values, &path, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = make_run(path, values, &err);
    }
    return command_end(status, &err);
}

/* Where the faults go: lines, or lists of JSON. */
struct told {
    json_t *lists[3]; /* NULL: lines */
    struct text lines;
};

static void on_fault(void *context, enum manifest_fault fault, const char *key, const char *why)
{
    struct told *told = context;
    if (told->lists[fault] != NULL) {
        json_t *item = fault == MANIFEST_BAD ? json_pack("{s:s, s:s}", "key", key, "why", why)
                                             : json_string(key);
        (void)json_array_append_new(told->lists[fault],
                                    item != NULL ? item : json_string("a name that is no UTF-8"));
    } else {
        text_printf(&told->lines, "%s: %s\n", fault_names[fault],
                    fault == MANIFEST_BAD ? why : key);
    }
}

static gaia_status told_write(struct told *told, const struct manifest *manifest,
                              const struct manifest_result *result, gaia_error *err)
{
    if (told->lists[0] != NULL) {
        json_t *root = json_pack("{s:s, s:I, s:I, s:O, s:O, s:O}", "content_hash",
                                 manifest->content_hash, "files", (json_int_t)manifest->n_entries,
                                 "hashed", (json_int_t)result->n_hashed, "bad", told->lists[0],
                                 "missing", told->lists[1], "surplus", told->lists[2]);
        char *dumped = json_dumps(root, JSON_INDENT(1));
        text_append(&told->lines, dumped != NULL ? dumped : "");
        text_append(&told->lines, "\n");
        told->lines.failed = told->lines.failed || dumped == NULL;
        free(dumped);
        json_decref(root);
    }
    return command_write(NULL, &told->lines, err);
}

static gaia_status check_run(const char *path, const char *manifest_path, size_t sample,
                             uint64_t seed, bool json, gaia_error *err)
{
    struct manifest *manifest = NULL;
    struct manifest_result result;
    struct told told = {.lists = {NULL}};
    gaia_status status = manifest_read(manifest_path, &manifest, err);
    if (status != GAIA_OK) {
        return status;
    }
    for (size_t i = 0; json && i < 3; i++) {
        told.lists[i] = json_array();
        status = told.lists[i] != NULL ? status : error_memory(err, 1);
    }
    if (status == GAIA_OK) {
        status = manifest_check_folder(manifest, path, sample, seed, on_fault, &told, &result, err);
    }
    if (status == GAIA_OK) {
        status = told_write(&told, manifest, &result, err);
    }
    if (status == GAIA_OK && result.n_bad + result.n_missing + result.n_surplus > 0) {
        status = error_set(err, GAIA_FILE_DAMAGED,
                           "%s: %zu bad, %zu missing and %zu surplus of %zu files in %s", path,
                           result.n_bad, result.n_missing, result.n_surplus, manifest->n_entries,
                           manifest_path);
    }
    for (size_t i = 0; i < 3; i++) {
        json_decref(told.lists[i]);
    }
    text_fini(&told.lines);
    manifest_free(manifest);
    return status;
}

enum { CHECK_HELP, CHECK_SAMPLE, CHECK_SEED, CHECK_JSON, N_CHECK_OPTIONS };

static const struct option_spec check_options[N_CHECK_OPTIONS] = {
    [CHECK_HELP] = OPTION_HELP,
    [CHECK_SAMPLE] = {"sample", OPTION_NUMBER, "N", 0, UINT32_MAX,
                      "hash N files; names and sizes are compared of all [hash all]"},
    [CHECK_SEED] = {"seed", OPTION_NUMBER, "S", 0, UINT64_MAX, "which files --sample draws [0]"},
    [CHECK_JSON] = {"json", OPTION_FLAG, NULL, 0, 0, "the result as JSON"},
};

const struct command_spec command_manifest_check_spec = {
    "manifest check PATH MANIFEST [--sample N] [--seed S] [--json]",
    "Holds the files below PATH against a manifest and names each that is bad, missing or\n"
    "surplus; there being one, the exit status is 3.",
    check_options,
    N_CHECK_OPTIONS,
    2,
    0};

static int manifest_check_command(int argc, char **argv)
{
    struct option_value values[N_CHECK_OPTIONS];
    const char *paths[2] = {NULL, NULL};
    bool helped = false;
    gaia_error err = {0};
    gaia_status status =
        command_arguments(&command_manifest_check_spec, argc, argv, values, paths, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status =
            check_run(paths[0], paths[1],
                      values[CHECK_SAMPLE].is_set ? (size_t)values[CHECK_SAMPLE].number : SIZE_MAX,
                      values[CHECK_SEED].is_set ? values[CHECK_SEED].number : 0,
                      values[CHECK_JSON].is_set, &err);
    }
    return command_end(status, &err);
}

int command_manifest(int argc, char **argv)
{
    gaia_error err = {0};
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "make") == 0) {
        return manifest_make_command(argc - 1, argv + 1);
    }
    if (strcmp(verb, "check") == 0) {
        return manifest_check_command(argc - 1, argv + 1);
    }
    if (strcmp(verb, "--help") == 0) {
        return command_help_print("manifest");
    }
    return command_end(
        error_set(&err, GAIA_USAGE,
                  "usage: gaia manifest make PATH | gaia manifest check PATH MANIFEST"),
        &err);
}
