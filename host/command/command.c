/* SPDX-License-Identifier: MIT
 *
 * What the subcommands share: their arguments, their errors, their output.
 *
 * Invariant: stdout carries results only; whatever is said about them goes to stderr.
 */
#include "command.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command_table.h"
#include "error.h"
#include "file.h"

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

gaia_status command_arguments(const struct command_spec *spec, int argc, char **argv,
                              struct option_value *values, const char **positional, bool *helped,
                              gaia_error *err)
{
    size_t n_positional = 0;
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

int command_end(gaia_status status, const gaia_error *err)
{
    if (status != GAIA_OK) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "gaia: %s\n",
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
