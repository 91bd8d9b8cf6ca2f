/* SPDX-License-Identifier: MIT
 *
 * The text of one line: for people, or as a JSON object (RFC 8259, in UTF-8). For log.c.
 */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"

/* Whole lines of this size go into a pipe in one piece (PIPE_BUF). */
enum { LOG_LINE_BYTES = 4096 };

enum log_form { LOG_CONSOLE, LOG_JSON };

/* What a line has before its fields, and how it is written. */
struct log_head {
    enum log_form form;
    bool is_coloured; /* on a terminal */
    bool is_journal;  /* a priority before the line, as sd-daemon(3) has it */
    int64_t time_ms;  /* since 1970 UTC */
    const char *program;
    long pid;
    const struct log_site *site;
};

struct log_line {
    char bytes[LOG_LINE_BYTES]; /* ends with a newline; no NUL */
    size_t used;
    size_t room; /* that may be used for now */
    bool is_cut; /* not everything fitted */
};

/* Writes the line: the fields of log, outer ones first, then `fields`. What does not fit is left
 * out, and `cut` says so; a text may lack its end. */
void log_line_make(struct log_line *line, const struct log_head *head, const struct log *log,
                   const struct log_field *fields);

#endif
