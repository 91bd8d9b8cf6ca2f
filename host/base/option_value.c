/* SPDX-License-Identifier: MIT
 *
 * What an option's value may be, by its kind: read, checked and shown. Used by options.c for
 * arguments and by config.c for files and the environment.
 */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "error.h"
#include "secret.h"

struct unit {
    const char *suffix;
    uint64_t factor;
};

/* The first is that of a number alone; of the others those that are shown descend. */
static const struct unit byte_units[] = {{"", 1},
                                         {"TiB", UINT64_C(1) << 40},
                                         {"GiB", 1 << 30},
                                         {"MiB", 1 << 20},
                                         {"KiB", 1024},
                                         {"B", 1},
                                         {"GB", 1000000000},
                                         {"MB", 1000000},
                                         {"KB", 1000},
                                         {"G", 1 << 30},
                                         {"M", 1 << 20},
                                         {"K", 1024}};
static const struct unit time_units[] = {{"", 1000},     {"d", 86400000}, {"h", 3600000},
                                         {"min", 60000}, {"s", 1000},     {"ms", 1}};

enum {
    BYTE_UNITS = sizeof byte_units / sizeof *byte_units,
    TIME_UNITS = sizeof time_units / sizeof *time_units
};

static bool integer_parse(const char *text, const char **end, uint64_t *number)
{
    char *behind = NULL;
    errno = 0;
    if (!isdigit((unsigned char)text[0])) {
        return false;
    }
    *number = strtoull(text, &behind, 10);
    *end = behind;
    return errno == 0;
}

static bool amount_parse(const struct unit *units, size_t n_units, const char *text,
                         uint64_t *amount)
{
    const char *suffix = NULL;
    uint64_t number = 0;
    if (!integer_parse(text, &suffix, &number)) {
        return false;
    }
    for (size_t i = 0; i < n_units; i++) {
        if (strcmp(suffix, units[i].suffix) == 0 && number <= UINT64_MAX / units[i].factor) {
            *amount = number * units[i].factor;
            return true;
        }
    }
    return false;
}

bool bytes_parse(const char *text, uint64_t *bytes)
{
    return amount_parse(byte_units, BYTE_UNITS, text, bytes);
}

bool time_span_parse(const char *text, uint64_t *ms)
{
    return amount_parse(time_units, TIME_UNITS, text, ms);
}

/* Reads numbers with commas between them, each behind NAME= where that is wanted. */
static bool list_parse(const struct option_spec *spec, bool named, const char *text, uint64_t *n)
{
    *n = 0;
    for (const char *at = text; at != NULL; (*n)++) {
        const size_t length = strcspn(at, ",");
        const char *equals = memrchr(at, '=', length);
        const char *end = NULL;
        uint64_t number = 0;
        if (named && (equals == NULL || equals == at)) {
            return false;
        }
        if (!integer_parse(named ? equals + 1 : at, &end, &number) || end != at + length ||
            number < spec->min || number > spec->max) {
            return false;
        }
        at = *end == ',' ? end + 1 : NULL;
    }
    return true;
}

static bool choice_parse(const char *choices, const char *text, uint64_t *number)
{
    const size_t length = strlen(text);
    for (*number = 0; *choices != '\0'; (*number)++) {
        const size_t n = strcspn(choices, "|");
        if (n == length && strncmp(choices, text, n) == 0) {
            return true;
        }
        choices += n + (choices[n] == '|');
    }
    return false;
}

static bool switch_parse(const char *text, uint64_t *number)
{
    *number = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    return *number == 1 || strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
}

static bool value_parse(const struct option_spec *spec, const char *text, uint64_t *number)
{
    const char *end = NULL;
    bool good = false;
    switch (spec->kind) {
    case OPTION_SWITCH:
        return switch_parse(text, number);
    case OPTION_CHOICE:
        return choice_parse(spec->value_name, text, number);
    case OPTION_NUMBERS:
        return list_parse(spec, false, text, number);
    case OPTION_SHARES:
        return list_parse(spec, true, text, number);
    case OPTION_OUTPUT:
        return text[0] != '\0';
    case OPTION_NUMBER:
        good = integer_parse(text, &end, number) && *end == '\0';
        break;
    case OPTION_BYTES:
        good = bytes_parse(text, number);
        break;
    case OPTION_TIME:
        good = time_span_parse(text, number);
        break;
    case OPTION_FLAG:
    case OPTION_TEXT:
    case OPTION_PATH:
    case OPTION_PATHS:
        return true;
    }
    return good && *number >= spec->min && *number <= spec->max;
}

bool option_takes_value(const struct option_spec *spec)
{
    return spec->kind != OPTION_FLAG && spec->kind != OPTION_SWITCH;
}

gaia_status option_check(const struct option_spec *spec, const char *label,
                         struct option_value *value, gaia_error *err)
{
    struct text allowed = {0};
    struct text shown = {0};
    if (value_parse(spec, value->text, &value->number)) {
        return GAIA_OK;
    }
    option_append_allowed(&allowed, spec);
    secret_append_masked(&shown, value->text);
    const gaia_status status = error_set(err, GAIA_USAGE, "%s '%.200s': %s is wanted", label,
                                         shown.length > 0 ? shown.s : "", allowed.s);
    text_fini(&allowed);
    text_fini(&shown);
    return status;
}

/* Appends an amount in the greatest unit that it is a multiple of. */
static void amount_append(struct text *out, const struct unit *units, size_t n_units,
                          uint64_t amount)
{
    size_t i = amount > 0 ? 1 : 0; /* 0 needs no unit */
    while (i > 0 && i + 1 < n_units && units[i].factor > 1 && amount % units[i].factor != 0) {
        i++;
    }
    text_printf(out, "%llu%s", (unsigned long long)(amount / units[i].factor), units[i].suffix);
}

/* Of a number without a unit. */
static const struct unit plain_units[] = {{"", 1}, {"", 1}};

static void range_append(struct text *out, const struct option_spec *spec, const char *what,
                         const struct unit *units, size_t n_units)
{
    text_printf(out, "%s from ", what);
    amount_append(out, units, n_units, spec->min);
    if (spec->max == UINT64_MAX) {
        text_append(out, " up");
        return;
    }
    text_append(out, " to ");
    amount_append(out, units, n_units, spec->max);
}

void option_append_allowed(struct text *out, const struct option_spec *spec)
{
    switch (spec->kind) {
    case OPTION_FLAG:
        text_append(out, "no value");
        break;
    case OPTION_SWITCH:
        text_append(out, "yes or no");
        break;
    case OPTION_TEXT:
        text_append(out, "any text");
        break;
    case OPTION_PATH:
        text_append(out, "a path");
        break;
    case OPTION_OUTPUT:
        text_append(out, "a file's name");
        break;
    case OPTION_PATHS:
        text_append(out, "paths with commas between them");
        break;
    case OPTION_CHOICE:
        text_printf(out, "one of %s", spec->value_name);
        break;
    case OPTION_NUMBER:
        range_append(out, spec, "a number", plain_units, 2);
        break;
    case OPTION_NUMBERS:
        range_append(out, spec, "a list of numbers, with commas between them,", plain_units, 2);
        break;
    case OPTION_SHARES:
        range_append(out, spec, "NAME=N, with commas between them, N", plain_units, 2);
        break;
    case OPTION_BYTES:
        range_append(out, spec, "a size such as 2GiB", byte_units, BYTE_UNITS);
        break;
    case OPTION_TIME:
        range_append(out, spec, "a time such as 10s", time_units, TIME_UNITS);
        break;
    }
}
