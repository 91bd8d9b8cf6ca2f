/* SPDX-License-Identifier: MIT
 *
 * `gaia help`: what there is, and what one command does.
 *
 * Invariant: nothing is said here that the table of commands does not say.
 */
#include "command_table.h"

#include <string.h>

#include "error.h"

static const struct option_spec options[] = {OPTION_HELP};
enum { HELP, N_OPTIONS };

const struct command_spec command_help_spec = {
    .usage = "help [COMMAND]",
    .summary = "Lists the commands, or says what one of them does and takes.",
    .options = options,
    .n_options = N_OPTIONS,
    .n_optional = 1,
};

void command_list_append(struct text *out)
{
    text_append(out, "usage: gaia COMMAND [OPTION]...\n\n");
    for (size_t i = 0; i < commands_count; i++) {
        text_printf(out, "  %-11s %s\n", commands[i].name, commands[i].summary);
    }
    text_append(out, "\n`gaia COMMAND --help` tells more, `gaia --version` the version.\n\n"
                     "Exit statuses: ");
    exit_statuses_append(out);
    text_append(out, ".\n");
}

int command_help(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *name = NULL;
    struct text out = {0};
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_help_spec, argc, argv, values, &name, &helped, &err);
    if (status != GAIA_OK || helped) {
        goto done;
    }
    const struct command *command = name != NULL ? command_find(name, strlen(name)) : NULL;
    if (command != NULL) {
        command_help_append(&out, command, NULL);
    } else if (name == NULL) {
        command_list_append(&out);
    } else {
        status = error_set(&err, GAIA_USAGE, "unknown command '%s'; see gaia --help", name);
    }
    if (status == GAIA_OK) {
        status = command_write(NULL, &out, &err);
    }
done:
    text_fini(&out);
    return command_end(status, &err);
}
