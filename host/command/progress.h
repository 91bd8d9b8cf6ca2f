/* SPDX-License-Identifier: MIT
 *
 * A progress bar on stderr: shown only if stderr is a terminal, and gone when it ends.
 */
#ifndef COMMAND_PROGRESS_H
#define COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool on;
    unsigned shown_permille; /* what the terminal shows now */
};

/* Looks whether there is a terminal to show it on. */
void progress_init(struct progress *progress);

/* Shows done of total fields, with a word for what is going on ("planning", "running"). */
void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t total);

/* Clears the line. */
void progress_end(struct progress *progress);

#endif
