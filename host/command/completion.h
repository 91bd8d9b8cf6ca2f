/* SPDX-License-Identifier: MIT
 *
 * Completions for shells, of the table of commands.
 *
 * Invariant: a script holds only names of the table and texts in single quotes, so that no shell
 * runs any of it.
 */
#ifndef COMMAND_COMPLETION_H
#define COMMAND_COMPLETION_H

#include "text.h"

/* Append a script to be sourced by bash, and one to be put as _gaia on zsh's fpath. */
void completion_bash_append(struct text *out);
void completion_zsh_append(struct text *out);

#endif
