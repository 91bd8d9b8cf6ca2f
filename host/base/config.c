/* SPDX-License-Identifier: MIT
 *
 * Taking values: each is checked by its option, a path is made absolute, and what is wrong is noted
 * with its place. Between the programs and config_file.c, which takes a file apart.
 */
#include "config.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_take.h"
#include "error.h"

enum { FAULTS_MAX = 100, LABEL_BYTES = PATH_MAX + CONFIG_NAME };

static const char prefix[] = "GAIA_";

/* Variables of the client library and the Python module (include/gaia/client.h), and this file's.
 */
static const char *const others[] = {"SCHEDULER", "TOKEN_FILE", "CA_FILE", "LIBRARY", "CONFIG"};

void config_init(struct config *config)
{
    *config = (struct config){0};
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        struct option_value value = {.text = config_rows[i].preset};
        if (!config_rows[i].is_fixed) {
            continue;
        }
        config->values[i].text = strdup(value.text);
        config->failed = config->failed || config->values[i].text == NULL ||
                         option_check(&config_specs[i], "default", &value, NULL) != GAIA_OK;
        config->values[i].number = value.number;
    }
}

void config_fini(struct config *config)
{
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        free(config->values[i].text);
    }
    free(config->file);
    text_fini(&config->faults);
    text_fini(&config->ignored);
    *config = (struct config){0};
}

void config_fault(struct config *config, const char *format, ...)
{
    gaia_error err = {0};
    char line[sizeof err.detail];
    va_list arguments;
    if (++config->n_faults > FAULTS_MAX) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    (void)error_set(&err, GAIA_USAGE, "%s", line); /* which makes it one line */
    text_printf(&config->faults, "%s\n", err.detail);
}

/* Appends path, or each of a list's, behind the folder unless it is absolute. */
static void paths_append(struct text *out, const char *folder, const char *paths, bool several)
{
    for (const char *at = paths; at != NULL;) {
        const size_t length = several ? strcspn(at, ",") : strlen(at);
        if (length > 0 && at[0] != '/') {
            text_printf(out, "%s%s", folder, strcmp(folder, "/") != 0 ? "/" : "");
        }
        text_append_n(out, at, length);
        at = at[length] == ',' ? at + length + 1 : NULL;
        text_append(out, at != NULL ? "," : "");
    }
}

static char *value_copy(const struct option_spec *spec, const char *folder, const char *text)
{
    char here[PATH_MAX];
    struct text paths = {0};
    if (spec->kind != OPTION_PATH && spec->kind != OPTION_PATHS) {
        return strdup(text);
    }
    if (folder == NULL && getcwd(here, sizeof here) == NULL) {
        here[0] = '\0';
    }
    paths_append(&paths, folder != NULL ? folder : here, text, spec->kind == OPTION_PATHS);
    return paths.failed ? NULL : paths.s;
}

bool config_take(struct config *config, enum config_option option, const struct config_given *given)
{
    const struct option_spec *spec = &config_specs[option];
    struct config_value *value = &config->values[option];
    struct option_value read = {.text = given->text};
    gaia_error err = {0};
    if (given->text[0] == '\0') {
        config_fault(config, "%s: a value is wanted", given->label);
        return false;
    }
    if (option_check(spec, given->label, &read, &err) != GAIA_OK) {
        config_fault(config, "%s", err.detail);
        return false;
    }
    char *copy = value_copy(spec, given->folder, given->text);
    config->failed = config->failed || copy == NULL;
    if (copy == NULL) {
        return false;
    }
    free(value->text);
    value->text = copy;
    value->number = read.number;
    value->source = given->source;
    return true;
}

/* ---- the environment ---- */

/* Writes the option that a variable GAIA_... would be: "API_RATE" is "api-rate". */
static void name_lower(const char *variable, size_t length, char *name)
{
    for (size_t i = 0; i < length; i++) {
        name[i] = (char)(variable[i] == '_' ? '-' : tolower((unsigned char)variable[i]));
    }
    name[length] = '\0';
}

/* A variable that is no option: a fault where it is nearly one, as a misspelt one is; else it is
 * another's. */
static void variable_unknown(struct config *config, const char *name, size_t length)
{
    enum { LETTERS = 3 }; /* of so many one may be wrong */
    char nearest_name[CONFIG_NAME];
    char lower[CONFIG_NAME];
    size_t distance = SIZE_MAX;
    const struct option_spec *nearest = NULL;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strlen(others[i]) == length && strncmp(others[i], name, length) == 0) {
            return;
        }
    }
    if (length < CONFIG_NAME) {
        name_lower(name, length, lower);
        nearest = option_nearest(config_specs, CONFIG_OPTIONS, lower, length, &distance);
    }
    if (nearest != NULL && distance <= (length + 1) / LETTERS) {
        config_environment_name((enum config_option)(nearest - config_specs), nearest_name);
        config_fault(config, "%s%.*s is no option; did you mean %s?", prefix, (int)length, name,
                     nearest_name);
    } else {
        text_printf(&config->ignored, "%s%.*s\n", prefix, (int)length, name);
    }
}

/* The option that this variable sets, its name `length` bytes long; CONFIG_OPTIONS: none. */
static enum config_option variable_find(const char *variable, size_t length)
{
    char name[CONFIG_NAME];
    enum config_option option = 0;
    for (; option < CONFIG_OPTIONS; option++) {
        config_environment_name(option, name);
        if (strlen(name) == length && strncmp(name, variable, length) == 0) {
            break;
        }
    }
    return option;
}

void config_take_environment(struct config *config, char *const *environment)
{
    for (; *environment != NULL; environment++) {
        const char *variable = *environment;
        const size_t length = strcspn(variable, "=");
        char name[CONFIG_NAME];
        if (strncmp(variable, prefix, sizeof prefix - 1) != 0 || variable[length] == '\0') {
            continue;
        }
        const enum config_option option = variable_find(variable, length);
        if (option == CONFIG_OPTIONS) {
            variable_unknown(config, variable + sizeof prefix - 1, length - (sizeof prefix - 1));
        } else if (variable[length + 1] != '\0') {
            config_environment_name(option, name);
            (void)config_take(config, option,
                              &(struct config_given){.label = name,
                                                     .text = variable + length + 1,
                                                     .source = CONFIG_FROM_ENVIRONMENT});
        }
    }
}

void config_environment_clear(const struct config *ignored)
{
    char name[CONFIG_NAME];
    char *names = ignored != NULL && ignored->ignored.s != NULL ? strdup(ignored->ignored.s) : NULL;
    char *rest = names;
    for (char *line = NULL; (line = strsep(&rest, "\n")) != NULL;) {
        (void)unsetenv(line);
    }
    free(names);
    for (enum config_option option = 0; option < CONFIG_OPTIONS; option++) {
        config_environment_name(option, name);
        (void)unsetenv(name);
    }
    (void)unsetenv("GAIA_CONFIG");
}

/* ---- arguments ---- */

void config_take_arguments(struct config *config, const struct option_value *values)
{
    char label[CONFIG_NAME];
    for (enum config_option option = 0; option < CONFIG_OPTIONS; option++) {
        if (values[option].is_set) {
            (void)snprintf(label, sizeof label, "--%s", config_specs[option].name);
            (void)config_take(config, option,
                              &(struct config_given){.label = label,
                                                     .text = values[option].text,
                                                     .source = CONFIG_FROM_ARGUMENT});
        }
    }
}

void config_choose(struct config *config, enum config_option option, const char *text)
{
    (void)config_take(config, option,
                      &(struct config_given){.label = config_specs[option].name,
                                             .text = text,
                                             .source = CONFIG_FROM_ARGUMENT});
}

gaia_status config_arguments_make(const struct config *config, enum config_program program,
                                  struct config_arguments *arguments, gaia_error *err)
{
    size_t n = 0;
    *arguments = (struct config_arguments){0};
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        struct text one = {0};
        if ((config_rows[i].programs & program) == 0 ||
            config->values[i].source == CONFIG_FROM_DEFAULT) {
            continue;
        }
        text_printf(&one, "--%s=%s", config_specs[i].name, config->values[i].text);
        if (one.failed) {
            config_arguments_free(arguments);
            return error_memory(err, strlen(config->values[i].text));
        }
        arguments->each[n++] = one.s;
    }
    return GAIA_OK;
}

void config_arguments_free(struct config_arguments *arguments)
{
    for (char **each = arguments->each; *each != NULL; each++) {
        free(*each);
        *each = NULL;
    }
}

/* ---- what is asked ---- */

/* Two options of which the first must not be above the second; 0 of either is without limit where
 * `free` is set. */
static void pair_check(struct config *config, enum config_option low, enum config_option high,
                       uint64_t factor, bool is_free)
{
    const struct config_value *a = &config->values[low];
    const struct config_value *b = &config->values[high];
    const bool counts =
        a->text != NULL && b->text != NULL && !(is_free && (a->number == 0 || b->number == 0));
    if (counts && a->number * factor > b->number) {
        config_fault(config, "%s '%s' and %s '%s': %s must be at least %s%s",
                     config_specs[low].name, a->text, config_specs[high].name, b->text,
                     config_specs[high].name, factor > 1 ? "twice " : "", config_specs[low].name);
    }
}

gaia_status config_settle(struct config *config, gaia_error *err)
{
    pair_check(config, CONFIG_BEAT, CONFIG_SUSPECT, 2, false);
    pair_check(config, CONFIG_SUSPECT, CONFIG_LEASE, 1, false);
    pair_check(config, CONFIG_LEASE, CONFIG_SESSION_TIME, 1, false);
    pair_check(config, CONFIG_RESTART_LONGEST, CONFIG_RESTART_BROKEN, 1, false);
    pair_check(config, CONFIG_RSS_SOFT, CONFIG_RSS_HARD, 1, true);
    pair_check(config, CONFIG_GPU_SOFT, CONFIG_GPU_HARD, 1, true);
    if (config->failed || config->faults.failed || config->ignored.failed) {
        return error_set(err, GAIA_OUT_OF_MEMORY, "not enough memory for the configuration");
    }
    if (config->n_faults == 0) {
        return GAIA_OK;
    }
    const int length = (int)strcspn(config->faults.s, "\n");
    return config->n_faults == 1
               ? error_set(err, GAIA_USAGE, "%.*s", length, config->faults.s)
               : error_set(err, GAIA_USAGE, "%.*s (and %zu more: gaia config check)", length,
                           config->faults.s, config->n_faults - 1);
}

bool config_is_given(const struct config *config, enum config_option option)
{
    return config->values[option].source != CONFIG_FROM_DEFAULT;
}

const char *config_text(const struct config *config, enum config_option option)
{
    return config->values[option].text;
}

uint64_t config_number(const struct config *config, enum config_option option)
{
    return config->values[option].number;
}

int64_t config_ms(const struct config *config, enum config_option option)
{
    return (int64_t)config->values[option].number;
}
