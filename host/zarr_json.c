/* SPDX-License-Identifier: MIT
 *
 * Making strict JSON of what writers leave, before jansson reads it.
 */
#include "zarr_json.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "error.h"
#include "json.h"
#include "text.h"

/* An integer of more digits is beyond int64. */
enum { INT64_DIGITS = 19 };

/* In a document, about: each takes up to 250 bytes in memory, and as few as two in the text. */
enum { VALUES_MAX = 1 << 20 };

static const struct {
    const char *name;
    double value;
} names[] = {
    {"NaN", (double)NAN}, {"Infinity", (double)INFINITY}, {"-Infinity", -(double)INFINITY}};

enum { NAME_COUNT = sizeof names / sizeof *names };

/* Length of the string literal at bytes[0] == '"', with its quotes. */
static size_t string_length(const char *bytes, size_t length)
{
    size_t i = 1;
    while (i < length && bytes[i] != '"') {
        i += bytes[i] == '\\' ? 2 : 1;
    }
    return i < length ? i + 1 : length;
}

/* Appends the number at bytes[0], an integer beyond int64 as a real; returns its length. */
static size_t number_append(struct text *text, const char *bytes, size_t length)
{
    size_t digits = 0;
    size_t i = bytes[0] == '-' ? 1 : 0;
    while (i < length && isdigit((unsigned char)bytes[i])) {
        digits++;
        i++;
    }
    const bool integer = i == length || strchr(".eE", bytes[i]) == NULL;
    text_append_n(text, bytes, i);
    if (integer && digits > INT64_DIGITS) {
        text_append(text, "e0");
    }
    while (i < length && bytes[i] != '\0' && strchr(".eE+-0123456789", bytes[i]) != NULL) {
        text_append_n(text, bytes + i, 1);
        i++;
    }
    return i;
}

/* Appends the token at bytes[0], made strict; returns its length. */
static size_t token_append(struct text *text, const char *bytes, size_t length)
{
    for (size_t k = 0; k < NAME_COUNT; k++) {
        const size_t n = strlen(names[k].name);
        if (n <= length && memcmp(bytes, names[k].name, n) == 0) {
            text_printf(text, "\"%s\"", names[k].name);
            return n;
        }
    }
    if (bytes[0] == '-' || isdigit((unsigned char)bytes[0])) {
        return number_append(text, bytes, length);
    }
    const size_t n = bytes[0] == '"' ? string_length(bytes, length) : 1;
    text_append_n(text, bytes, n);
    return n;
}

gaia_status zarr_json_parse(const char *what, const char *bytes, size_t length, json_t **root,
                            gaia_error *err)
{
    struct text text = {0};
    json_t *parsed = NULL;
    size_t n_values = 0;
    gaia_status status = GAIA_OK;
    for (size_t i = 0; i < length && n_values <= VALUES_MAX && !text.failed;) {
        n_values += strchr("{[,", bytes[i]) != NULL && bytes[i] != '\0';
        i += token_append(&text, bytes + i, length - i);
    }
    if (n_values > VALUES_MAX) {
        status = error_set(err, GAIA_LIMIT, "%s: more than the %d values that are read", what,
                           VALUES_MAX);
        goto done;
    }
    if (text.failed) {
        status = error_memory(err, length);
        goto done;
    }
    status = json_parse(what, text.s != NULL ? text.s : "", text.length, &parsed, err);
    if (status != GAIA_OK) {
        status = error_restate(err, GAIA_FILE_DAMAGED);
        goto done;
    }
    if (!json_is_object(parsed)) {
        status = error_set(err, GAIA_FILE_DAMAGED, "%s: an object is wanted, not %s", what,
                           json_type_text(parsed));
        json_decref(parsed);
        goto done;
    }
    *root = parsed;
done:
    text_fini(&text);
    return status;
}

bool zarr_json_number(const json_t *value, double *number, bool *real)
{
    if (json_is_string(value)) {
        for (size_t k = 0; k < NAME_COUNT; k++) {
            if (strcmp(json_string_value(value), names[k].name) == 0) {
                *number = names[k].value;
                *real = true;
                return true;
            }
        }
        return false;
    }
    *number = json_number_value(value);
    *real = json_is_real(value);
    return json_is_number(value);
}

/* The six bits of a base64 digit, -1 for anything else. */
static int base64_bits(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

bool zarr_json_base64_float64(const json_t *value, double *number)
{
    enum { DIGITS = 11, BYTES = 8 };
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    uint64_t bits = 0;
    if (strlen(text) != DIGITS + 1 || text[DIGITS] != '=') {
        return false;
    }
    /* 11 digits are 66 bits, of which the last two are padding. */
    unsigned pending = 0;
    unsigned n_pending = 0;
    unsigned n_bytes = 0;
    for (size_t i = 0; i < DIGITS; i++) {
        const int digit = base64_bits(text[i]);
        if (digit < 0) {
            return false;
        }
        pending = (pending << 6 | (unsigned)digit) & 0xffff;
        n_pending += 6;
        if (n_pending >= 8 && n_bytes < BYTES) {
            n_pending -= 8;
            bits |= (uint64_t)(pending >> n_pending & 0xff) << (8 * n_bytes);
            n_bytes++;
        }
    }
    memcpy(number, &bits, sizeof bits);
    return true;
}

const char *zarr_json_string(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

const char *zarr_text(const json_t *attributes, const char *name)
{
    const char *text = zarr_json_string(attributes, name);
    return text != NULL ? text : "";
}

bool zarr_json_sizes(const json_t *value, size_t n_max, uint64_t *out, size_t *n)
{
    if (!json_is_array(value) || json_array_size(value) > n_max) {
        return false;
    }
    *n = json_array_size(value);
    for (size_t i = 0; i < *n; i++) {
        const json_t *item = json_array_get(value, i);
        if (!json_is_integer(item) || json_integer_value(item) < 0) {
            return false;
        }
        out[i] = (uint64_t)json_integer_value(item);
    }
    return true;
}
