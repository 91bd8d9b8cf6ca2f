/* SPDX-License-Identifier: MIT
 *
 * Man pages, in man(7), of the table of commands.
 *
 * Invariant: no text of the table can become a request of roff.
 */
#ifndef COMMAND_MAN_PAGE_H
#define COMMAND_MAN_PAGE_H

#include "command_table.h"

/* Appends the page gaia-NAME(1) of a command, or gaia(1) where command is NULL. */
void man_page_append(struct text *out, const struct command *command);

/* Writes gaia.1 and a gaia-NAME.1 for each command into the folder, which is made if need be.
 * GAIA_DISK, GAIA_OUT_OF_MEMORY, GAIA_USAGE if the path is too long. */
GAIA_MUST_USE gaia_status man_pages_write(const char *folder, gaia_error *err);

#endif
