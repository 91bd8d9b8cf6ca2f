/* SPDX-License-Identifier: MIT
 *
 * What stands at the other end of a stream: whether people look at it, how wide their window is,
 * whether it shows colours.
 *
 * Invariant: what programs read (a file, a pipe) is written without colours and never folded.
 */
#ifndef COMMAND_TERMINAL_H
#define COMMAND_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct terminal {
    bool is_there;
    size_t columns; /* of the window; 0: not a terminal, so there is no bound */
    bool has_colours;
};

/* Looks at a file descriptor. The width is that of COLUMNS, else the window's, else 80. Colours are
 * shown unless NO_COLOR is set to something or TERM is "dumb" or not set. */
struct terminal terminal_look(int fd);

/* Escapes around text in a colour, "" where the terminal shows none. Static. */
enum terminal_colour {
    TERMINAL_PLAIN,
    TERMINAL_BOLD,
    TERMINAL_RED,
    TERMINAL_GREEN,
    TERMINAL_YELLOW
};
const char *terminal_colour(const struct terminal *terminal, enum terminal_colour colour);

/* Characters of UTF-8 text, one column each. */
size_t terminal_width(const char *text);

#endif
