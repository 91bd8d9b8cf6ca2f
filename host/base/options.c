/* SPDX-License-Identifier: MIT
 *
 * The option table's parser.
 */
#include "options.h"

#include <string.h>

#include "error.h"

enum { LABEL_BYTES = 80 };

/* Levenshtein distance of two short names, for the suggestion. */
static size_t name_distance(const char *a, size_t n_a, const char *b)
{
    enum { LONGEST = 64 };
    size_t row[LONGEST + 1];
    const size_t n_b = strlen(b);
    if (n_a > LONGEST || n_b > LONGEST) {
        return LONGEST;
    }
    for (size_t j = 0; j <= n_b; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            best = row[j] + 1 < best ? row[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n_b];
}

const struct option_spec *option_nearest(const struct option_spec *specs, size_t n_specs,
                                         const char *name, size_t length, size_t *distance)
{
    const struct option_spec *nearest = NULL;
    *distance = SIZE_MAX;
    for (size_t i = 0; i < n_specs; i++) {
        const size_t apart = name_distance(name, length, specs[i].name);
        if (apart < *distance) {
            nearest = &specs[i];
            *distance = apart;
        }
    }
    return nearest;
}

static gaia_status option_unknown(const struct option_spec *specs, size_t n_specs, const char *arg,
                                  size_t length, gaia_error *err)
{
    size_t distance = 0;
    const struct option_spec *nearest = option_nearest(specs, n_specs, arg, length, &distance);
    if (distance <= 3) {
        return error_set(err, GAIA_USAGE, "unknown option --%.*s; did you mean --%s?", (int)length,
                         arg, nearest->name);
    }
    return error_set(err, GAIA_USAGE, "unknown option --%.*s; see --help", (int)length, arg);
}

static gaia_status argument_check(const struct option_spec *spec, struct option_value *value,
                                  gaia_error *err)
{
    char label[LABEL_BYTES];
    (void)snprintf(label, sizeof label, "--%s", spec->name);
    return option_check(spec, label, value, err);
}

/* Reads the option at argv[*at], and its value, and leaves *at at the last argument used. */
static gaia_status option_read(const struct option_spec *specs, size_t n_specs, int argc,
                               char *const *argv, int *at, struct option_value *values,
                               gaia_error *err)
{
    const char *arg = argv[*at] + 2;
    const size_t length = strcspn(arg, "=");
    for (size_t i = 0; i < n_specs; i++) {
        if (strlen(specs[i].name) != length || strncmp(specs[i].name, arg, length) != 0) {
            continue;
        }
        values[i].is_set = true;
        if (specs[i].kind == OPTION_FLAG) {
            return arg[length] == '\0'
                       ? GAIA_OK
                       : error_set(err, GAIA_USAGE, "--%s takes no value", specs[i].name);
        }
        if (arg[length] == '=') {
            values[i].text = arg + length + 1;
        } else if (specs[i].kind == OPTION_SWITCH) {
            values[i].text = "yes";
        } else if (*at + 1 < argc) {
            values[i].text = argv[++*at];
        } else {
            return error_set(err, GAIA_USAGE, "--%s needs a value: %s", specs[i].name,
                             specs[i].value_name);
        }
        return argument_check(&specs[i], &values[i], err);
    }
    return option_unknown(specs, n_specs, arg, length, err);
}

gaia_status options_parse(const struct option_spec *specs, size_t n_specs, int argc,
                          char *const *argv, struct option_value *values, const char **positional,
                          size_t max_positional, size_t *n_positional, gaia_error *err)
{
    bool only_positional = false;
    *n_positional = 0;
    for (size_t i = 0; i < n_specs; i++) {
        values[i] = (struct option_value){0};
    }
    for (int at = 1; at < argc; at++) {
        if (!only_positional && strcmp(argv[at], "--") == 0) {
            only_positional = true;
        } else if (!only_positional && strncmp(argv[at], "--", 2) == 0) {
            const gaia_status status = option_read(specs, n_specs, argc, argv, &at, values, err);
            if (status != GAIA_OK) {
                return status;
            }
        } else if (!only_positional && argv[at][0] == '-' && argv[at][1] != '\0') {
            return error_set(err, GAIA_USAGE, "unknown option %s; see --help", argv[at]);
        } else if (*n_positional < max_positional) {
            positional[(*n_positional)++] = argv[at];
        } else {
            return error_set(err, GAIA_USAGE, "unexpected argument '%s'", argv[at]);
        }
    }
    return GAIA_OK;
}

/* Whether these bytes are the option's name, as a key of JSON has it. */
static bool is_named(const struct option_spec *spec, const char *key, size_t length)
{
    size_t i = 0;
    while (i < length && spec->name[i] != '\0' &&
           key[i] == (spec->name[i] == '-' ? '_' : spec->name[i])) {
        i++;
    }
    return i == length && spec->name[i] == '\0';
}

gaia_status option_blame(const struct option_spec *specs, size_t n_specs,
                         const struct option_value *values, gaia_error *err)
{
    char rest[GAIA_ERROR_DETAIL];
    if (gaia_status_class(err->status) != GAIA_CLASS_INVALID) {
        return err->status;
    }
    for (const char *at = err->detail; *at != '\0' && *at != ':' && *at != ' ';) {
        const size_t length = strcspn(at, ".[]: ");
        for (size_t i = 0; i < n_specs; i++) {
            if (values[i].is_set && is_named(&specs[i], at, length)) {
                (void)snprintf(rest, sizeof rest, "%s", at + length);
                return error_set(err, GAIA_USAGE, "--%s%s", specs[i].name, rest);
            }
        }
        at += length;
        at += strspn(at, ".[]");
    }
    return error_restate(err, GAIA_USAGE);
}

void options_append(struct text *out, const struct option_spec *specs, size_t n_specs)
{
    for (size_t i = 0; i < n_specs; i++) {
        char left[64];
        (void)snprintf(left, sizeof left, "--%s%s%s", specs[i].name,
                       specs[i].value_name != NULL ? " " : "",
                       specs[i].value_name != NULL ? specs[i].value_name : "");
        text_printf(out, "  %-28s %s\n", left, specs[i].help);
    }
}

void options_print(FILE *out, const struct option_spec *specs, size_t n_specs)
{
    struct text text = {0};
    options_append(&text, specs, n_specs);
    (void)fputs(text.s != NULL ? text.s : "", out);
    text_fini(&text);
}
