/* SPDX-License-Identifier: MIT
 *
 * What the subcommands share: their arguments, their errors, their output.
 *
 * Invariant: stdout carries results only; whatever is said about them goes to stderr.
 */
#include "command.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "command_table.h"
#include "error.h"
#include "file.h"
#include "terminal.h"

enum { LINE_BYTES = 4096 };

/* Help of the command whose name text begins with: of one form, or of all. */
static gaia_status help_print(const char *text, const struct command_spec *form, gaia_error *err)
{
    const struct command *command = command_find(text, strcspn(text, " "));
    struct text out = {0};
    assert(command != NULL);
    command_help_append(&out, command, form);
    const gaia_status status = command_write(NULL, &out, err);
    text_fini(&out);
    return status;
}

int command_help_print(const char *name)
{
    gaia_error err = {0};
    const gaia_status status = help_print(name, NULL, &err);
    return command_end(status, &err);
}

static bool has_option(const struct command_spec *spec, const char *name)
{
    bool has = false;
    for (size_t i = 0; i < spec->n_options; i++) {
        has = has || strcmp(spec->options[i].name, name) == 0;
    }
    return has;
}

/* Every command knows --json: where it has formats, that is one of them. */
static void json_means_format(const struct command_spec *spec, int argc, char **argv)
{
    static char format_json[] = "--format=json"; /* never written, as no argument is */
    if (!has_option(spec, "format") || has_option(spec, "json")) {
        return;
    }
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        argv[i] = strcmp(argv[i], "--json") == 0 ? format_json : argv[i];
    }
}

gaia_status command_arguments(const struct command_spec *spec, int argc, char **argv,
                              struct option_value *values, const char **positional, bool *helped,
                              gaia_error *err)
{
    size_t n_positional = 0;
    json_means_format(spec, argc, argv);
    const gaia_status status =
        options_parse(spec->options, spec->n_options, argc, argv, values, positional,
                      spec->n_positional + spec->n_optional, &n_positional, err);
    *helped = false;
    if (status != GAIA_OK) {
        return status;
    }
    if (values[0].is_set) {
        *helped = true;
        return help_print(spec->usage, spec, err);
    }
    if (n_positional < spec->n_positional) {
        return error_set(err, GAIA_USAGE, "usage: gaia %s", spec->usage);
    }
    return GAIA_OK;
}

void command_tell(const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    (void)text_clean(line);
    (void)fprintf(stderr, "gaia: %s\n", line);
}

int command_end(gaia_status status, const gaia_error *err)
{
    if (status != GAIA_OK) {
        const struct terminal terminal = terminal_look(STDERR_FILENO);
        (void)fflush(stdout);
        (void)fprintf(stderr, "%sgaia:%s %s\n", terminal_colour(&terminal, TERMINAL_RED),
                      terminal_colour(&terminal, TERMINAL_PLAIN),
                      err->detail[0] != '\0' ? err->detail : gaia_status_text(status));
    }
    return gaia_status_exit(status);
}

gaia_status command_write(const char *path, const struct text *text, gaia_error *err)
{
    if (text->failed) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the output");
    }
    if (path != NULL) {
        return file_write(path, text->length > 0 ? text->s : "", text->length, 0644, err);
    }
    const size_t written = text->length > 0 ? fwrite(text->s, 1, text->length, stdout) : 0;
    if (written != text->length || fflush(stdout) != 0) {
        return error_set(err, GAIA_DISK, "standard output: %s", strerror(errno));
    }
    return GAIA_OK;
}

gaia_status command_write_json(struct json_t *value, gaia_error *err)
{
    char *dumped = value != NULL ? json_dumps(value, JSON_INDENT(1)) : NULL;
    struct text text = {.failed = dumped == NULL};
    text_append(&text, dumped != NULL ? dumped : "");
    text_append(&text, "\n");
    const gaia_status status = command_write(NULL, &text, err);
    text_fini(&text);
    free(dumped);
    json_decref(value);
    return status;
}

gaia_status command_done(bool as_json, const char *id, const char *what, gaia_error *err)
{
    return as_json ? command_write_json(json_pack("{s:s, s:s}", "id", id, "done", what), err)
                   : GAIA_OK;
}

gaia_status command_id(bool as_json, const char *id, gaia_error *err)
{
    struct text line = {0};
    if (as_json) {
        return command_write_json(json_pack("{s:s}", "id", id), err);
    }
    text_printf(&line, "%s\n", id);
    const gaia_status status = command_write(NULL, &line, err);
    text_fini(&line);
    return status;
}

gaia_status command_write_lines(bool as_json, const char *key, const struct text *text,
                                gaia_error *err)
{
    const char *line = text->length > 0 ? text->s : "";
    if (!as_json || text->failed) {
        return command_write(NULL, text, err);
    }
    json_t *lines = json_array();
    while (*line != '\0') {
        const size_t length = strcspn(line, "\n");
        if (json_array_append_new(lines, json_stringn(line, length)) != 0) {
            json_decref(lines);
            return error_memory(err, length);
        }
        line += length + (line[length] != '\0');
    }
    return command_write_json(json_pack("{s:o}", key, lines), err);
}
