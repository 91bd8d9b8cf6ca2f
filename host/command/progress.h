/* SPDX-License-Identifier: MIT
 *
 * A progress bar on stderr, with the rate and the time that is left: shown only if stderr is a
 * terminal, and gone when it ends.
 */
#ifndef COMMAND_PROGRESS_H
#define COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "terminal.h"
#include "text.h"

struct progress {
    struct terminal terminal;
    bool is_shown;
    bool is_begun;
    int64_t begun_ms;    /* when the first fields were told of, */
    uint64_t begun_with; /* and how many those were */
    int64_t shown_ms;
    uint64_t shown_done;
};

/* Looks whether there is a terminal to show it on. */
void progress_init(struct progress *progress);

/* Shows done of total fields, with a word for what is going on ("planning", "running"). */
void progress_show(struct progress *progress, const char *what, uint64_t done, uint64_t total);

/* Clears the line. */
void progress_end(struct progress *progress);

/* Appends the line of progress_show, without its escapes that move the cursor, in at most
 * terminal->columns - 1 columns: `counted` of the done fields took elapsed_ms. What has no room is
 * left out, the word first, then the time left, the rate, the counts. */
void progress_line(struct text *out, const struct terminal *terminal, const char *what,
                   uint64_t done, uint64_t total, uint64_t counted, int64_t elapsed_ms);

#endif
