/* SPDX-License-Identifier: MIT
 *
 * A growing string. Appending never fails visibly: the first failed allocation empties the text and
 * sets `failed`, which the owner checks once at the end.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gaia/status.h>

struct text {
    char *s; /* NUL-terminated once anything was appended */
    size_t length;
    size_t capacity;
    bool failed;
};

enum { TEXT_NUMBER = 32 };

void text_fini(struct text *text);
void text_append(struct text *text, const char *s);
void text_append_n(struct text *text, const char *s, size_t n);
void text_printf(struct text *text, const char *format, ...) GAIA_PRINTF(2, 3);

/* Appends s as one CSV cell (RFC 4180): quoted where it holds a comma, a quote or a line break. */
void text_csv(struct text *text, const char *s);

/* Whether a character is never shown as it is, because it steers a terminal, ends the line, hides
 * or turns the direction of writing: those of Unicode's categories Cc, Cf, Zl and Zp. */
bool text_is_hidden(uint32_t code);

/* Makes of s one line that can be shown to people: blanks in place of controls and of separators of
 * lines and paragraphs, '?' in place of each other hidden character and of each byte that is not
 * UTF-8 (also of a character cut short). It does not grow. True if nothing had to be replaced. */
bool text_clean(char *s);

/* Whether text_clean would leave s as it is. */
bool text_is_clean(const char *s);

/* Appends s as text_clean leaves it: for texts of strangers, wherever people read them. */
void text_append_clean(struct text *text, const char *s);

/* Length of the UTF-8 character at s (RFC 3629), whose number is *code; 0 if there is none. */
size_t text_character(const char *s, uint32_t *code);

/* Whether all of s is UTF-8. */
bool text_is_utf8(const char *s);

/* Writes the shortest decimal that reads back to the same float64; "nan", "inf", "-inf" otherwise.
 * out: at least TEXT_NUMBER bytes. The locale must be "C". */
void number_format(double value, char *out);

/* Reads a whole string as a finite number; false if it is not one. */
bool number_parse(const char *s, double *value);

#endif
