/* SPDX-License-Identifier: MIT
 *
 * The command line: finds the subcommand in one table and runs it.
 *
 * Invariant: numbers are read and written in the C locale, whatever the user's is.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Takes options before the command, which say where the scheduler is, into the environment, where
 * every client looks. Returns how many arguments they are; -1: one is wrong, and that was told. */
static int scheduler_options_take(int argc, char **argv)
{
    static const struct {
        const char *option;
        const char *variable;
    } options[] = {{"--scheduler", "GAIA_SCHEDULER"},
                   {"--token-file", "GAIA_TOKEN_FILE"},
                   {"--ca", "GAIA_CA_FILE"}};
    int taken = 0;
    for (size_t i = 0; taken + 1 < argc && i < sizeof options / sizeof *options; i++) {
        const char *word = argv[taken + 1];
        const size_t length = strlen(options[i].option);
        const char *value = NULL;
        if (strncmp(word, options[i].option, length) == 0 && word[length] == '=') {
            value = word + length + 1;
        } else if (strcmp(word, options[i].option) == 0) {
            value = taken + 2 < argc ? argv[++taken + 1] : "";
        }
        if (value != NULL && (value[0] == '\0' || setenv(options[i].variable, value, 1) != 0)) {
            (void)fprintf(stderr, "gaia: %s wants a value\n", options[i].option);
            return -1;
        }
        if (value != NULL) {
            taken++;
            i = SIZE_MAX; /* the next may be any of them */
        }
    }
    return taken;
}

int main(int argc, char **argv)
{
    const int taken = scheduler_options_take(argc, argv);
    if (taken < 0) {
        return gaia_status_exit(GAIA_USAGE);
    }
    argc -= taken;
    argv += taken;
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
