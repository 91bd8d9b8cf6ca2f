/* SPDX-License-Identifier: MIT
 *
 * The one table of commands: `gaia` runs them by it, and help, man pages and completions are made
 * of it.
 *
 * Invariant: what is told of a command and what it takes come from the same rows.
 */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include "command.h"

enum { COMMAND_FORMS_MAX = 2 };

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;  /* in a line */
    const char *examples; /* one to three lines, each of which begins with "gaia NAME" */
    /* What it takes; a second form where its first word says which one is meant. NULL: none. */
    const struct command_spec *forms[COMMAND_FORMS_MAX];
};

/* In the order in which they are listed. */
extern const struct command commands[];
extern const size_t commands_count;

/* The command of this name, of which length bytes count; NULL if there is none. Static. */
const struct command *command_find(const char *name, size_t length);

/* The length of "cert make" in "cert make DIR ...", the words that choose a form of several. */
size_t form_words(const struct command_spec *form);

/* Appends "0 success, 2 usage, ...", as gaia_status_exit has it. */
void exit_statuses_append(struct text *out);

/* Appends what --help says of a form of a command, or of all its forms where form is NULL. */
void command_help_append(struct text *out, const struct command *command,
                         const struct command_spec *form);

#endif
