/* SPDX-License-Identifier: MIT
 *
 * How an executor shows, to whoever looks at its state directory, that a scheduler hears it: a file
 * STATE/scratch/NAME/beat, as old as the scheduler's last answer. Executors mark it; `gaia health`
 * reads it.
 */
#ifndef BASE_BEAT_H
#define BASE_BEAT_H

#include <stddef.h>

/* The scheduler expires an executor after 10 s; a machine under load is given thrice that. */
enum { BEAT_FRESH_S = 30 };

/* An executor's file, open; NULL scratch, or one that cannot be written to: none. */
struct beat {
    int fd; /* -1: none */
    char path[4096 + 32];
};

void beat_open(struct beat *beat, const char *scratch);
void beat_mark(const struct beat *beat);

/* Removes the file: its executor has left. */
void beat_close(struct beat *beat);

struct beat_count {
    size_t n;       /* executors that did not leave */
    size_t n_fresh; /* of them, those that were heard in the last BEAT_FRESH_S */
};

/* Those of a state directory. */
struct beat_count beat_look(const char *state);

#endif
