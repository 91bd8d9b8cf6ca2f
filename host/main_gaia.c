/* SPDX-License-Identifier: MIT
 *
 * The command line: finds the subcommand in one table and runs it.
 *
 * Invariant: numbers are read and written in the C locale, whatever the user's is.
 */
#include <stdio.h>
#include <string.h>

#include <gaia/status.h>

#include "command_table.h"

static void list_print(FILE *out)
{
    struct text text = {0};
    command_list_append(&text);
    (void)fputs(text.s != NULL ? text.s : "", out);
    text_fini(&text);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        list_print(stderr);
        return gaia_status_exit(GAIA_USAGE);
    }
    const struct command *command = command_find(argv[1], strlen(argv[1]));
    if (command != NULL) {
        return command->run(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "--help") == 0) {
        list_print(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("gaia %s\n", gaia_version());
        return 0;
    }
    (void)fprintf(stderr, "gaia: unknown command '%s'; see gaia --help\n", argv[1]);
    return gaia_status_exit(GAIA_USAGE);
}
