/* SPDX-License-Identifier: MIT
 *
 * Growing strings, CSV cells and numbers as text.
 */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_fini(struct text *text)
{
    free(text->s);
    *text = (struct text){0};
}

static bool text_reserve(struct text *text, size_t more)
{
    if (text->failed) {
        return false;
    }
    const size_t need = text->length + more + 1;
    if (need <= text->capacity) {
        return true;
    }
    const size_t capacity = need < 256 ? 256 : need + need / 2;
    char *s = realloc(text->s, capacity);
    if (s == NULL) {
        text_fini(text);
        text->failed = true;
        return false;
    }
    text->s = s;
    text->capacity = capacity;
    return true;
}

void text_append_n(struct text *text, const char *s, size_t n)
{
    if (text_reserve(text, n)) {
        memcpy(text->s + text->length, s, n);
        text->length += n;
        text->s[text->length] = '\0';
    }
}

void text_append(struct text *text, const char *s)
{
    text_append_n(text, s, strlen(s));
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n >= 0 && text_reserve(text, (size_t)n)) {
        va_start(args, format);
        (void)vsnprintf(text->s + text->length, (size_t)n + 1, format, args);
        va_end(args);
        text->length += (size_t)n;
    }
}

void text_csv(struct text *text, const char *s)
{
    if (strpbrk(s, ",\"\r\n") == NULL) {
        text_append(text, s);
        return;
    }
    text_append(text, "\"");
    for (; *s != '\0'; s++) {
        text_append_n(text, s, 1);
        if (*s == '"') {
            text_append(text, "\"");
        }
    }
    text_append(text, "\"");
}

static bool reads_back(const char *text, double value)
{
    return strtod(text, NULL) == value;
}

size_t text_character(const char *s, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)s;
    *code = byte[0];
    if (byte[0] < 0x80) {
        return 1;
    }
    const size_t n = (byte[0] & 0xe0) == 0xc0   ? 2
                     : (byte[0] & 0xf0) == 0xe0 ? 3
                     : (byte[0] & 0xf8) == 0xf0 ? 4
                                                : 0;
    *code = n > 0 ? byte[0] & (0x7fu >> n) : 0;
    for (size_t i = 1; i < n; i++) {
        if ((byte[i] & 0xc0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (byte[i] & 0x3fu);
    }
    const bool good =
        n > 0 && *code >= least[n] && *code <= 0x10ffff && (*code < 0xd800 || *code > 0xdfff);
    return good ? n : 0;
}

bool text_is_utf8(const char *s)
{
    size_t n = 1;
    uint32_t code = 0;
    while (*s != '\0' && n > 0) {
        n = text_character(s, &code);
        s += n;
    }
    return n > 0;
}

bool text_is_hidden(uint32_t code)
{
    /* First and last of each run: Cc, Cf, Zl and Zp of Unicode 16. */
    static const uint32_t runs[][2] = {
        {0x0, 0x1f},        {0x7f, 0x9f},       {0xad, 0xad},       {0x600, 0x605},
        {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},
        {0x8e2, 0x8e2},     {0x180e, 0x180e},   {0x200b, 0x200f},   {0x2028, 0x202e},
        {0x2060, 0x2064},   {0x2066, 0x206f},   {0xfeff, 0xfeff},   {0xfff9, 0xfffb},
        {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
        {0x1d173, 0x1d17a}, {0xe0001, 0xe0001}, {0xe0020, 0xe007f}};
    for (size_t i = 0; i < sizeof runs / sizeof *runs && code >= runs[i][0]; i++) {
        if (code <= runs[i][1]) {
            return true;
        }
    }
    return false;
}

/* The byte that stands for the character at s, which has *n bytes; 0: it is shown. */
static char character_stand_in(const char *s, size_t *n)
{
    uint32_t code = 0;
    *n = text_character(s, &code);
    if (*n == 0) {
        *n = 1;
        return '?';
    }
    const bool ends =
        code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
    return ends ? ' ' : text_is_hidden(code) ? '?' : '\0';
}

bool text_clean(char *s)
{
    char *to = s;
    size_t n = 0;
    bool clean = true;
    for (; *s != '\0'; s += n) {
        const char stand_in = character_stand_in(s, &n);
        if (stand_in != '\0') {
            *to++ = stand_in;
            clean = false;
        } else {
            memmove(to, s, n);
            to += n;
        }
    }
    *to = '\0';
    return clean;
}

bool text_is_clean(const char *s)
{
    size_t n = 0;
    while (*s != '\0' && character_stand_in(s, &n) == '\0') {
        s += n;
    }
    return *s == '\0';
}

void text_append_clean(struct text *text, const char *s)
{
    const size_t before = text->length;
    text_append(text, s);
    if (!text->failed && text->s != NULL) {
        (void)text_clean(text->s + before);
        text->length = before + strlen(text->s + before);
    }
}

void number_format(double value, char *out)
{
    if (isnan(value)) {
        memcpy(out, "nan", 4);
        return;
    }
    /* A decimal of at most 15 digits survives %.15g, so the first precision that reads back is
     * shortest; subnormal numbers have fewer bits and may need fewer digits. */
    for (int digits = isnormal(value) ? 15 : 1; digits <= 17; digits++) {
        (void)snprintf(out, TEXT_NUMBER, "%.*g", digits, value);
        if (reads_back(out, value)) {
            return;
        }
        int exponent = 0;
        if (digits == 16 && fabs(frexp(value, &exponent)) == 0.5) {
            /* Below a power of two numbers are twice as dense as above it: the nearest decimal,
             * below, may read back as another number where the next one above does not. */
            (void)snprintf(out, TEXT_NUMBER, "%#.16g", value); /* with the zeros at its end */
            out[strcspn(out, "e") - 1]++;
            if (reads_back(out, value)) {
                return;
            }
        }
    }
}

bool number_parse(const char *s, double *value)
{
    char *end = NULL;
    const double parsed = strtod(s, &end);
    if (end == s || *end != '\0' || !isfinite(parsed)) {
        return false;
    }
    *value = parsed;
    return true;
}
