/* SPDX-License-Identifier: MIT
 *
 * Tables for people: lists with headings, and reports of scores, which fit the window that shows
 * them.
 *
 * Invariant: nothing of a cell is lost. What does not fit is wrapped or left to --json, and said.
 */
#ifndef COMMAND_LISTING_H
#define COMMAND_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include <gaia/status.h>

#include "report.h"
#include "terminal.h"
#include "text.h"

enum { LISTING_COLUMNS_MAX = 10 };

struct listing_column {
    const char *heading;
    bool is_right; /* numbers */
    bool is_spare; /* left out where there is no room; the last of several first */
};

/* A list that is being put together. The last column is wrapped where it does not fit. */
struct listing {
    const struct listing_column *columns; /* [n_columns], at most LISTING_COLUMNS_MAX */
    size_t n_columns;
    size_t n_cells;
    struct text cells; /* each with a NUL behind it, row by row */
};

/* Adds a cell, left to right; control characters in it become blanks. */
void listing_add(struct listing *listing, const char *format, ...) GAIA_PRINTF(2, 3);

/* Adds a time in milliseconds since 1970, "-" for 0. */
void listing_add_time(struct listing *listing, long long time_ms);

/* Appends the table as the terminal shows it; a list without rows is nothing. */
void listing_write(struct listing *listing, const struct terminal *terminal, struct text *out);

/* The same to stdout, for whatever that is. GAIA_DISK, GAIA_OUT_OF_MEMORY. */
GAIA_MUST_USE gaia_status listing_print(struct listing *listing, gaia_error *err);

void listing_fini(struct listing *listing);

/* report_open for what goes to path, or, where that is NULL, to stdout: then it fits the window. */
GAIA_MUST_USE gaia_status listing_report_open(const char *path, enum report_format format,
                                              struct text *out, struct report **report,
                                              gaia_error *err);

#endif
