/* SPDX-License-Identifier: MIT
 *
 * Lines are made in place, in a buffer of fixed size. called by log.c.
 *
 * Invariant: whatever texts hold, a line is one line of valid UTF-8, and valid JSON where JSON is
 * wanted: a text is put in character by character, each whole, and what must follow has its place.
 */
#include "log_line.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "secret.h"
#include "text.h"

enum {
    FIELDS_MAX = 32,
    FIELD_LEAST = 24, /* bytes of a value for which a field is begun at all */
    TIME_BYTES = 32,
    ESCAPE_BYTES = 13,
};

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD, for a byte that is no UTF-8 */
static const char reset[] = "\x1b[0m";

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    return names[level];
}

const char *log_stream_name(enum log_stream stream)
{
    static const char *const names[LOG_STREAMS] = {"application", "performance", "security"};
    return names[stream];
}

/* All of s or nothing. */
static bool put(struct log_line *line, const char *s, size_t n)
{
    if (n > line->room - line->used) {
        line->is_cut = true;
        return false;
    }
    memcpy(line->bytes + line->used, s, n);
    line->used += n;
    return true;
}

static void put_text(struct log_line *line, const char *s)
{
    (void)put(line, s, strlen(s));
}

/* The escape of a character in JSON: its two halves of UTF-16 where one does not hold it. */
static size_t escape_make(uint32_t code, char escape[ESCAPE_BYTES])
{
    if (code > 0xffff) {
        const uint16_t high = (uint16_t)(0xd7c0 + (code >> 10));
        const uint16_t low = (uint16_t)(0xdc00 + (code & 0x3ff));
        (void)snprintf(escape, ESCAPE_BYTES, "\\u%04x\\u%04x", high, low);
    } else {
        (void)snprintf(escape, ESCAPE_BYTES, "\\u%04x", (uint16_t)code);
    }
    return strlen(escape);
}

/* Puts n bytes of s as they stand within quotes; false where the line is full. */
static bool put_escaped(struct log_line *line, const char *s, size_t n)
{
    for (const char *end = s + n; s < end;) {
        char escape[ESCAPE_BYTES];
        uint32_t code = 0;
        const size_t length = text_character(s, &code);
        bool fits = true;
        if (length == 0) {
            fits = put(line, replacement, sizeof replacement - 1);
        } else if (code == '"' || code == '\\') {
            escape[0] = '\\';
            escape[1] = (char)code;
            fits = put(line, escape, 2);
        } else if (text_is_hidden(code)) {
            fits = put(line, escape, escape_make(code, escape));
        } else {
            fits = put(line, s, length);
        }
        if (!fits) {
            return false;
        }
        s += length > 0 ? length : 1;
    }
    return true;
}

/* The same without its secrets. */
static void put_masked(struct log_line *line, const char *s)
{
    size_t begin = 0;
    size_t length = 0;
    bool fits = true;
    while (fits && (length = secret_find(s, &begin)) > 0) {
        fits = put_escaped(line, s, begin) && put(line, SECRET_MASK, sizeof SECRET_MASK - 1);
        s += begin + length;
    }
    if (fits) {
        (void)put_escaped(line, s, strlen(s));
    }
}

/* A text with quotes around it, the second of which always has a place. */
static void put_quoted(struct log_line *line, const char *s)
{
    if (line->room - line->used < 2) {
        line->is_cut = true;
        return;
    }
    line->room--;
    put_text(line, "\"");
    put_masked(line, s);
    line->room++;
    put_text(line, "\"");
}

/* Whether a text can stand on the console without quotes. */
static bool is_plain(const char *s)
{
    size_t n = 0;
    while (s[n] > ' ' && s[n] < 0x7f && s[n] != '"' && s[n] != '=' && s[n] != '\\') {
        n++;
    }
    return n > 0 && s[n] == '\0';
}

static void put_number(struct log_line *line, double value)
{
    char digits[TEXT_NUMBER];
    if (!isfinite(value)) {
        put_text(line, "null");
        return;
    }
    number_format(value, digits);
    put_text(line, digits);
}

/* A text as a value: on the console without quotes, where it needs none. */
static void put_text_value(struct log_line *line, bool is_json, const char *s)
{
    size_t begin = 0;
    if (is_json || !is_plain(s) || secret_find(s, &begin) > 0 || !put(line, s, strlen(s))) {
        put_quoted(line, s);
    }
}

static void put_value(struct log_line *line, bool is_json, const struct log_field *field)
{
    char digits[TEXT_NUMBER];
    switch (field->kind) {
    case LOG_KIND_TEXT:
        put_text_value(line, is_json, field->text);
        return;
    case LOG_KIND_SHORT:
        (void)snprintf(digits, LOG_SHORT_BYTES + 1, "%s", field->text);
        put_text_value(line, is_json, digits);
        return;
    case LOG_KIND_INT:
        (void)snprintf(digits, sizeof digits, "%" PRId64, field->integer);
        put_text(line, digits);
        return;
    case LOG_KIND_NUMBER:
        put_number(line, field->number);
        return;
    case LOG_KIND_FLAG:
        put_text(line, field->integer != 0 ? "true" : "false");
        return;
    case LOG_KIND_SECRET:
        put_quoted(line, SECRET_MASK);
        return;
    }
}

/* A field as a whole, or cut, or not at all. */
static void put_field(struct log_line *line, bool is_json, const struct log_field *field)
{
    const size_t length = strlen(field->name);
    if (line->room - line->used < length + 4 + FIELD_LEAST) {
        line->is_cut = true;
        return;
    }
    put_text(line, is_json ? ",\"" : " ");
    (void)put(line, field->name, length);
    put_text(line, is_json ? "\":" : "=");
    put_value(line, is_json, field);
}

struct fields {
    const struct log_field *at[FIELDS_MAX];
    size_t n;
};

/* Adds fields; one whose name is there already takes its place. */
static void fields_add(struct fields *all, const struct log_field *fields, bool *is_cut)
{
    for (; fields != NULL && fields->name != NULL; fields++) {
        size_t i = 0;
        while (i < all->n && strcmp(all->at[i]->name, fields->name) != 0) {
            i++;
        }
        if (i == FIELDS_MAX) {
            *is_cut = true;
            return;
        }
        all->at[i] = fields;
        all->n += i == all->n;
    }
}

static void fields_bound(struct fields *all, const struct log *log, bool *is_cut)
{
    if (log != NULL) {
        fields_bound(all, log->outer, is_cut);
        fields_add(all, log->fields, is_cut);
    }
}

/* RFC 3339, in UTC, to the millisecond. */
static void time_format(int64_t time_ms, char out[TIME_BYTES])
{
    const time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc = {0};
    (void)gmtime_r(&seconds, &utc);
    const size_t n = strftime(out, TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(out + n, TIME_BYTES - n, ".%03dZ", (int)(time_ms % 1000));
}

static void head_put_json(struct log_line *line, const struct log_head *head, const char *stream)
{
    char time[TIME_BYTES];
    time_format(head->time_ms, time);
    const struct log_site *site = head->site;
    const struct log_field fields[] = {log_text("level", log_level_name(site->level)),
                                       log_text("stream", stream),
                                       log_text("program", head->program),
                                       log_int("pid", head->pid),
                                       log_text("event", site->event),
                                       log_text("message", site->message)};
    put_text(line, "{\"time\":");
    put_quoted(line, time);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        put_field(line, true, &fields[i]);
    }
}

static void head_put_console(struct log_line *line, const struct log_head *head, const char *stream)
{
    static const char *const colours[] = {"\x1b[31m", "\x1b[33m", "", "\x1b[2m"};
    const enum log_level level = head->site->level;
    char start[128];
    char time[TIME_BYTES];
    time_format(head->time_ms, time);
    const bool is_coloured = head->is_coloured && colours[level][0] != '\0';
    (void)snprintf(start, sizeof start, "%s %s%s%s %s %.32s[%ld] ", time,
                   is_coloured ? colours[level] : "", log_level_name(level),
                   is_coloured ? reset : "", stream, head->program, head->pid);
    put_text(line, start);
    put_text(line, head->site->event);
    put_text(line, ": ");
    (void)put_escaped(line, head->site->message, strlen(head->site->message));
}

void log_line_make(struct log_line *line, const struct log_head *head, const struct log *log,
                   const struct log_field *fields)
{
    static const char *const priorities[] = {"<3>", "<4>", "<6>", "<7>"};
    const bool is_json = head->form == LOG_JSON;
    const char *stream =
        log_stream_name((enum log_stream)(head->site->kind & ~(unsigned)LOG_OFTEN));
    const char *cut = is_json ? ",\"cut\":true" : " cut=true";
    const char *end = is_json ? "}\n" : "\n";
    struct fields all = {.n = 0};
    line->used = 0;
    line->room = LOG_LINE_BYTES - strlen(cut) - strlen(end);
    line->is_cut = false;
    if (head->is_journal) {
        put_text(line, priorities[head->site->level]);
    }
    if (is_json) {
        head_put_json(line, head, stream);
    } else {
        head_put_console(line, head, stream);
    }
    fields_bound(&all, log, &line->is_cut);
    fields_add(&all, fields, &line->is_cut);
    for (size_t i = 0; i < all.n; i++) {
        if (all.at[i]->text != NULL) {
            put_field(line, is_json, all.at[i]);
        }
    }
    line->room = LOG_LINE_BYTES;
    put_text(line, line->is_cut ? cut : "");
    put_text(line, end);
}
