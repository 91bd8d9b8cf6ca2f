/* SPDX-License-Identifier: MIT
 *
 * Asking the terminal.
 */
#include "terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_UNKNOWN = 80, COLUMNS_MIN = 20, COLUMNS_MAX = 10000 };

static size_t columns_read(int fd)
{
    const char *said = getenv("COLUMNS");
    char *end = NULL;
    struct winsize window;
    const long columns = said != NULL ? strtol(said, &end, 10) : 0;
    if (said != NULL && *end == '\0' && columns > 0) {
        return columns > COLUMNS_MAX ? COLUMNS_MAX : (size_t)columns;
    }
    return ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col
                                                                    : COLUMNS_UNKNOWN;
}

struct terminal terminal_look(int fd)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct terminal terminal = {.is_there = isatty(fd) == 1};
    if (terminal.is_there) {
        const size_t columns = columns_read(fd);
        terminal.columns = columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
        terminal.has_colours = (no_colour == NULL || no_colour[0] == '\0') && term != NULL &&
                               term[0] != '\0' && strcmp(term, "dumb") != 0;
    }
    return terminal;
}

const char *terminal_colour(const struct terminal *terminal, enum terminal_colour colour)
{
    static const char *const escapes[] = {[TERMINAL_PLAIN] = "\033[0m",
                                          [TERMINAL_BOLD] = "\033[1m",
                                          [TERMINAL_RED] = "\033[31m",
                                          [TERMINAL_GREEN] = "\033[32m",
                                          [TERMINAL_YELLOW] = "\033[33m"};
    return terminal->has_colours ? escapes[colour] : "";
}

size_t terminal_width(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return n;
}
