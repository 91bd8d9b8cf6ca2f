/* SPDX-License-Identifier: MIT
 *
 * Laying tables out once all of their cells are known.
 */
#include "listing.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gaia/time.h>

#include "command.h"

enum { CELL_BYTES = 2048, GAP = 2, LAST_MIN = 16, MS_PER_S = 1000 };

void listing_add(struct listing *listing, const char *format, ...)
{
    char cell[CELL_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(cell, sizeof cell, format, arguments);
    va_end(arguments);
    (void)text_clean(cell);
    text_append_n(&listing->cells, cell, strlen(cell) + 1);
    listing->n_cells++;
}

void listing_add_time(struct listing *listing, long long time_ms)
{
    char when[GAIA_TIME_TEXT] = "-";
    if (time_ms != 0) {
        gaia_time_format(time_ms / MS_PER_S, when);
    }
    listing_add(listing, "%s", when);
}

void listing_fini(struct listing *listing)
{
    text_fini(&listing->cells);
    listing->n_cells = 0;
}

/* The widths of all columns, but for the last one, which takes what is left; 0: left out. */
struct layout {
    size_t width[LISTING_COLUMNS_MAX];
    size_t last; /* room for the last column; 0: no bound */
};

static void widths_measure(const struct listing *listing, size_t n_rows, struct layout *layout)
{
    const char *cell = listing->cells.s;
    for (size_t k = 0; k < listing->n_columns; k++) {
        layout->width[k] = strlen(listing->columns[k].heading);
    }
    for (size_t i = 0; i < n_rows * listing->n_columns; i++, cell += strlen(cell) + 1) {
        const size_t k = i % listing->n_columns;
        const size_t width = terminal_width(cell);
        layout->width[k] = width > layout->width[k] ? width : layout->width[k];
    }
}

/* Leaves spare columns out, the last first, until the last column has some room. */
static void layout_fit(const struct listing *listing, size_t columns, struct layout *layout)
{
    const size_t last = listing->n_columns - 1;
    const size_t wanted = layout->width[last] < LAST_MIN ? layout->width[last] : LAST_MIN;
    size_t used = 0;
    for (size_t k = 0; k < last; k++) {
        used += layout->width[k] + GAP;
    }
    for (size_t k = last; k-- > 0 && used + wanted > columns;) {
        if (listing->columns[k].is_spare) {
            used -= layout->width[k] + GAP;
            layout->width[k] = 0;
        }
    }
    layout->last = columns > used + wanted ? columns - used : wanted;
}

static void blanks_append(struct text *out, size_t n)
{
    text_printf(out, "%*s", (int)n, "");
}

/* Bytes of text whose characters fit into `columns`, to a blank where there is one; all of it where
 * it fits. */
static size_t piece_length(const char *text, size_t columns)
{
    size_t bytes = 0;
    size_t blank = 0;
    for (size_t n = 0; text[bytes] != '\0'; n++) {
        if (n == columns) {
            return blank > 0 ? blank : bytes;
        }
        if (text[bytes] == ' ') {
            blank = bytes;
        }
        do {
            bytes++;
        } while (((unsigned char)text[bytes] & 0xc0) == 0x80);
    }
    return bytes;
}

/* The last cell, wrapped, each line under the one before. */
static void last_append(struct text *out, const char *cell, size_t indent, size_t columns)
{
    while (columns > 0 && terminal_width(cell) > columns) {
        const size_t length = piece_length(cell, columns);
        text_append_n(out, cell, length);
        text_append(out, "\n");
        blanks_append(out, indent);
        cell += length + (cell[length] == ' ');
    }
    text_append(out, cell);
}

/* A line of cells, which lie one behind the other, or of headings where cell is NULL; what comes
 * behind the cells. */
static const char *line_append(struct text *out, const struct listing *listing,
                               const struct layout *layout, const char *cell)
{
    size_t at = 0;
    for (size_t k = 0; k < listing->n_columns; k++) {
        const char *text = cell != NULL ? cell : listing->columns[k].heading;
        const bool is_last = k + 1 == listing->n_columns;
        const size_t pad = layout->width[k] > terminal_width(text) && !is_last
                               ? layout->width[k] - terminal_width(text)
                               : 0;
        if (is_last) {
            last_append(out, text, at, layout->last);
        } else if (layout->width[k] > 0) {
            blanks_append(out, listing->columns[k].is_right ? pad : 0);
            text_append(out, text);
            blanks_append(out, (listing->columns[k].is_right ? 0 : pad) + GAP);
            at += layout->width[k] + GAP;
        }
        cell = cell != NULL ? cell + strlen(cell) + 1 : NULL;
    }
    return cell;
}

void listing_write(struct listing *listing, const struct terminal *terminal, struct text *out)
{
    struct layout layout = {.last = 0};
    const size_t n_rows = listing->n_cells / listing->n_columns;
    const char *comma = "left out, for want of room: ";
    assert(listing->n_columns <= LISTING_COLUMNS_MAX && listing->n_cells % listing->n_columns == 0);
    out->failed = out->failed || listing->cells.failed;
    if (n_rows == 0 || out->failed) {
        return;
    }
    widths_measure(listing, n_rows, &layout);
    if (terminal->columns > 0) {
        layout_fit(listing, terminal->columns, &layout);
    }
    text_append(out, terminal_colour(terminal, TERMINAL_BOLD));
    (void)line_append(out, listing, &layout, NULL);
    text_printf(out, "%s\n", terminal_colour(terminal, TERMINAL_PLAIN));
    const char *cell = listing->cells.s;
    for (size_t i = 0; i < n_rows; i++) {
        cell = line_append(out, listing, &layout, cell);
        text_append(out, "\n");
    }
    for (size_t k = 0; k + 1 < listing->n_columns; k++) {
        if (layout.width[k] == 0) {
            text_printf(out, "%s%s", comma, listing->columns[k].heading);
            comma = ", ";
        }
    }
    text_append(out, strcmp(comma, ", ") == 0 ? "; --json has all\n" : "");
}

gaia_status listing_print(struct listing *listing, gaia_error *err)
{
    const struct terminal terminal = terminal_look(STDOUT_FILENO);
    struct text out = {0};
    listing_write(listing, &terminal, &out);
    const gaia_status status = command_write(NULL, &out, err);
    text_fini(&out);
    return status;
}

gaia_status listing_report_open(const char *path, enum report_format format, struct text *out,
                                struct report **report, gaia_error *err)
{
    const gaia_status status = report_open(format, out, report, err);
    if (status == GAIA_OK && path == NULL) {
        const struct terminal terminal = terminal_look(STDOUT_FILENO);
        report_fit(*report, terminal.columns, terminal_colour(&terminal, TERMINAL_BOLD),
                   terminal_colour(&terminal, TERMINAL_PLAIN));
    }
    return status;
}
